// OpenTelemetry's OTLP/HTTP as applications send it: metrics and traces, as JSON or protobuf, read
// into the same values. Gauges, sums, histograms, of explicit bounds and exponential ones, and
// summaries become series, spans become operations. Pure, and bounded: so many bytes, points,
// attributes, buckets and quantiles; nothing is descended into that is not looked at, so depth is
// what the schema has (of JSON at most 64). Unknown fields are skipped. Resource and scope say
// nothing here: the sidecar has one application. Source: opentelemetry-proto 1.x (metrics, trace,
// common, collector), OTLP specification 1.x.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ingest/operation.h"
#include "ingest/series_table.h"

namespace ingest {

inline constexpr std::size_t kOtlpProtobufBytesMax = 1 << 20;
inline constexpr std::size_t kOtlpJsonBytesMax = 512 << 10;
/// Points or spans of one request; a summary is two, and one for each of its quantiles.
inline constexpr std::size_t kOtlpPointsMax = 10'000;
inline constexpr std::size_t kOtlpAttributesMax = 64;  // of a point, that are looked at
inline constexpr std::size_t kOtlpBucketsMax = 512;
inline constexpr std::size_t kOtlpQuantilesMax = 64;   // of a summary's point
inline constexpr std::size_t kOtlpTextBytesMax = 256;  // of a name or value, that are kept

enum class OtlpFormat : std::uint8_t { Protobuf, Json };
/// "application/x-protobuf", "application/json" with or without parameters; nothing: neither.
std::optional<OtlpFormat> otlp_format(std::string_view content_type);

enum class OtlpKind : std::uint8_t { Gauge, Sum, Histogram };

/// One data point of a metric.
struct OtlpPoint {
  std::string name;
  OtlpKind kind = OtlpKind::Gauge;
  bool delta = false;      // since the last one; else since the beginning
  bool monotonic = false;  // of a sum
  double value = 0;        // of a gauge or a sum
  Distribution buckets;    // of a histogram, whichever bounds it had
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct OtlpMetrics {
  std::vector<OtlpPoint> points;
  std::size_t skipped = 0;  // metrics of other kinds, and points that make no sense
};
/// Errors: InvalidArgument: not of that form; ResourceExhausted: beyond a bound.
base::Result<OtlpMetrics> parse_otlp_metrics(std::string_view body, OtlpFormat format);

struct OtlpTraces {
  std::vector<Operation> operations;
  std::size_t skipped = 0;  // spans without a name or that end before they begin
};
/// Errors: as parse_otlp_metrics().
base::Result<OtlpTraces> parse_otlp_traces(std::string_view body, OtlpFormat format);

/// How many points are in a series now, and how many are not.
struct OtlpTaken {
  std::size_t kept = 0;
  std::size_t other = 0;  // in "other"
  std::size_t refused = 0;
};
OtlpTaken put_in(SeriesTable& table, const OtlpMetrics& metrics);

}  // namespace ingest
