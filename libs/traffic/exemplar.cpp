#include "traffic/exemplar.h"

namespace traffic {

std::string TraceId::text() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(32, '0');
  for (std::size_t at = 0; at < 16; ++at) {
    out[15 - at] = kDigits[(high >> (4 * at)) & 15U];
    out[31 - at] = kDigits[(low >> (4 * at)) & 15U];
  }
  return out;
}

void ExemplarSlot::set(const Exemplar& exemplar) {
  const std::int64_t at = exemplar.at.time_since_epoch().count();
  const std::uint32_t version = version_.load(std::memory_order_relaxed);
  // Compared as unsigned, so that a clock that was set back does not keep an old one for hours.
  const auto age = static_cast<std::uint64_t>(at) -
                   static_cast<std::uint64_t>(at_.load(std::memory_order_relaxed));
  if (!exemplar.trace.valid() || (version != 0 && age < 1'000'000'000U)) return;
  version_.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  high_.store(exemplar.trace.high, std::memory_order_relaxed);
  low_.store(exemplar.trace.low, std::memory_order_relaxed);
  nanos_.store(exemplar.duration.count(), std::memory_order_relaxed);
  at_.store(at, std::memory_order_relaxed);
  version_.store(version + 2, std::memory_order_release);
}

std::optional<Exemplar> ExemplarSlot::get() const {
  const std::uint32_t before = version_.load(std::memory_order_acquire);
  Exemplar seen;
  seen.trace.high = high_.load(std::memory_order_relaxed);
  seen.trace.low = low_.load(std::memory_order_relaxed);
  seen.duration = base::Duration(nanos_.load(std::memory_order_relaxed));
  seen.at = base::WallTime(base::Duration(at_.load(std::memory_order_relaxed)));
  std::atomic_thread_fence(std::memory_order_acquire);
  if ((before & 1U) != 0 || version_.load(std::memory_order_relaxed) != before) return std::nullopt;
  if (!seen.trace.valid()) return std::nullopt;
  return seen;
}

}  // namespace traffic
