#include "limit/address.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace limit {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr Address kMappedFirst = Address::v4(0);
constexpr Address kMappedLast = Address::v4(0xFFFF'FFFFU);
constexpr int kMappedBits = 96;
constexpr int kGroups = 8;

std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
  // A leading zero is octal to some readers and decimal to others.
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value > max) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> parse_v4(std::string_view text) {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t end = part < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const auto number = parse_decimal(text.substr(0, end), 255);
    if (!number) return std::nullopt;
    value = value << 8U | *number;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return value;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    value = value << 4U | digit;
  }
  return static_cast<std::uint16_t>(value);
}

/// Groups between colons, at most eight; the last may be IPv4 and counts as two.
struct Groups {
  std::array<std::uint16_t, kGroups> value{};
  int count = 0;

  bool add(std::uint16_t group) {
    if (count == kGroups) return false;
    value[static_cast<std::size_t>(count++)] = group;
    return true;
  }

  /// "" is no group at all: what stands on one side of "::".
  bool parse(std::string_view text, bool at_the_end) {
    while (!text.empty()) {
      const std::size_t colon = text.find(':');
      const std::string_view part = text.substr(0, colon);
      if (colon == std::string_view::npos && at_the_end && part.find('.') != part.npos) {
        const auto v4 = parse_v4(part);
        return v4 && add(static_cast<std::uint16_t>(*v4 >> 16U)) &&
               add(static_cast<std::uint16_t>(*v4 & 0xFFFFU));
      }
      const auto group = parse_group(part);
      if (!group || !add(*group)) return false;
      if (colon == std::string_view::npos) return true;
      text.remove_prefix(colon + 1);
      if (text.empty()) return false;  // a single colon at the end
    }
    return true;
  }
};

std::optional<Address> parse_v6(std::string_view text) {
  Groups before, after;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!before.parse(text, true) || before.count != kGroups) return std::nullopt;
  } else {
    if (!before.parse(text.substr(0, gap), false) || !after.parse(text.substr(gap + 2), true)) {
      return std::nullopt;
    }
    if (before.count + after.count >= kGroups) return std::nullopt;  // "::" stands for one or more
  }
  std::array<std::uint16_t, kGroups> all = before.value;
  std::copy_n(after.value.begin(), after.count, all.end() - after.count);
  Address address;
  for (std::size_t i = 0; i < 4; ++i) {
    address.high = address.high << 16U | all[i];
    address.low = address.low << 16U | all[i + 4];
  }
  return address;
}

std::string v4_text(std::uint32_t value) {
  return fmt::format("{}.{}.{}.{}", value >> 24U, value >> 16U & 255U, value >> 8U & 255U,
                     value & 255U);
}

/// The longest run of at least two zero groups, the first of equals. Source: RFC 5952 section 4.2.
std::pair<std::size_t, std::size_t> longest_zeros(const std::array<std::uint16_t, 8>& groups) {
  std::size_t best = groups.size(), best_length = 1;
  for (std::size_t start = 0; start < groups.size(); ++start) {
    std::size_t end = start;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - start > best_length) {
      best = start;
      best_length = end - start;
    }
  }
  return {best, best_length};
}

/// The bits of a mask of `bits` ones, as an address.
Address mask_of(int bits) {
  Address mask;
  mask.high = bits >= 64 ? kAll : bits == 0 ? 0 : kAll << static_cast<unsigned>(64 - bits);
  mask.low = bits >= 128 ? kAll : bits <= 64 ? 0 : kAll << static_cast<unsigned>(128 - bits);
  return mask;
}

Address last_of(const Prefix& prefix) {
  const Address mask = mask_of(prefix.bits);
  return {prefix.address.high | ~mask.high, prefix.address.low | ~mask.low};
}

Address next(const Address& address) {
  return {address.high + (address.low == kAll ? 1U : 0U), address.low + 1};
}

Address before(const Address& address) {
  return {address.high - (address.low == 0 ? 1U : 0U), address.low - 1};
}

}  // namespace

base::Result<Address> parse_address(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    if (const auto v4 = parse_v4(text)) return Address::v4(*v4);
  } else if (const auto v6 = parse_v6(text)) {
    return *v6;
  }
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("'{}' is no address: an IPv4 address has four decimal numbers of "
                                "0 to 255, an IPv6 address eight hexadecimal groups or '::'",
                                text));
}

std::string text(const Address& address) {
  if (address.is_v4()) return v4_text(static_cast<std::uint32_t>(address.low));
  std::array<std::uint16_t, kGroups> groups{};
  for (std::size_t i = 0; i < 4; ++i) {
    groups[i] = static_cast<std::uint16_t>(address.high >> (48U - 16U * i));
    groups[i + 4] = static_cast<std::uint16_t>(address.low >> (48U - 16U * i));
  }
  const auto [zeros, length] = longest_zeros(groups);
  std::string out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == zeros) {
      out += "::";
      i += length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

bool Prefix::contains(const Address& other) const {
  if (bits < kMappedBits && other.is_v4()) return false;
  const Address mask = mask_of(bits);
  return ((address.high ^ other.high) & mask.high) == 0 &&
         ((address.low ^ other.low) & mask.low) == 0;
}

base::Result<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  TRY(const Address address, parse_address(text.substr(0, slash)));
  if (slash == std::string_view::npos) return Prefix{address, 128};
  // An IPv4-mapped address that is written as IPv6 has 128 bits to count.
  const bool short_form = text.substr(0, slash).find(':') == std::string_view::npos;
  const auto bits = parse_decimal(text.substr(slash + 1), short_form ? 32 : 128);
  if (!bits) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("'{}' is no prefix: after '/' stands a number of 0 to {}", text,
                                  short_form ? 32 : 128));
  }
  const std::uint32_t all = *bits + (short_form ? kMappedBits : 0);
  const Prefix prefix{address, static_cast<std::uint8_t>(all)};
  const Address mask = mask_of(prefix.bits);
  const Address first{address.high & mask.high, address.low & mask.low};
  if (first != address) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("'{}' has bits outside its prefix; allowed is {}/{}", text,
                                  limit::text(first), *bits));
  }
  return prefix;
}

std::string text(const Prefix& prefix) {
  const bool v4 = prefix.address.is_v4() && prefix.bits >= kMappedBits;
  return fmt::format("{}/{}", text(prefix.address), prefix.bits - (v4 ? kMappedBits : 0));
}

PrefixSet::PrefixSet(std::span<const Prefix> prefixes) {
  std::vector<Range> all;
  for (const Prefix& prefix : prefixes) {
    const Range range{prefix.address, last_of(prefix)};
    const bool around =
        prefix.bits < kMappedBits && range.first <= kMappedFirst && kMappedLast <= range.last;
    if (!around) {
      all.push_back(range);
      continue;
    }
    if (range.first < kMappedFirst) all.push_back({range.first, before(kMappedFirst)});
    all.push_back({next(kMappedLast), range.last});
  }
  std::sort(all.begin(), all.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  for (const Range& range : all) {
    const bool apart = ranges_.empty() || ranges_.back().last < range.first;
    const bool adjoins = !ranges_.empty() && next(ranges_.back().last) == range.first;
    if (apart && !adjoins) {
      ranges_.push_back(range);
    } else {
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    }
  }
}

bool PrefixSet::contains(const Address& address) const {
  const auto after = std::upper_bound(
      ranges_.begin(), ranges_.end(), address,
      [](const Address& wanted, const Range& range) { return wanted < range.first; });
  return after != ranges_.begin() && address <= std::prev(after)->last;
}

base::Result<PrefixSet> parse_prefixes(std::span<const std::string> texts) {
  std::vector<Prefix> prefixes;
  prefixes.reserve(texts.size());
  for (const std::string& one : texts) {
    TRY(const Prefix prefix, parse_prefix(one));
    prefixes.push_back(prefix);
  }
  return PrefixSet(prefixes);
}

}  // namespace limit
