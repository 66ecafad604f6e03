// Seeds for base::Random from the system: the only place where a run stops being repeatable, which
// is why every seed that is drawn here is logged by its caller.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace aio {

/// 64 random bits from getrandom(2).
std::uint64_t seed();
/// From now on seed() asks this, so that a simulation is a function of its own seed; empty: the
/// system again. Thread: of this one alone.
void draw_seeds_from(std::function<std::uint64_t()> source);
/// `bytes` random bytes from getrandom(2), for keys.
std::string random_bytes(std::size_t bytes);

/// Random bytes from getrandom(2), fetched many at a time; each is handed out once and forgotten.
/// For what is drawn anew for each request. Thread: one at a time.
class EntropyPool {
 public:
  EntropyPool() = default;
  EntropyPool(const EntropyPool&) = delete;
  EntropyPool& operator=(const EntropyPool&) = delete;
  /// Fills `out`, which is no longer than the pool.
  void take(std::span<unsigned char> out);

  static constexpr std::size_t kBytes = 256;  // the kernel gives so many without interruption

 private:
  std::array<unsigned char, kBytes> bytes_{};
  std::size_t left_ = 0;  // at the front
};

}  // namespace aio
