// Prefixes, one a line: refused or read, and what was read is printed as something that reads the
// same; it contains its first address; and a set of all agrees with asking each.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "limit/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<limit::Prefix> prefixes;
  std::vector<limit::Address> addresses = {limit::Address::v4(0), limit::Address{0, 0}};
  while (!rest.empty() && prefixes.size() < 64) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto prefix = limit::parse_prefix(line);
    if (!prefix) continue;
    const auto again = limit::parse_prefix(limit::text(*prefix));
    CHECK(again && *again == *prefix);
    const limit::Address first = prefix->address;
    CHECK(prefix->contains(first) || (first.is_v4() && prefix->bits < 96));
    prefixes.push_back(*prefix);
    addresses.push_back(first);
    addresses.push_back({first.high, first.low - 1});
    addresses.push_back({first.high ^ 1U << (prefix->bits % 32U), first.low});
    addresses.push_back({first.high, first.low ^ 1U << (prefix->bits % 32U)});
  }
  const limit::PrefixSet set(prefixes);
  for (const limit::Address& address : addresses) {
    const bool inside =
        std::any_of(prefixes.begin(), prefixes.end(),
                    [&address](const limit::Prefix& prefix) { return prefix.contains(address); });
    CHECK(set.contains(address) == inside);
    const auto again = limit::parse_address(limit::text(address));
    CHECK(again && *again == address);
  }
  return 0;
}
