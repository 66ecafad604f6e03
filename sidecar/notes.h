// Who writes which of an exchange's notes.
#pragma once

#include <cstddef>

namespace sidecar {

inline constexpr std::size_t kTrafficNote = 0;      // 1: counted as under way
inline constexpr std::size_t kConcurrencyNote = 1;  // the place that it takes, and 1 more

}  // namespace sidecar
