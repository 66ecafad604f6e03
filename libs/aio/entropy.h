// Seeds for base::Random from the system: the only place where a run stops being repeatable, which
// is why every seed that is drawn here is logged by its caller.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace aio {

/// 64 random bits from getrandom(2).
std::uint64_t seed();
/// From now on seed() asks this, so that a simulation is a function of its own seed; empty: the
/// system again. Thread: of this one alone.
void draw_seeds_from(std::function<std::uint64_t()> source);
/// `bytes` random bytes from getrandom(2), for keys.
std::string random_bytes(std::size_t bytes);

}  // namespace aio
