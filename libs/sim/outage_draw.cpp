// Scripts drawn from a seed.
#include "sim/outage_sim.h"

namespace sim {
namespace {

using State = Stretch::State;

Duration draw(base::Random& random, Duration low, Duration high) {
  return Duration(random.between(low.count(), high.count()));
}

/// Long enough that at least two operations see it: shorter is outside the claim.
Duration least_length(const OutageScript& script, State state) {
  const Duration seen = 3 * script.interval + script.latency_max;
  const bool waits = state == State::Hang || state == State::Silent;
  return waits ? script.deadline + seen : seen;
}

void add_stretch(OutageScript& script, base::Random& random, State state, TimePoint from) {
  const Duration least = least_length(script, state);
  script.stretches.push_back({state, from, from + draw(random, least, least + base::millis(700))});
}

void draw_flaps(OutageScript& script, base::Random& random, TimePoint from) {
  const auto flaps = random.between(2, 5);
  constexpr State kStates[] = {State::Refuse, State::Hang, State::Error};
  for (std::int64_t i = 0; i < flaps; ++i) {
    add_stretch(script, random, kStates[random.below(3)], from);
    // Up for less than the hold, so that the whole is one outage.
    from = script.stretches.back().until + draw(random, base::millis(5), script.hold / 2);
  }
}

void draw_latencies(OutageScript& script, base::Random& random) {
  script.latency_min = draw(random, std::chrono::microseconds(200), base::millis(2));
  script.latency_max = script.latency_min;
  const std::uint64_t shape = random.below(4);
  if (shape == 0) return;
  script.shape = shape == 1 ? LatencyShape::Spiky : LatencyShape::Uniform;
  script.latency_max = shape == 1 ? base::millis(24) : 3 * script.latency_min;
}

void draw_stalls(OutageScript& script, base::Random& random) {
  const auto stalls = random.between(1, 3);
  TimePoint from = script.begins;
  for (std::int64_t i = 0; i < stalls; ++i) {
    from += draw(random, base::millis(30), (script.ends - script.begins) / 3);
    const TimePoint to = from + draw(random, base::millis(5), base::millis(150));
    if (to >= script.ends) return;
    script.stalls.push_back({from, to});
    from = to;
  }
}

}  // namespace

OutageScript draw_outage(base::Random& random, OutageKind kind, bool stalls) {
  OutageScript script;
  script.kind = kind;
  script.interval = base::millis(10);
  script.deadline = draw(random, base::millis(40), base::millis(250));
  script.hold = base::seconds(1);
  script.pooled = random.chance(0.4);
  script.ack_timeout = random.chance(0.5) ? base::seconds(30) : script.deadline;
  // Nobody would wait 30 s on a connection whose peer is silent without blocking the pool as long.
  if (kind == OutageKind::Silent) script.ack_timeout = script.deadline;
  draw_latencies(script, random);
  script.begins = TimePoint{} + draw(random, base::seconds(1), base::seconds(2));
  const TimePoint from = script.begins + draw(random, base::millis(1200), base::millis(1600));
  switch (kind) {
    case OutageKind::Refuse:
    case OutageKind::SlowStart: add_stretch(script, random, State::Refuse, from); break;
    case OutageKind::Hang: add_stretch(script, random, State::Hang, from); break;
    case OutageKind::Error: add_stretch(script, random, State::Error, from); break;
    case OutageKind::Silent: add_stretch(script, random, State::Silent, from); break;
    case OutageKind::Flap: draw_flaps(script, random, from); break;
  }
  if (kind == OutageKind::SlowStart) {
    script.slow_extra = script.deadline + draw(random, base::millis(20), base::millis(200));
    script.slow_for = draw(random, base::millis(50), base::millis(500));
  }
  script.fault_begun = from - draw(random, Duration{}, base::millis(20));
  script.ends =
      script.stretches.back().until + script.slow_for + 2 * script.deadline + base::millis(1300);
  if (stalls) draw_stalls(script, random);
  return script;
}

}  // namespace sim
