// Any bytes are a journal, a journal with a torn tail, or a refusal; what was read can be
// continued.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "store/undo_journal.h"

namespace {

class File final : public store::JournalFile {
 public:
  explicit File(std::string& bytes) : bytes_(bytes) {}
  base::Result<> append(std::string_view bytes) override {
    bytes_ += bytes;
    return {};
  }
  base::Result<> sync() override { return {}; }
  base::Result<> truncate(std::uint64_t size) override {
    bytes_.resize(size);
    return {};
  }
  base::Result<std::string> read_all() override { return bytes_; }

 private:
  std::string& bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto contents = store::parse_journal(bytes);
  if (!contents) return 0;
  CHECK(contents->size <= bytes.size());
  (void)store::leftovers_of(*contents);
  auto journal = store::UndoJournal::reopen(std::make_unique<File>(bytes));
  if (!journal) return 0;
  if (journal->close(false, "fuzz")) CHECK(store::parse_journal(bytes).has_value());
  return 0;
}
