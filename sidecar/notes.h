// Who writes which of an exchange's notes.
#pragma once

#include <cstddef>

namespace sidecar {

inline constexpr std::size_t kTrafficNote = 0;  // 1: counted as under way

}  // namespace sidecar
