// Who writes which of an exchange's notes.
#pragma once

#include <cstddef>

namespace sidecar {

inline constexpr std::size_t kTrafficNote = 0;      // 1: counted as under way
inline constexpr std::size_t kConcurrencyNote = 1;  // the place that it takes, and 1 more
inline constexpr std::size_t kUserNote = 2;         // whose it is
inline constexpr std::size_t kTurnNote = 3;         // its number among the users'; 0: none
inline constexpr std::size_t kRanNote = 4;          // when it had its turn, in nanoseconds; 0: not
inline constexpr std::size_t kWaitsInNote = 5;      // the pipeline's: which filter it waits in
inline constexpr std::size_t kDrillNote = 6;        // 1: a drill's, so that no limit holds for it
inline constexpr std::size_t kNonceNote = 7;        // where its nonce is in to_upstream, and 1 more

}  // namespace sidecar
