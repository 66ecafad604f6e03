// The ledger check at a million operations: time on one core, and the peak memory of everything,
// input included (figure to reach: 1 s, 200 MiB).
#include "drill/ledger_check.h"

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "drill/consistency.h"
#include "sim/replication_sim.h"

namespace {

const sim::ReplicationRun& million() {
  static const sim::ReplicationRun run = [] {
    base::Random random(1);
    sim::ReplicationScript script;
    script.writes = 1'000'000;
    script.lag_writes = 20;
    script.holes = 1;
    return sim::run_replication(script, random);
  }();
  return run;
}

double peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void check_ledger(benchmark::State& state) {
  const sim::ReplicationRun& run = million();
  const double before = peak_mebibytes();
  std::uint64_t lost = 0;
  for (auto _ : state) {
    const auto rows = drill::RowIndex::build(run.evidence);
    lost = drill::check_ledger(run.evidence, rows, {}).result.lost.value_or(0);
    benchmark::DoNotOptimize(lost);
  }
  state.counters["lost"] = static_cast<double>(lost);
  state.counters["input_MiB"] = before;
  state.counters["peak_MiB"] = peak_mebibytes();
}
BENCHMARK(check_ledger)->Unit(benchmark::kMillisecond);

void check_consistency(benchmark::State& state) {
  const sim::ReplicationRun& run = million();
  const auto rows = drill::RowIndex::build(run.evidence);
  for (auto _ : state) {
    benchmark::DoNotOptimize(drill::check_consistency(run.evidence, rows, run.truth.onset));
  }
  state.counters["peak_MiB"] = peak_mebibytes();
}
BENCHMARK(check_consistency)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
