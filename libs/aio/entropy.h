// Seeds for base::Random from the system: the only place where a run stops being repeatable, which
// is why every seed that is drawn here is logged by its caller.
#pragma once

#include <cstdint>
#include <string>

namespace aio {

/// 64 random bits from getrandom(2).
std::uint64_t seed();
/// `bytes` random bytes from getrandom(2), for keys.
std::string random_bytes(std::size_t bytes);

}  // namespace aio
