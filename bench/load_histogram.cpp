// What the load runner pays per operation and per report. Defends the figures of the latency
// histogram in docs/performance.md: build/release/bench/load_histogram
#include <benchmark/benchmark.h>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "load/arrivals.h"
#include "load/histogram.h"

namespace {

std::vector<base::Duration> latencies() {
  base::Random random(1);
  std::vector<base::Duration> values;
  for (int i = 0; i < 65536; ++i) {
    values.emplace_back(static_cast<std::int64_t>(std::pow(10.0, 5.0 + 4.0 * random.unit())));
  }
  return values;
}

load::Histogram filled() {
  load::Histogram histogram;
  for (const base::Duration value : latencies()) histogram.record(value);
  return histogram;
}

void record(benchmark::State& state) {
  const std::vector<base::Duration> values = latencies();
  load::Histogram histogram;
  std::size_t at = 0;
  for (auto step : state) {
    (void)step;
    histogram.record(values[at++ & 65535U]);
  }
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(record);

void percentile_99(benchmark::State& state) {
  const load::Histogram histogram = filled();
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(histogram.percentile(99));
  }
}
BENCHMARK(percentile_99);

void merge(benchmark::State& state) {
  const load::Histogram one = filled();
  load::Histogram sum;
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(sum.merge(one));
  }
}
BENCHMARK(merge);

void encode_and_decode(benchmark::State& state) {
  const load::Histogram histogram = filled();
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(load::Histogram::decode(histogram.encode()));
  }
  state.counters["bytes"] = static_cast<double>(histogram.encode().size());
}
BENCHMARK(encode_and_decode);

void next_arrival(benchmark::State& state) {
  load::ArrivalSpec spec;
  spec.users = 6;
  spec.ramp = load::constant_rate(2);
  spec.mix = {{"read", 70}, {"write", 20}, {"heavy", 10}};
  auto arrivals = load::Arrivals::create(spec, 1);
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(arrivals->next());
  }
}
BENCHMARK(next_arrival);

}  // namespace

BENCHMARK_MAIN();
