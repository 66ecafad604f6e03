#include "verify/buckets.h"

#include <algorithm>

#include "verify/figures.h"
#include "verify/statistics.h"

namespace verify {
namespace {

constexpr std::int64_t kBuckets = 240;

struct Bucket {
  std::int64_t good = 0, bad = 0, late = 0, info = 0, lost = 0;
  std::vector<double> millis;
};

/// As the report keeps it: a float, or null where nothing was acknowledged.
api::Node shown(std::vector<double>& millis, std::string_view which) {
  const auto value = statistic(millis, which);
  return value ? api::Node(static_cast<double>(static_cast<float>(*value))) : api::Node();
}

}  // namespace

api::Node plotted(const Stream& stream, const Rows& rows, TimePoint from, TimePoint until,
                  TimePoint origin) {
  api::Node out = api::Node::map().set("stream", stream.info->name);
  if (from >= until) {
    return out.set("widthSeconds", seconds(Duration::zero())).set("points", api::Node::sequence());
  }
  const Duration width = (until - from) / kBuckets + Duration(1);
  std::vector<Bucket> buckets(kBuckets);
  const auto bucket = [&](TimePoint at) -> Bucket* {
    if (at < from || at > until) return nullptr;
    return &buckets[static_cast<std::size_t>((at - from) / width)];
  };
  for (const Operation& op : stream.operations) {
    Bucket* b = bucket(op.at);
    if (b == nullptr) continue;
    b->good += op.good();
    b->bad += op.bad();
    b->info += op.record->outcome == drill::Outcome::Info;
    if (!op.acknowledged()) continue;
    b->late += op.latency > stream.info->deadline;
    b->millis.push_back(std::chrono::duration<double, std::milli>(op.latency).count());
  }
  const bool judged = stream.info->kind == drill::StreamKind::Ledger &&
                      rows.read(drill::FinalRead::Which::Survivor);
  for (const drill::Record& r : stream.records) {
    if (!judged || r.invoked == kNever || !rows.lost(r)) continue;
    if (Bucket* b = bucket(r.invoked)) ++b->lost;
  }
  api::Node points = api::Node::sequence();
  for (std::int64_t i = 0; i < kBuckets; ++i) {
    Bucket& b = buckets[static_cast<std::size_t>(i)];
    points.push(api::Node::map()
                    .set("atSeconds", stamp(from + i * width, origin))
                    .set("good", b.good)
                    .set("bad", b.bad)
                    .set("okLate", b.late)
                    .set("info", b.info)
                    .set("lost", b.lost)
                    .set("p50Millis", shown(b.millis, "P50"))
                    .set("p95Millis", shown(b.millis, "P95"))
                    .set("maxMillis", shown(b.millis, "Max")));
  }
  return out.set("widthSeconds", seconds(width)).set("points", std::move(points));
}

}  // namespace verify
