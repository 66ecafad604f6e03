// Whatever comes as a kubelet's figures: an error, or figures that make sense, of which a sampler
// makes a sample without values that are none.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sampling/kubelet_source.h"
#include "sampling/rates.h"

namespace {
using namespace sampling;

void check(const KubeletStats& stats) {
  CHECK(stats.at >= base::WallTime{});
  for (const ContainerStats& each : stats.containers) {
    CHECK(each.name != "muster-sidecar");
    CHECK(!each.cpu_cores || (std::isfinite(*each.cpu_cores) && *each.cpu_cores >= 0));
  }
  CHECK(!stats.limits.cpu_cores || *stats.limits.cpu_cores > 0);
  CHECK(!stats.limits.memory_bytes || *stats.limits.memory_bytes > 0);
  if (stats.disk) CHECK(stats.disk->used_bytes <= stats.disk->total_bytes);
  if (stats.cpu_pressure) CHECK(stats.cpu_pressure->some.avg10_ratio <= 1);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto stats = parse_kubelet_stats({reinterpret_cast<const char*>(data), size}, "muster-sidecar");
  if (!stats) return 0;
  check(*stats);
  KubeletSource source;
  const base::WallTime wall = stats->at;
  CHECK(source.hear(*std::move(stats), base::TimePoint{}, wall) == KubeletSource::Heard::New);
  Reading reading;
  Reader reader;
  source.read(reading, reader);
  const Sample sample = sample_of(nullptr, reading);
  for (std::size_t i = 0; i < kFigures; ++i) {
    const auto value = sample[static_cast<Figure>(i)];
    CHECK(!value || *value >= 0);
  }
  return 0;
}
