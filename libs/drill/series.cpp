// Buckets for plots.
#include "drill/series.h"

#include <algorithm>

#include "drill/criteria.h"

namespace drill {
namespace {

void count(SeriesPoint& point, const Observation& op, Duration deadline) {
  point.good += op.sight == Sight::Good;
  point.bad += op.sight == Sight::Bad;
  point.ok_late += op.outcome == Outcome::Ok && op.latency > deadline;
  point.info += op.outcome == Outcome::Info;
}

void take_latencies(SeriesPoint& point, std::vector<double>& millis) {
  if (millis.empty()) return;
  const auto value = [&](Statistic s) { return static_cast<float>(*statistic_of(millis, s)); };
  point.p50_millis = value(Statistic::P50);
  point.p95_millis = value(Statistic::P95);
  point.max_millis = value(Statistic::Max);
}

}  // namespace

Series series_of(const StreamView& view, const RowIndex& rows, TimePoint from, TimePoint until,
                 std::size_t buckets) {
  Series out;
  out.stream = view.stream.name;
  if (from >= until || buckets == 0) return out;
  const auto count_of = static_cast<std::int64_t>(buckets);
  // Rounded up, so that the last moment falls into the last bucket.
  out.width = Duration((until - from).count() / count_of + 1);
  out.points.resize(buckets);
  std::vector<std::vector<double>> millis(buckets);
  const auto bucket_of = [&](TimePoint at) {
    return static_cast<std::size_t>((at - from).count() / out.width.count());
  };
  for (std::size_t i = 0; i < buckets; ++i) {
    out.points[i].at = from + static_cast<std::int64_t>(i) * out.width;
  }
  for (const Observation& op : view.seen) {
    if (op.invoked < from || op.invoked > until) continue;
    const std::size_t bucket = bucket_of(op.invoked);
    count(out.points[bucket], op, view.stream.deadline);
    if (op.outcome == Outcome::Ok) millis[bucket].push_back(base::to_millis(op.latency));
  }
  if (view.stream.kind == StreamKind::Ledger && rows.survivor() != nullptr) {
    for (const Record& record : view.records) {
      if (record.invoked == kNever || record.invoked < from || record.invoked > until) continue;
      out.points[bucket_of(record.invoked)].lost += is_lost(record, rows);
    }
  }
  for (std::size_t i = 0; i < buckets; ++i) take_latencies(out.points[i], millis[i]);
  return out;
}

}  // namespace drill
