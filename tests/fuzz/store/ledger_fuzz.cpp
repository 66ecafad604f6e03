// The ledger reader takes any file: it gives records in order, or an Error, and never more than the
// file can have reserved.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "store/ledger.h"
#include "store/ledger_format.h"

namespace {
/// Takes (kind, length, payload) triples from the input and gives them right checksums, so that the
/// fuzzer gets beyond them.
std::string framed(const std::uint8_t* data, std::size_t size) {
  namespace format = store::ledger_format;
  std::string out(format::kMagic);
  while (size > 2) {
    const std::size_t length = std::min<std::size_t>(data[1], size - 2);
    out += format::frame(static_cast<format::Kind>(data[0] % 12U), out.size(),
                         {reinterpret_cast<const char*>(data) + 2, length});
    data += 2 + length;
    size -= 2 + length;
  }
  return out;
}

void read(const std::string& bytes) {
  const auto ledger = store::parse_ledger(bytes);
  if (ledger) {
    CHECK(std::is_sorted(ledger->records.begin(), ledger->records.end(),
                         [](const auto& a, const auto& b) {
                           return std::pair(a.stream, a.seq) < std::pair(b.stream, b.seq);
                         }));
    CHECK(ledger->torn_at <= bytes.size() && ledger->unknown <= ledger->records.size());
  } else {
    CHECK(!ledger.error().message.empty());
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read(std::string(reinterpret_cast<const char*>(data), size));
  read(framed(data, size));
  return 0;
}
