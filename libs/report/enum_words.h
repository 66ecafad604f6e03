// The words of an enumeration, taken from its name(): the values are counted up from 0 until name()
// no longer knows one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "report/fields.h"

namespace report {

template <class E>
std::vector<std::string_view> words_of() {
  static_assert(std::is_same_v<std::underlying_type_t<E>, std::uint8_t>);
  std::vector<std::string_view> words;
  for (std::uint8_t i = 0; i < 255; ++i) {
    const std::string_view word = name(static_cast<E>(i));
    if (word == "?") break;
    words.push_back(word);
  }
  return words;
}

template <class E>
std::optional<E> value_of(std::string_view word) {
  const auto words = words_of<E>();
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<E>(found - words.begin());
}

}  // namespace report
