// Families as others take them. Pure.
//
//   OTLP       one ExportMetricsServiceRequest in protobuf; names are those of /metrics
//   DogStatsD  lines in packets that no network splits: counters and the counts and sums of
//              histograms as what came since the last time, gauges as they are
//
// Source: opentelemetry-proto 1.x, metrics and collector; docs.datadoghq.com, DogStatsD datagrams.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "sidecar/families.h"

namespace sidecar {

/// Since when counters count. Receivers drop what ends before it began: after a wall clock was set
/// back by more than that is long ago, `start` is what it would have said.
struct CountsSince {
  base::TimePoint at{};
  base::WallTime wall{};
  base::WallTime start(base::TimePoint now, base::WallTime wall_now) const {
    return wall <= wall_now ? wall : wall_now - (now - at);
  }
};

/// Who sends, and of which time.
struct OtlpExport {
  std::string service, instance;
  base::WallTime from{}, to{};  // from: since when counters count
  bool delta = false;           // they count since the last time; else since the beginning
};
std::string otlp_request(const std::vector<MetricFamily>& families, const OtlpExport& with);

/// `families`: what came since the last time. A line that would not fit a packet is left out.
std::vector<std::string> dogstatsd_packets(const std::vector<MetricFamily>& families,
                                           const std::string& service);
inline constexpr std::size_t kDogstatsdPacketBytes = 1432;

}  // namespace sidecar
