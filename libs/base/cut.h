// Texts that have to fit somewhere, with a mark where something of them is missing, so that nobody
// takes a part for the whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace base {

/// The text, or as many whole characters of its front as fit with "…" behind them.
/// Units: `bytes_max`: of UTF-8, the mark's three among them; at least three.
inline std::string cut(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kMark = "…";
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max < kMark.size() ? 0 : bytes_max - kMark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end)).append(kMark);
}

}  // namespace base
