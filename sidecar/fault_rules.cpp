#include "sidecar/fault_rules.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "limit/pattern.h"

namespace sidecar {
namespace {

constexpr std::array<const char*, kFaultKinds> kNames{"latency",   "abort",      "reset",
                                                      "bandwidth", "black-hole", "partition"};
constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;  // spreads serials over all bits

bool matches(const FaultRule& rule, const Passing& passing) {
  if (!rule.method.empty() && rule.method != passing.method) return false;
  if (rule.peer && !rule.peer->contains(passing.peer)) return false;
  return rule.path.empty() || (!passing.path.empty() && limit::matches(rule.path, passing.path));
}

base::Duration delay_of(const FaultRule& rule, base::Random& random) {
  if (rule.jitter <= base::Duration{}) return rule.delay;
  const auto most = static_cast<std::uint64_t>(rule.jitter.count());
  return rule.delay + base::Duration(static_cast<std::int64_t>(random.below(most + 1)));
}

void act(const Fault& fault, base::Random& random, Touch& touch) {
  const FaultRule& rule = fault.rule;
  switch (rule.kind) {
    case FaultKind::Latency:
      if (touch.latency != 0) return;
      touch.latency = fault.serial;
      touch.delay = delay_of(rule, random);
      return;
    case FaultKind::Bandwidth:
      if (touch.bandwidth != 0) return;
      touch.bandwidth = fault.serial;
      touch.bytes_per_second = rule.bytes_per_second;
      return;
    case FaultKind::Abort:
    case FaultKind::Reset:
    case FaultKind::BlackHole:
    case FaultKind::Partition:
      if (touch.stop != 0) return;
      touch.stop = fault.serial;
      touch.how = rule.kind;
      touch.status = rule.status;
      return;
  }
}

}  // namespace

const char* name(FaultKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<FaultKind> fault_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<FaultKind>(found - kNames.begin());
}

Touch decide(const FaultSet& faults, const Passing& passing, base::TimePoint now,
             std::uint64_t number) {
  Touch touch;
  for (const Fault& fault : faults) {
    if (fault.ends <= now || !matches(fault.rule, passing)) continue;
    base::Random random(number ^ (fault.serial * kOdd));
    if (random.below(100) < static_cast<std::uint64_t>(fault.rule.percent)) {
      act(fault, random, touch);
    }
  }
  return touch;
}

bool in_force(const FaultSet& faults, std::uint64_t serial, base::TimePoint now) {
  return std::ranges::any_of(
      faults, [&](const Fault& fault) { return fault.serial == serial && now < fault.ends; });
}

base::Duration time_of(std::uint64_t bytes, std::uint64_t bytes_per_second) {
  if (bytes_per_second == 0) return {};
  const double seconds = static_cast<double>(bytes) / static_cast<double>(bytes_per_second);
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace sidecar
