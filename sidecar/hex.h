// Random identifiers as hexadecimal digits.
#pragma once

#include <string>

#include "base/random.h"

namespace sidecar {

/// Appends 16 lower-case digits per word.
inline void append_hex(std::string& out, base::Random& random, int words) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int word = 0; word < words; ++word) {
    const std::uint64_t bits = random.next();
    for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[(bits >> shift) & 15U]);
  }
}

}  // namespace sidecar
