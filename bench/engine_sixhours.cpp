// Six hours of a drill in virtual time: an observation every 100 ms (216,000 events), the engine's
// own invariants checked at each. To reach: 0.1 s.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "drill/engine.h"

namespace {

using base::TimePoint;

drill::EngineConfig six_hours() {
  drill::EngineConfig config;
  drill::PartConfig fault;
  fault.name = "primary-dies";
  fault.undo = drill::Undo::IfNotPromoted;
  config.faults.push_back(fault);
  config.timing.baseline = base::seconds(3600);
  config.timing.recovery = base::seconds(3 * 3600);
  config.timing.validation = base::seconds(3 * 3600);
  config.timing.overall = base::seconds(7 * 3600);
  return config;
}

/// Takes a drill into its recovery, which lasts until the service is steady.
TimePoint break_it(drill::Engine& engine) {
  TimePoint now{};
  engine.step(drill::event::Begin{}, now);
  engine.step(drill::event::Preflighted{true, ""}, now);
  now += base::seconds(3600);
  engine.step(drill::event::Woke{}, now);
  drill::event::Observed steady;
  steady.answers = 1;
  steady.service = drill::Service::Good;
  steady.through = now;
  engine.step(steady, now);
  const drill::PartId fault{};
  engine.step(drill::event::Recorded{fault, true, ""}, now);
  engine.step(drill::event::Applied{fault, drill::DoResult::Ok, ""}, now);
  engine.step(drill::event::Proven{fault, true, ""}, now);
  CHECK(engine.phase() == drill::Phase::Recovery);
  return now;
}

void engine_six_hours(benchmark::State& state) {
  std::size_t actions = 0;
  for (auto _ : state) {
    drill::Engine engine(six_hours());
    TimePoint now = break_it(engine);
    drill::event::Observed sample;
    for (int i = 0; i < 216'000; ++i) {
      now += base::millis(100);
      const bool back = i > 100'000;
      sample.service = back ? drill::Service::Good : drill::Service::Bad;
      if (i == 100'001) sample.since = now;
      sample.through = now;
      actions += engine.step(sample, now).size();
    }
    CHECK(engine.finished());  // through recovery, validation and the undo nobody answers
    benchmark::DoNotOptimize(actions);
  }
  state.SetItemsProcessed(state.iterations() * 216'000);
}
BENCHMARK(engine_six_hours)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
