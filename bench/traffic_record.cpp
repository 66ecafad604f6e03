// What the sidecar pays to count one request: its endpoint, and its figures by method, endpoint and
// status, beside prometheus-cpp doing the same with series that are already looked up (a counter
// and a histogram), in the same run. And what a scrape costs for each line.
//
//   build/release/bench/traffic_record --benchmark_repetitions=5 \
//       --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true
#include <algorithm>
#include <benchmark/benchmark.h>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include "base/random.h"
#include "traffic/exposition.h"

namespace {

using traffic::Ended;
using traffic::Method;

constexpr std::size_t kRequests = 65'536;

std::vector<Ended> ended() {
  base::Random random(1);
  std::vector<Ended> all(kRequests);
  for (Ended& one : all) {
    one.status = random.chance(0.98) ? 200 : 500;
    // Log-uniform over 100 us … 1 s: as many buckets as real traffic ever touches.
    const double nanos = std::pow(10.0, 5.0 + 4.0 * random.unit());
    one.duration = base::Duration(static_cast<std::int64_t>(nanos));
    one.bytes_in = 300;
    one.bytes_out = 2000;
  }
  return all;
}

std::unique_ptr<traffic::Endpoints> endpoints() {
  return std::move(*traffic::Endpoints::create({{"/users/{id}/orders"}, true, 200}));
}

void sketch_add(benchmark::State& state) {
  const std::vector<Ended> all = ended();
  const auto sketch = std::make_unique<traffic::Sketch>();
  std::size_t at = 0;
  for (auto step : state) {
    (void)step;
    sketch->add(all[at++ % kRequests].duration);
  }
  traffic::SketchSum sum;
  sum.add(*sketch);
  benchmark::DoNotOptimize(sum.count());
}
BENCHMARK(sketch_add);

void record(benchmark::State& state) {
  const std::vector<Ended> all = ended();
  traffic::Requests requests(1, 201);
  traffic::RequestShard& shard = requests.shard(0);
  std::size_t at = 0;
  for (auto step : state) {
    (void)step;
    shard.begin();
    shard.end(Method::Get, static_cast<traffic::EndpointId>(at % 8), all[at % kRequests]);
    ++at;
  }
  benchmark::DoNotOptimize(requests.in_flight());
}
BENCHMARK(record);

void record_prometheus_cpp(benchmark::State& state) {
  const std::vector<Ended> all = ended();
  const prometheus::Histogram::BucketBoundaries bounds = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  std::vector<std::unique_ptr<prometheus::Histogram>> histograms;
  for (int i = 0; i < 8; ++i) {
    histograms.push_back(std::make_unique<prometheus::Histogram>(bounds));
  }
  std::vector<prometheus::Counter> good(8), bad(8);
  std::size_t at = 0;
  for (auto step : state) {
    (void)step;
    const Ended& one = all[at % kRequests];
    (one.status == 200 ? good : bad)[at % 8].Increment();
    histograms[at % 8]->Observe(base::to_seconds(one.duration));
    ++at;
  }
  benchmark::DoNotOptimize(good[0].Value());
}
BENCHMARK(record_prometheus_cpp);

void learn_endpoint(benchmark::State& state) {
  const auto all = endpoints();
  const std::vector<std::string> paths = {"/users/42/orders", "/api/v1/items/1234", "/",
                                          "/things/550e8400-e29b-41d4-a716-446655440000?page=2"};
  std::size_t at = 0;
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(all->learn(paths[at++ % paths.size()], 200));
  }
}
BENCHMARK(learn_endpoint);

void learn_when_full(benchmark::State& state) {
  const auto all = std::move(*traffic::Endpoints::create({{}, true, 1}));
  all->learn("/first", 200);
  const std::string path = "/never-seen-before/and-not-to-be-learned";
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(all->learn(path, 200));
  }
}
BENCHMARK(learn_when_full);

/// 100 series on two cores, 17 lines each.
void scrape(benchmark::State& state) {
  const auto all = endpoints();
  traffic::Requests requests(2, all->most());
  const std::vector<Ended> served = ended();
  for (std::size_t at = 0; at < 200'000; ++at) {
    const std::string path = "/page-" + std::string(1, static_cast<char>('a' + at % 10)) +
                             std::string(1, static_cast<char>('a' + at / 10 % 10));
    const Ended& one = served[at % kRequests];
    requests.shard(at / 100 % 2).end(Method::Get, all->learn(path, 200), one);
  }
  traffic::Exposition exposition(*all, requests);
  std::string out;
  for (auto step : state) {
    (void)step;
    out.clear();
    exposition.write(traffic::Format::Prometheus, out);
  }
  const auto lines = static_cast<double>(std::count(out.begin(), out.end(), '\n'));
  state.counters["lines"] = lines;
  state.counters["per_line"] = benchmark::Counter(
      lines, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(scrape)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
