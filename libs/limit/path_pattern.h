// Which patterns (limit/pattern.h) can match a path at all.
#pragma once

#include <string_view>

namespace limit {

/// A path begins with /, and * is any text.
constexpr bool is_for_paths(std::string_view pattern) {
  return pattern.starts_with('/') || pattern.starts_with('*');
}

}  // namespace limit
