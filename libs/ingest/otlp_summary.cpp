// Summaries (ingest/otlp_build.h) as series, named as Prometheus names them. Quantiles of one
// process say nothing together with another's, but the sidecar has one application, and an
// application that has nothing else (Prometheus' clients, Micrometer) is seen so.
// Source: OpenTelemetry, metrics data model, "Summary (Legacy)".
#include <algorithm>
#include <cmath>
#include <iterator>

#include "ingest/clean_text.h"
#include "ingest/otlp_build.h"

namespace ingest {

namespace {
constexpr double kCountMax = 9e15;  // whole numbers are exact below

bool sensible(const OtlpSummary& sent) {
  const auto is_share = [](double one) { return one >= 0 && one <= 1; };  // and a number
  for (const auto& [quantile, value] : sent.quantiles) {
    if (!is_share(quantile)) return false;
  }
  return !sent.none && std::isfinite(sent.sum) && static_cast<double>(sent.count) <= kCountMax;
}

OtlpPoint total(const OtlpPoint& like, std::string_view suffix, double value) {
  OtlpPoint out = like;
  out.name = clean_text(like.name, kOtlpTextBytesMax - suffix.size());
  out.name += suffix;
  out.kind = OtlpKind::Sum;
  out.monotonic = true;
  out.value = value;
  return out;
}
}  // namespace

std::vector<OtlpPoint> points_of(const OtlpSummary& sent, const OtlpPoint& like) {
  std::vector<OtlpPoint> out;
  if (!sensible(sent)) return out;
  out.push_back(total(like, "_count", static_cast<double>(sent.count)));
  out.push_back(total(like, "_sum", sent.sum));
  for (const auto& [quantile, value] : sent.quantiles) {
    if (!std::isfinite(value)) continue;  // nothing was seen in its time
    OtlpPoint point = like;
    point.kind = OtlpKind::Gauge;
    point.value = value;
    // In front: of several labels of one name, and beyond so many, the first are kept.
    point.attributes.emplace(point.attributes.begin(), "quantile", number_text(quantile));
    if (point.attributes.size() > kOtlpAttributesMax) point.attributes.pop_back();
    out.push_back(std::move(point));
  }
  return out;
}

bool keep_summary(std::vector<OtlpPoint> points, OtlpMetrics& out) {
  const std::size_t more = std::max<std::size_t>(points.size(), 1);
  if (out.points.size() + out.skipped + more > kOtlpPointsMax) return false;
  out.skipped += points.empty() ? 1 : 0;
  std::ranges::move(points, std::back_inserter(out.points));
  return true;
}

}  // namespace ingest
