// Which characters stand where in HTTP/1 (RFC 9110, 5.6 and RFC 9112, 2 to 5), as tables, and the
// search for the end of a field's value, which is most of the bytes of a head: eight at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace http1::grammar {

using Table = std::array<bool, 256>;

constexpr bool digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool blank(char c) {
  return c == ' ' || c == '\t';
}
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
/// Of eight characters at once, in one word.
inline std::uint64_t lower_eight(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kTops = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t low = word & ~kTops;
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A');        // top bit: not below 'A'
  const std::uint64_t beyond_z = low + kOnes * (0x80 - 'Z' - 1);  // top bit: above 'Z'
  const std::uint64_t capitals = from_a & ~beyond_z & ~word & kTops;
  return word | capitals >> 2U;
}
/// -1: not a digit.
constexpr int hex(char c) {
  if (digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

constexpr Table table(std::string_view marks) {
  Table chars{};
  for (int c = 0; c < 128; ++c) {
    const char sign = static_cast<char>(c);
    chars[static_cast<std::size_t>(c)] =
        digit(sign) || letter(sign) || marks.find(sign) != std::string_view::npos;
  }
  return chars;
}

/// Of a token: methods, names of fields, members of lists.
inline constexpr Table kToken = table("!#$%&'*+-.^_`|~");
/// Of a host that is a name or an IPv4 address. A comma would look like a list of hosts.
inline constexpr Table kHost = table("-._~%!$&'()*+;=");
/// Of a request target: whatever is visible, as browsers do not escape all that they should; but no
/// fragment, which some would cut off and others not.
inline constexpr Table kTarget = table("!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

constexpr bool in(const Table& chars, char c) {
  return chars[static_cast<unsigned char>(c)];
}
constexpr bool all_in(const Table& chars, std::string_view text) {
  for (const char c : text) {
    if (!in(chars, c)) return false;
  }
  return true;
}
constexpr bool token(std::string_view text) {
  return !text.empty() && all_in(kToken, text);
}

/// Controls have no place in a value, but for the tab.
constexpr bool control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The first control in [at, end), or end.
inline const char* find_control(const char* at, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kTops = 0x8080808080808080U;
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      const std::uint64_t deletes = word ^ (kOnes * 0x7f);
      // A borrow reaches only bytes above one that is found: the lowest is never wrong.
      std::uint64_t found = ((word - kOnes * 0x20) & ~word) | ((deletes - kOnes) & ~deletes);
      found &= kTops;
      if (found != 0) {
        at += std::countr_zero(found) / 8;
        if (*at != '\t') return at;
        ++at;
      } else {
        at += 8;
      }
    }
  }
  while (at != end && !control(*at)) ++at;
  return at;
}

/// Hands every member of a list with commas to `take`, blanks trimmed, until that returns false.
template <class Take>
constexpr bool each_member(std::string_view list, Take take) {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (!take(trim(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace http1::grammar
