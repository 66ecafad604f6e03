// Random identifiers as hexadecimal digits.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/random.h"

namespace sidecar {

/// Appends 16 lower-case digits per word.
inline void append_hex(std::string& out, base::Random& random, int words) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int word = 0; word < words; ++word) {
    std::uint64_t bits = random.next();
    std::array<char, 16> digits;  // not initialised: it is written before it is read
    for (std::size_t at = digits.size(); at-- > 0; bits >>= 4U) digits[at] = kDigits[bits & 15U];
    out.append(digits.data(), digits.size());
  }
}

}  // namespace sidecar
