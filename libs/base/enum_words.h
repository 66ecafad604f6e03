// The words of an enumeration, taken from its name(), which is found beside it: the values are
// counted up from 0 until name() no longer knows one, of which it says "?".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace base {

/// In the order of the values.
template <class E>
std::vector<std::string_view> words_of() {
  static_assert(std::is_same_v<std::underlying_type_t<E>, std::uint8_t>);
  std::vector<std::string_view> words;
  for (std::uint8_t i = 0; std::string_view(name(static_cast<E>(i))) != "?"; ++i) {
    words.push_back(name(static_cast<E>(i)));
  }
  return words;
}

/// The enumerator of this name; nothing: there is none.
template <class E>
std::optional<E> value_of(std::string_view word) {
  static_assert(std::is_same_v<std::underlying_type_t<E>, std::uint8_t>);
  for (std::uint8_t i = 0;; ++i) {
    const std::string_view known = name(static_cast<E>(i));
    if (known == "?") return std::nullopt;
    if (known == word) return static_cast<E>(i);
  }
}

}  // namespace base
