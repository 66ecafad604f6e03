#include "ingest/otlp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "ingest/clean_text.h"
#include "ingest/otlp_build.h"

namespace ingest {

namespace {
constexpr std::uint64_t kNanosecondsMax = std::numeric_limits<std::int64_t>::max();
constexpr double kCountMax = 9e15;  // whole numbers are exact below

bool ascend(const std::vector<double>& bounds) {
  return std::ranges::all_of(bounds, [](double one) { return std::isfinite(one); }) &&
         std::ranges::is_sorted(bounds);
}

/// The upper bound of a bucket; of the last, which has none, the greatest value there was.
double bound_of(const OtlpBuckets& sent, std::size_t at) {
  if (at < sent.bounds.size()) return sent.bounds[at];
  const double last = sent.bounds.empty() ? 0 : sent.bounds.back();
  return std::max(sent.max.value_or(std::numeric_limits<double>::max()), last);
}

Taken put(SeriesTable& table, const OtlpPoint& point, const std::vector<RawLabel>& labels) {
  switch (point.kind) {
    case OtlpKind::Gauge: return table.set(point.name, labels, point.value);
    case OtlpKind::Sum:
      if (point.monotonic) {
        return point.delta ? table.count(point.name, labels, point.value)
                           : table.count_up_to(point.name, labels, point.value);
      }
      return point.delta ? table.change(point.name, labels, point.value)
                         : table.set(point.name, labels, point.value);
    case OtlpKind::Histogram:
      return table.merge(point.name, labels, point.buckets,
                         point.delta ? SeriesTable::Merge::Add : SeriesTable::Merge::Replace);
  }
  return Taken::Dropped;
}
}  // namespace

std::optional<OtlpFormat> otlp_format(std::string_view content_type) {
  std::string_view kind = content_type.substr(0, content_type.find(';'));
  while (kind.ends_with(' ')) kind.remove_suffix(1);
  const auto same = [&](std::string_view word) {
    return std::ranges::equal(
        kind, word, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  };
  if (same("application/x-protobuf")) return OtlpFormat::Protobuf;
  if (same("application/json")) return OtlpFormat::Json;
  return std::nullopt;
}

std::optional<Distribution> distribution_of(const OtlpBuckets& sent) {
  const bool whole = sent.counts.empty() || sent.counts.size() == sent.bounds.size() + 1;
  if (!whole || !ascend(sent.bounds)) return std::nullopt;
  for (const auto& number : {sent.sum, sent.min, sent.max}) {
    if (number && !std::isfinite(*number)) return std::nullopt;
  }
  Distribution out;
  double count = 0;
  for (std::size_t at = 0; at < sent.counts.size(); ++at) {
    if (sent.counts[at] == 0) continue;
    const auto weight = static_cast<double>(sent.counts[at]);
    out.add_bucket(bound_of(sent, at), weight);
    count += weight;
  }
  const auto claimed = static_cast<double>(sent.count);
  if (claimed > kCountMax || (!sent.counts.empty() && count != claimed)) return std::nullopt;
  // Without buckets all that is known is how many there were: all of them in the last.
  if (sent.counts.empty() && sent.count > 0) out.add_bucket(bound_of(sent, 0), claimed);
  out.set_sum(sent.sum.value_or(0), sent.min.value_or(0),
              sent.max.value_or(sent.bounds.empty() ? 0 : sent.bounds.back()));
  return out;
}

std::optional<Operation> operation_of_span(std::string_view name, std::uint64_t start,
                                           std::uint64_t end, bool failed) {
  if (name.empty() || start == 0 || end < start || end - start > kNanosecondsMax) {
    return std::nullopt;
  }
  return Operation{clean_text(name, kOtlpTextBytesMax),
                   base::Duration(static_cast<std::int64_t>(end - start)), !failed};
}

void describe(Operation& operation,
              const std::vector<std::pair<std::string, std::string>>& attributes, bool server) {
  std::string implied = server ? "api_endpoint" : "";
  for (const auto& [key, value] : attributes) {
    if (key == "operation.kind") operation.kind = value;
    if (key == "operation.bytes") operation.bytes = amount_of(value);
    if (key == "operation.records") operation.records = amount_of(value);
    if (key == "operation.whole_micros") operation.whole = whole_of(value);
    if (key == "db.system" || key == "db.system.name") implied = "database_query";
  }
  if (operation.kind.empty()) operation.kind = std::move(implied);
}

void tell_wholes(std::vector<Operation>& operations, const std::vector<SpanIds>& ids) {
  using Key = std::pair<std::string_view, std::string_view>;  // into `ids`
  std::map<Key, base::Duration> known;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    known.emplace(Key(ids[i].trace, ids[i].id), operations[i].duration);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i].parent.empty() || operations[i].whole != base::Duration(0)) continue;
    const auto parent = known.find(Key(ids[i].trace, ids[i].parent));
    if (parent != known.end()) operations[i].whole = parent->second;
  }
}

tl::unexpected<base::Error> otlp_broken(const char* what) {
  return base::fail(base::Code::InvalidArgument, std::string("otlp: ") + what);
}

tl::unexpected<base::Error> otlp_too_many(const char* what) {
  return base::fail(base::Code::ResourceExhausted, std::string("otlp: ") + what);
}

base::Result<OtlpMetrics> parse_otlp_metrics(std::string_view body, OtlpFormat format) {
  if (format == OtlpFormat::Json) {
    if (body.size() > kOtlpJsonBytesMax) return otlp_too_many("more than 512 kB of JSON");
    return otlp_metrics_of_json(body);
  }
  if (body.size() > kOtlpProtobufBytesMax) return otlp_too_many("more than 1 MB");
  return otlp_metrics_of_protobuf(body);
}

base::Result<OtlpTraces> parse_otlp_traces(std::string_view body, OtlpFormat format) {
  if (format == OtlpFormat::Json) {
    if (body.size() > kOtlpJsonBytesMax) return otlp_too_many("more than 512 kB of JSON");
    return otlp_traces_of_json(body);
  }
  if (body.size() > kOtlpProtobufBytesMax) return otlp_too_many("more than 1 MB");
  return otlp_traces_of_protobuf(body);
}

OtlpTaken put_in(SeriesTable& table, const OtlpMetrics& metrics) {
  OtlpTaken out;
  std::vector<RawLabel> labels;
  for (const OtlpPoint& point : metrics.points) {
    labels.assign(point.attributes.begin(), point.attributes.end());
    switch (put(table, point, labels)) {
      case Taken::Kept: ++out.kept; break;
      case Taken::Other: ++out.other; break;
      default: ++out.refused; break;
    }
  }
  return out;
}

}  // namespace ingest
