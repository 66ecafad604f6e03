// OTLP in JSON: protobuf's JSON form, in which numbers of 64 bits may be texts and enumerations
// numbers or names.
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "api/node.h"
#include "ingest/clean_text.h"
#include "ingest/otlp_build.h"

namespace ingest {

namespace {
using api::Node;
using Attributes = std::vector<std::pair<std::string, std::string>>;

template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> double_of(const Node& node) {
  if (node.is_int() || node.is_double()) return node.as_double();
  if (!node.is_string()) return std::nullopt;
  const auto value = number_in<double>(node.as_string());
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::uint64_t> unsigned_of(const Node& node) {
  if (node.is_int() && node.as_int() >= 0) return static_cast<std::uint64_t>(node.as_int());
  return node.is_string() ? number_in<std::uint64_t>(node.as_string()) : std::nullopt;
}

bool is_enum(const Node& node, std::int64_t number, std::string_view name) {
  return node.is_int() ? node.as_int() == number : node.as_string() == name;
}

std::string text_of(const Node& node) {
  return clean_text(node.as_string(), kOtlpTextBytesMax);
}

std::optional<std::string> value_of(const Node& any) {
  if (any["stringValue"].is_string()) return text_of(any["stringValue"]);
  if (any["boolValue"].is_bool()) return any["boolValue"].as_bool() ? "true" : "false";
  if (const Node& number = any["intValue"]; number.is_int()) return std::to_string(number.as_int());
  if (any["intValue"].is_string()) return text_of(any["intValue"]);
  if (const auto number = double_of(any["doubleValue"])) return number_text(*number);
  return std::nullopt;
}

Attributes attributes_of(const Node& list) {
  Attributes out;
  for (const Node& one : list.items()) {
    if (out.size() >= kOtlpAttributesMax) break;
    std::string key = text_of(one["key"]);
    auto value = value_of(one["value"]);
    if (!key.empty() && value) out.emplace_back(std::move(key), *std::move(value));
  }
  return out;
}

/// Calls each(item) for resourceX[].scopeX[].items[]; false as soon as one says so.
template <class Each>
bool each_item(const Node& body, const char* resources, const char* scopes, const char* items,
               Each&& each) {
  for (const Node& resource : body[resources].items()) {
    for (const Node& scope : resource[scopes].items()) {
      for (const Node& item : scope[items].items()) {
        if (!each(item)) return false;
      }
    }
  }
  return true;
}

std::optional<OtlpPoint> point_of(const Node& data, const OtlpPoint& like) {
  OtlpPoint out = like;
  const auto flags = unsigned_of(data["flags"]).value_or(0);
  auto value = double_of(data["asDouble"]);
  if (!value) value = double_of(data["asInt"]);
  if (!value || (flags & 1U) != 0) return std::nullopt;
  out.value = *value;
  out.attributes = attributes_of(data["attributes"]);
  return out;
}

std::optional<OtlpPoint> histogram_of(const Node& data, const OtlpPoint& like) {
  OtlpPoint out = like;
  OtlpBuckets sent;
  const auto count = data.has("count") ? unsigned_of(data["count"]) : 0;
  if (!count) return std::nullopt;
  sent.count = *count;
  sent.sum = double_of(data["sum"]);
  sent.min = double_of(data["min"]);
  sent.max = double_of(data["max"]);
  for (const Node& one : data["bucketCounts"].items()) {
    const auto number = unsigned_of(one);
    if (!number) return std::nullopt;
    sent.counts.push_back(*number);
  }
  for (const Node& one : data["explicitBounds"].items()) {
    const auto number = double_of(one);
    if (!number) return std::nullopt;
    sent.bounds.push_back(*number);
  }
  const auto buckets = distribution_of(sent);
  if (!buckets) return std::nullopt;
  out.buckets = *buckets;
  out.attributes = attributes_of(data["attributes"]);
  return out;
}

std::optional<std::int64_t> signed_of(const Node& node) {
  if (node.is_int()) return node.as_int();
  return node.is_string() ? number_in<std::int64_t>(node.as_string()) : std::nullopt;
}

bool take_side(const Node& data, OtlpExponential::Side& out) {
  if (data.has("offset")) {
    const auto offset = signed_of(data["offset"]);
    if (!offset) return false;
    out.offset = *offset;
  }
  for (const Node& one : data["bucketCounts"].items()) {
    const auto number = unsigned_of(one);
    if (!number) return false;
    out.counts.push_back(*number);
  }
  return true;
}

std::optional<OtlpPoint> exponential_of(const Node& data, const OtlpPoint& like) {
  OtlpPoint out = like;
  OtlpExponential sent;
  // What is 0 need not be written.
  const auto count = data.has("count") ? unsigned_of(data["count"]) : 0;
  const auto zeros = data.has("zeroCount") ? unsigned_of(data["zeroCount"]) : 0;
  const auto scale = data.has("scale") ? signed_of(data["scale"]) : 0;
  const auto threshold = data.has("zeroThreshold") ? double_of(data["zeroThreshold"]) : 0;
  if (!count || !zeros || !scale || !threshold) return std::nullopt;
  sent.count = *count;
  sent.zero_count = *zeros;
  sent.scale = *scale;
  sent.zero_threshold = *threshold;
  sent.sum = double_of(data["sum"]);
  sent.min = double_of(data["min"]);
  sent.max = double_of(data["max"]);
  sent.none = (unsigned_of(data["flags"]).value_or(0) & 1U) != 0;
  if (!take_side(data["positive"], sent.positive)) return std::nullopt;
  if (!take_side(data["negative"], sent.negative)) return std::nullopt;
  const auto buckets = distribution_of(sent);
  if (!buckets) return std::nullopt;
  out.buckets = *buckets;
  out.attributes = attributes_of(data["attributes"]);
  return out;
}

std::vector<OtlpPoint> summary_of(const Node& data, const OtlpPoint& like) {
  OtlpPoint with = like;
  OtlpSummary sent;
  const auto count = data.has("count") ? unsigned_of(data["count"]) : 0;
  const auto sum = data.has("sum") ? double_of(data["sum"]) : 0;
  if (!count || !sum) return {};
  sent.count = *count;
  sent.sum = *sum;
  sent.none = (unsigned_of(data["flags"]).value_or(0) & 1U) != 0;
  for (const Node& one : data["quantileValues"].items()) {
    const auto quantile = one.has("quantile") ? double_of(one["quantile"]) : 0;
    const auto value = one.has("value") ? double_of(one["value"]) : 0;
    if (!quantile) return {};
    if (value) sent.quantiles.emplace_back(*quantile, *value);
  }
  with.attributes = attributes_of(data["attributes"]);
  return points_of(sent, with);
}

/// Of a point: more buckets or quantiles than are taken.
bool too_many(const Node& point) {
  return point["bucketCounts"].size() > kOtlpBucketsMax ||
         point["explicitBounds"].size() > kOtlpBucketsMax ||
         point["positive"]["bucketCounts"].size() > kOtlpBucketsMax ||
         point["negative"]["bucketCounts"].size() > kOtlpBucketsMax ||
         point["quantileValues"].size() > kOtlpQuantilesMax;
}

class MetricsReader {
 public:
  base::Result<OtlpMetrics> read(const Node& body) {
    const bool good = each_item(body, "resourceMetrics", "scopeMetrics", "metrics",
                                [this](const Node& metric) { return take(metric); });
    if (!good) return otlp_too_many("more points or buckets than one request may have");
    return std::move(out_);
  }

 private:
  bool take(const Node& metric) {
    OtlpPoint like;
    like.name = text_of(metric["name"]);
    const bool any = metric.has("gauge") || metric.has("sum") || metric.has("histogram") ||
                     metric.has("exponentialHistogram") || metric.has("summary");
    if (!any || like.name.empty()) ++out_.skipped;
    if (like.name.empty()) return true;
    return take_points(metric["gauge"], like, OtlpKind::Gauge, point_of) &&
           take_points(metric["sum"], like, OtlpKind::Sum, point_of) &&
           take_points(metric["histogram"], like, OtlpKind::Histogram, histogram_of) &&
           take_points(metric["exponentialHistogram"], like, OtlpKind::Histogram, exponential_of) &&
           take_summaries(metric["summary"], like);
  }

  using Read = std::optional<OtlpPoint>(const Node& data, const OtlpPoint& like);

  bool take_points(const Node& data, OtlpPoint like, OtlpKind kind, Read* read) {
    like.kind = kind;
    like.delta = is_enum(data["aggregationTemporality"], 1, "AGGREGATION_TEMPORALITY_DELTA");
    like.monotonic = data["isMonotonic"].as_bool();
    for (const Node& one : data["dataPoints"].items()) {
      if (out_.points.size() + out_.skipped >= kOtlpPointsMax) return false;
      if (too_many(one)) return false;
      auto point = read(one, like);
      if (point) {
        out_.points.push_back(*std::move(point));
      } else {
        ++out_.skipped;
      }
    }
    return true;
  }

  bool take_summaries(const Node& data, const OtlpPoint& like) {
    for (const Node& one : data["dataPoints"].items()) {
      if (too_many(one) || !keep_summary(summary_of(one, like), out_)) return false;
    }
    return true;
  }

  OtlpMetrics out_;
};
}  // namespace

base::Result<OtlpMetrics> otlp_metrics_of_json(std::string_view body) {
  TRY(const Node whole, api::parse_json(body));
  if (!whole.is_map()) return otlp_broken("no JSON of ExportMetricsServiceRequest");
  return MetricsReader().read(whole);
}

base::Result<OtlpTraces> otlp_traces_of_json(std::string_view body) {
  TRY(const Node whole, api::parse_json(body));
  if (!whole.is_map()) return otlp_broken("no JSON of ExportTraceServiceRequest");
  OtlpTraces out;
  std::vector<SpanIds> ids;
  const bool good = each_item(whole, "resourceSpans", "scopeSpans", "spans", [&](const Node& span) {
    if (out.operations.size() + out.skipped >= kOtlpPointsMax) return false;
    auto operation = operation_of_span(span["name"].as_string(),
                                       unsigned_of(span["startTimeUnixNano"]).value_or(0),
                                       unsigned_of(span["endTimeUnixNano"]).value_or(0),
                                       is_enum(span["status"]["code"], 2, "STATUS_CODE_ERROR"));
    if (operation) {
      describe(*operation, attributes_of(span["attributes"]),
               is_enum(span["kind"], 2, "SPAN_KIND_SERVER"));
      out.operations.push_back(*std::move(operation));
      ids.push_back({span["traceId"].as_string(), span["spanId"].as_string(),
                     span["parentSpanId"].as_string()});
    } else {
      ++out.skipped;
    }
    return true;
  });
  if (!good) return otlp_too_many("more than 10,000 spans");
  tell_wholes(out.operations, ids);
  return out;
}

}  // namespace ingest
