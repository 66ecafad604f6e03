// The reader of Redis's answers takes any bytes in any pieces; pieces must not change what it
// reads.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "redis/message.h"

namespace {
void drain(redis::Reader& reader, std::vector<std::string>& texts) {
  while (const auto answer = reader.next()) {
    texts.push_back(answer->text);
    CHECK(answer->code().size() <= answer->text.size());
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::size_t piece = data[0] + std::size_t{1};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  redis::Reader whole, parts;
  std::vector<std::string> first, second;
  whole.feed(bytes);
  drain(whole, first);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    parts.feed(bytes.substr(at, piece));
    drain(parts, second);
  }
  CHECK(first == second && whole.broken() == parts.broken());
  redis::info_line(bytes, "run_id");
  whole.reset();
  CHECK(!whole.broken() && !whole.pending());
  return 0;
}
