// The figures of one stream: counts, causes, latencies, windows.
#include <algorithm>

#include "drill/criteria.h"
#include "drill/outage.h"

namespace drill {
namespace {

void count(StreamResult& out, const StreamView& view) {
  for (const Record& record : view.records) {
    ++out.attempts;
    out.ok += record.outcome == Outcome::Ok;
    out.fail += record.outcome == Outcome::Fail;
    out.info += record.outcome == Outcome::Info;
  }
  for (const Observation& op : view.seen) {
    if (op.sight != Sight::Bad) continue;
    ++out.bad;
    ++out.bad_by_cause[op.cause];  // None: acknowledged, but too late
  }
}

std::optional<Duration> quantile(std::vector<double>& nanos, Statistic statistic) {
  const auto value = statistic_of(nanos, statistic);
  if (!value) return std::nullopt;
  return Duration(static_cast<std::int64_t>(*value));
}

std::size_t seen_operations(const StreamView& view) {
  return static_cast<std::size_t>(
      std::count_if(view.seen.begin(), view.seen.end(),
                    [](const Observation& op) { return op.sight != Sight::Unseen; }));
}

void fill_latencies(StreamResult& out, const StreamView& view, const OutageAnalysis& analysis) {
  std::vector<double> nanos;
  for (const Observation& op : view.seen) {
    if (op.sight != Sight::Good) continue;
    if (op.invoked < analysis.steady_from || op.invoked > analysis.steady_until) continue;
    nanos.push_back(static_cast<double>(op.latency.count()));
  }
  if (!nanos.empty()) out.baseline_latency_max = analysis.delta;
  out.p50 = quantile(nanos, Statistic::P50);
  out.p95 = quantile(nanos, Statistic::P95);
  out.p99 = quantile(nanos, Statistic::P99);
}

}  // namespace

StreamResult summarise(const StreamView& view, const OutageAnalysis& analysis) {
  StreamResult out;
  out.stream = view.stream;
  count(out, view);
  fill_latencies(out, view, analysis);
  out.windows = analysis.runs;
  const std::size_t seen = seen_operations(view);
  if (seen > 0) out.downtime = analysis.downtime;
  if (seen > 1) out.largest_gap = analysis.largest_gap;
  if (analysis.held.empty()) return out;
  const HeldOutage& first = analysis.held.front();
  OutageWindow judged{view.seen[first.first_bad].invoked, kNever, first.user_visible, first.service,
                      first.bad};
  if (first.sustained) judged.until = view.seen[*first.sustained].invoked;
  if (first.first_good) out.first_success = view.seen[*first.first_good].invoked - judged.from;
  out.outage = judged;
  return out;
}

}  // namespace drill
