// Any bytes as an audit log: never more entries than lines, a head that is the last entry's, and
// a reason wherever something does not hold. The same lines under digests that fit hold, as far as
// they are entries.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/audit_format.h"

namespace {

void check(std::string_view bytes) {
  const store::AuditTrailRead read = store::read_audit(bytes);
  const auto lines = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  if (read.entries.size() > lines) std::abort();
  const std::string head =
      read.entries.empty() ? store::audit_origin() : read.entries.back().digest;
  if (read.head != head) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  std::string chained;
  std::string head = store::audit_origin();
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    head = store::chain_audit(head, line);
    chained += head + " " + std::string(line) + "\n";
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
  }
  check(chained);
  return 0;
}
