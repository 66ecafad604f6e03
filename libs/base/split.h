// Texts of fields between marks, read from the front without a copy: lines of a metrics page, parts
// of a StatsD packet.
#pragma once

#include <string_view>

namespace base {

/// Takes what is before `mark` off the front, and the mark; the whole text when there is none.
/// Lifetime: the answer lies where the text does.
inline std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return front;
}

}  // namespace base
