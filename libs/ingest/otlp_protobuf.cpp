// OTLP in protobuf: which fields of which messages, by the numbers of opentelemetry-proto 1.x.
#include <bit>
#include <optional>

#include "ingest/clean_text.h"
#include "ingest/otlp_build.h"
#include "ingest/protobuf_wire.h"

namespace ingest {

namespace {
using Type = Wire::Type;
using Attributes = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t kDelta = 1;        // AggregationTemporality
constexpr std::uint64_t kStatusError = 2;  // Status.StatusCode
constexpr std::uint64_t kNoValue = 1;      // DataPointFlags
constexpr std::uint64_t kServerSpan = 2;   // Span.SpanKind

std::string text_of(std::string_view bytes) {
  return clean_text(bytes, kOtlpTextBytesMax);
}

/// AnyValue as text; lists, maps and bytes are none of a label's values.
bool take_value(std::string_view message, std::optional<std::string>& out) {
  Wire wire(message);
  while (wire.next()) {
    if (wire.is(1, Type::Bytes)) out = text_of(wire.bytes());
    if (wire.is(2, Type::Varint)) out = wire.number() != 0 ? "true" : "false";
    if (wire.is(3, Type::Varint)) out = std::to_string(wire.as_signed());
    if (wire.is(4, Type::Fixed64)) out = number_text(wire.as_double());
  }
  return !wire.broken();
}

bool take_attribute(std::string_view message, Attributes& out) {
  if (out.size() >= kOtlpAttributesMax) return true;
  std::string key;
  std::optional<std::string> value;
  Wire wire(message);
  while (wire.next()) {
    if (wire.is(1, Type::Bytes)) key = text_of(wire.bytes());
    if (wire.is(2, Type::Bytes) && !take_value(wire.bytes(), value)) return false;
  }
  if (!key.empty() && value) out.emplace_back(std::move(key), *std::move(value));
  return !wire.broken();
}

/// Numbers of eight bytes, one by one or packed; false: cut off, or too many.
template <class Add>
bool take_numbers(const Wire& wire, std::uint32_t field, Add&& add) {
  if (wire.is(field, Type::Fixed64)) return add(wire.number());
  if (!wire.is(field, Type::Bytes)) return true;
  std::string_view packed = wire.bytes();
  if (packed.size() % 8 != 0) return false;
  for (; !packed.empty(); packed.remove_prefix(8)) {
    if (!add(fixed64_of(packed))) return false;
  }
  return true;
}

class MetricsReader {
 public:
  base::Result<OtlpMetrics> read(std::string_view body) {
    const bool good = each_message(body, 1, [this](std::string_view resource) {
      return each_message(resource, 2, [this](std::string_view scope) {
        return each_message(scope, 2, [this](std::string_view metric) { return take(metric); });
      });
    });
    if (too_many_) return otlp_too_many("more points or buckets than one request may have");
    if (!good) return otlp_broken("no protobuf of ExportMetricsServiceRequest");
    return std::move(out_);
  }

 private:
  bool take(std::string_view metric) {
    OtlpPoint like;
    std::string_view gauge, sum, histogram, exponential, summary;
    bool any = false;
    Wire wire(metric);
    while (wire.next()) {
      if (wire.is(1, Type::Bytes)) like.name = text_of(wire.bytes());
      if (wire.is(5, Type::Bytes)) gauge = wire.bytes(), any = true;
      if (wire.is(7, Type::Bytes)) sum = wire.bytes(), any = true;
      if (wire.is(9, Type::Bytes)) histogram = wire.bytes(), any = true;
      if (wire.is(10, Type::Bytes)) exponential = wire.bytes(), any = true;
      if (wire.is(11, Type::Bytes)) summary = wire.bytes(), any = true;
    }
    if (wire.broken()) return false;
    if (!any || like.name.empty()) ++out_.skipped;
    if (like.name.empty()) return true;
    using Reader = MetricsReader;
    return take_points(gauge, like, OtlpKind::Gauge, &Reader::take_number) &&
           take_points(sum, like, OtlpKind::Sum, &Reader::take_number) &&
           take_points(histogram, like, OtlpKind::Histogram, &Reader::take_buckets) &&
           take_points(exponential, like, OtlpKind::Histogram, &Reader::take_exponential) &&
           take_points(summary, like, OtlpKind::Gauge, &Reader::take_summary);
  }

  using Take = bool (MetricsReader::*)(std::string_view message, const OtlpPoint& like);

  bool take_points(std::string_view data, OtlpPoint like, OtlpKind kind, Take take) {
    like.kind = kind;
    Wire wire(data);
    while (wire.next()) {  // first what holds for all points, which may come last
      if (wire.is(2, Type::Varint)) like.delta = wire.number() == kDelta;
      if (wire.is(3, Type::Varint)) like.monotonic = wire.number() != 0;
    }
    if (wire.broken()) return false;
    return each_message(data, 1, [&](std::string_view point) {
      if (out_.points.size() + out_.skipped >= kOtlpPointsMax) {
        too_many_ = true;
        return false;
      }
      return (this->*take)(point, like);
    });
  }

  bool take_number(std::string_view message, const OtlpPoint& like) {
    OtlpPoint point = like;
    bool valued = false;
    bool none = false;
    Wire wire(message);
    while (wire.next()) {
      if (wire.is(7, Type::Bytes) && !take_attribute(wire.bytes(), point.attributes)) return false;
      if (wire.is(4, Type::Fixed64)) point.value = wire.as_double(), valued = true;
      if (wire.is(6, Type::Fixed64)) {
        point.value = static_cast<double>(wire.as_signed());
        valued = true;
      }
      if (wire.is(8, Type::Varint)) none = (wire.number() & kNoValue) != 0;
    }
    if (wire.broken()) return false;
    if (!valued || none) {
      ++out_.skipped;
    } else {
      out_.points.push_back(std::move(point));
    }
    return true;
  }

  bool take_buckets(std::string_view message, const OtlpPoint& like) {
    OtlpPoint point = like;
    OtlpBuckets sent;
    Wire wire(message);
    while (wire.next()) {
      if (wire.is(9, Type::Bytes) && !take_attribute(wire.bytes(), point.attributes)) return false;
      if (wire.is(4, Type::Fixed64)) sent.count = wire.number();
      if (wire.is(5, Type::Fixed64)) sent.sum = wire.as_double();
      if (wire.is(11, Type::Fixed64)) sent.min = wire.as_double();
      if (wire.is(12, Type::Fixed64)) sent.max = wire.as_double();
      const bool read = take_numbers(wire, 6,
                                     [&](std::uint64_t count) {
                                       sent.counts.push_back(count);
                                       return within(sent.counts.size());
                                     }) &&
                        take_numbers(wire, 7, [&](std::uint64_t bits) {
                          sent.bounds.push_back(std::bit_cast<double>(bits));
                          return within(sent.bounds.size());
                        });
      if (!read) return false;
    }
    if (wire.broken()) return false;
    keep(std::move(point), distribution_of(sent));
    return true;
  }

  bool take_exponential(std::string_view message, const OtlpPoint& like) {
    OtlpPoint point = like;
    OtlpExponential sent;
    Wire wire(message);
    while (wire.next()) {
      if (wire.is(1, Type::Bytes) && !take_attribute(wire.bytes(), point.attributes)) return false;
      if (wire.is(4, Type::Fixed64)) sent.count = wire.number();
      if (wire.is(5, Type::Fixed64)) sent.sum = wire.as_double();
      if (wire.is(6, Type::Varint)) sent.scale = zigzag(wire.number());
      if (wire.is(7, Type::Fixed64)) sent.zero_count = wire.number();
      if (wire.is(8, Type::Bytes) && !take_side(wire.bytes(), sent.positive)) return false;
      if (wire.is(9, Type::Bytes) && !take_side(wire.bytes(), sent.negative)) return false;
      if (wire.is(10, Type::Varint)) sent.none = (wire.number() & kNoValue) != 0;
      if (wire.is(12, Type::Fixed64)) sent.min = wire.as_double();
      if (wire.is(13, Type::Fixed64)) sent.max = wire.as_double();
      if (wire.is(14, Type::Fixed64)) sent.zero_threshold = wire.as_double();
    }
    if (wire.broken()) return false;
    keep(std::move(point), distribution_of(sent));
    return true;
  }

  bool take_summary(std::string_view message, const OtlpPoint& like) {
    OtlpPoint with = like;
    OtlpSummary sent;
    Wire wire(message);
    while (wire.next()) {
      if (wire.is(7, Type::Bytes) && !take_attribute(wire.bytes(), with.attributes)) return false;
      if (wire.is(4, Type::Fixed64)) sent.count = wire.number();
      if (wire.is(5, Type::Fixed64)) sent.sum = wire.as_double();
      if (wire.is(6, Type::Bytes) && !take_quantile(wire.bytes(), sent.quantiles)) return false;
      if (wire.is(8, Type::Varint)) sent.none = (wire.number() & kNoValue) != 0;
    }
    if (wire.broken()) return false;
    too_many_ = !keep_summary(points_of(sent, with), out_);
    return !too_many_;
  }

  bool take_quantile(std::string_view message, std::vector<std::pair<double, double>>& out) {
    double quantile = 0, value = 0;
    Wire wire(message);
    while (wire.next()) {
      if (wire.is(1, Type::Fixed64)) quantile = wire.as_double();
      if (wire.is(2, Type::Fixed64)) value = wire.as_double();
    }
    out.emplace_back(quantile, value);
    too_many_ = too_many_ || out.size() > kOtlpQuantilesMax;
    return !wire.broken() && !too_many_;
  }

  bool take_side(std::string_view message, OtlpExponential::Side& out) {
    Wire wire(message);
    while (wire.next()) {
      if (wire.is(1, Type::Varint)) out.offset = zigzag(wire.number());
      if (wire.is(2, Type::Varint)) out.counts.push_back(wire.number());
      if (wire.is(2, Type::Bytes) && !take_packed(wire.bytes(), out.counts)) return false;
      if (!within(out.counts.size())) return false;
    }
    return !wire.broken();
  }

  bool take_packed(std::string_view packed, std::vector<std::uint64_t>& out) {
    while (!packed.empty()) {
      std::uint64_t count = 0;
      if (!take_varint(packed, count)) return false;
      out.push_back(count);
      if (!within(out.size())) return false;
    }
    return true;
  }

  void keep(OtlpPoint point, const std::optional<Distribution>& buckets) {
    if (!buckets) {
      ++out_.skipped;
      return;
    }
    point.buckets = *buckets;
    out_.points.push_back(std::move(point));
  }

  bool within(std::size_t buckets) {
    too_many_ = too_many_ || buckets > kOtlpBucketsMax;
    return !too_many_;
  }

  OtlpMetrics out_;
  bool too_many_ = false;
};

bool failed(std::string_view status) {
  Wire wire(status);
  bool out = false;
  while (wire.next()) {
    if (wire.is(3, Type::Varint)) out = wire.number() == kStatusError;
  }
  return out;
}

bool take_span(std::string_view message, OtlpTraces& out, std::vector<SpanIds>& all) {
  std::string_view name, status;
  SpanIds ids;
  Attributes attributes;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  bool server = false;
  Wire wire(message);
  while (wire.next()) {
    if (wire.is(1, Type::Bytes)) ids.trace = wire.bytes();
    if (wire.is(2, Type::Bytes)) ids.id = wire.bytes();
    if (wire.is(4, Type::Bytes)) ids.parent = wire.bytes();
    if (wire.is(5, Type::Bytes)) name = wire.bytes();
    if (wire.is(7, Type::Fixed64)) start = wire.number();
    if (wire.is(8, Type::Fixed64)) end = wire.number();
    if (wire.is(6, Type::Varint)) server = wire.number() == kServerSpan;
    if (wire.is(9, Type::Bytes) && !take_attribute(wire.bytes(), attributes)) return false;
    if (wire.is(15, Type::Bytes)) status = wire.bytes();
  }
  if (wire.broken()) return false;
  if (auto operation = operation_of_span(name, start, end, failed(status))) {
    describe(*operation, attributes, server);
    out.operations.push_back(*std::move(operation));
    all.push_back(std::move(ids));
  } else {
    ++out.skipped;
  }
  return true;
}
}  // namespace

base::Result<OtlpMetrics> otlp_metrics_of_protobuf(std::string_view body) {
  return MetricsReader().read(body);
}

base::Result<OtlpTraces> otlp_traces_of_protobuf(std::string_view body) {
  OtlpTraces out;
  std::vector<SpanIds> ids;
  bool too_many = false;
  const auto take = [&](std::string_view span) {
    too_many = out.operations.size() + out.skipped >= kOtlpPointsMax;
    return !too_many && take_span(span, out, ids);
  };
  const bool good = each_message(body, 1, [&](std::string_view resource) {
    return each_message(resource, 2,
                        [&](std::string_view scope) { return each_message(scope, 2, take); });
  });
  if (too_many) return otlp_too_many("more than 10,000 spans");
  if (!good) return otlp_broken("no protobuf of ExportTraceServiceRequest");
  tell_wholes(out.operations, ids);
  return out;
}

}  // namespace ingest
