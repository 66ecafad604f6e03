// Comparing ASCII text without its case: names of headers, User-Agents.
#pragma once

#include <string_view>

namespace limit {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool same_letters(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

constexpr bool starts_with_letters(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && same_letters(text.substr(0, start.size()), start);
}

/// Where `word` is in `text`, from `from` on; npos where it is not.
constexpr std::size_t find_letters(std::string_view text, std::string_view word,
                                   std::size_t from = 0) {
  for (std::size_t at = from; at + word.size() <= text.size(); ++at) {
    if (same_letters(text.substr(at, word.size()), word)) return at;
  }
  return std::string_view::npos;
}

}  // namespace limit
