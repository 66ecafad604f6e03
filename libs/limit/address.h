// IPv4 and IPv6 addresses and prefixes, as 128-bit numbers. An IPv4 address is its IPv4-mapped
// IPv6 address (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), so that a client is the same one whether
// it came through a dual-stack socket or not, and one set holds both families.
//
// The parser is our own, because those of the system take more than the RFCs do: octal and missing
// parts of IPv4, zones of IPv6. What two readers could read differently is refused.
//
// A set of prefixes is kept as sorted, disjoint ranges: a lookup is one binary search, whatever
// the number of overlapping prefixes.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace limit {

struct Address {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static constexpr Address v4(std::uint32_t value) { return {0, 0xFFFF'0000'0000U | value}; }
  constexpr bool is_v4() const { return high == 0 && low >> 32U == 0xFFFFU; }
  auto operator<=>(const Address&) const = default;
};

/// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1" (which is 192.0.2.1). No zone, no brackets.
/// Errors: InvalidArgument. Source: RFC 4291 section 2.2; RFC 6943 section 3.1.1 for IPv4.
base::Result<Address> parse_address(std::string_view text);

/// The canonical form; an IPv4-mapped address as IPv4. Source: RFC 5952 section 4.
std::string text(const Address& address);

/// Addresses that share the first `bits` of 128. One that is shorter than /96 is of IPv6 only: who
/// writes ::/0 does not speak of IPv4.
struct Prefix {
  Address address;
  std::uint8_t bits = 128;

  bool contains(const Address& other) const;
  bool operator==(const Prefix&) const = default;
};

/// "10.0.0.0/8", "2001:db8::/32", or an address alone. Errors: InvalidArgument, also for bits of
/// the address that are outside the prefix: 10.0.0.1/8 is a slip of the pen.
base::Result<Prefix> parse_prefix(std::string_view text);

/// "10.0.0.0/8".
std::string text(const Prefix& prefix);

class PrefixSet {
 public:
  PrefixSet() = default;
  explicit PrefixSet(std::span<const Prefix> prefixes);

  bool contains(const Address& address) const;
  bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    Address first, last;
  };
  std::vector<Range> ranges_;  // sorted, disjoint, not adjoining
};

/// All of them, or the first that is wrong. Errors: InvalidArgument.
base::Result<PrefixSet> parse_prefixes(std::span<const std::string> texts);

}  // namespace limit
