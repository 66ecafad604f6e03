#include "verify/vantages.h"

#include <algorithm>

namespace verify {
namespace {

using drill::ClockExchange;
using drill::Evidence;
using drill::Record;

// Two clocks run apart by one in this many. Halves of such parts are counted, so that nothing is
// rounded on the way.
constexpr std::int64_t kRho = 2000;
constexpr std::int64_t kUnit = 2 * kRho;
// The offsets that the exchanges of one drill tell lie less than three days apart.
constexpr std::int64_t kApart = std::int64_t{1} << 48;

struct Told {
  TimePoint at;
  std::int64_t low, high;  // units, since the first exchange's lowest
};

std::int64_t loosened(TimePoint a, TimePoint b) {
  return std::chrono::abs(a - b).count() * (kUnit / kRho);
}

std::int64_t whole_down(std::int64_t units) {
  std::int64_t whole = units / kUnit;
  if (whole * kUnit > units) --whole;
  return whole;
}

bool believable(const ClockExchange& e, Duration lowest) {
  const Duration low = (e.theirs - e.answered) - lowest;
  const Duration high = (e.theirs - e.asked) - lowest;
  return e.asked <= e.answered && low.count() >= -kApart && high.count() <= kApart;
}

void shift(Record& r, Duration by) {
  r.scheduled = shifted(r.scheduled, by);
  r.invoked = shifted(r.invoked, by);
  r.completed = shifted(r.completed, by);
}

}  // namespace

TimePoint shifted(TimePoint at, Duration by) {
  return at == kNever ? at : at + by;
}

Clock clock_of(const std::vector<ClockExchange>& exchanges, TimePoint first, TimePoint last) {
  Clock out;
  out.exchanges = exchanges.size();
  if (exchanges.empty()) return out;
  const Duration lowest = exchanges.front().theirs - exchanges.front().answered;
  std::vector<Told> told;
  for (const ClockExchange& e : exchanges) {
    if (!believable(e, lowest)) return out;
    told.push_back({e.theirs, ((e.theirs - e.answered) - lowest).count() * kUnit,
                    ((e.theirs - e.asked) - lowest).count() * kUnit});
  }
  std::sort(told.begin(), told.end(), [](const Told& a, const Told& b) { return a.at < b.at; });
  std::vector<Told> tight = told;
  for (Told& here : tight) {
    for (const Told& other : told) {
      here.low = std::max(here.low, other.low - loosened(here.at, other.at));
      here.high = std::min(here.high, other.high + loosened(here.at, other.at));
    }
    if (here.low > here.high) return out;
  }
  std::int64_t low = tight.front().low, high = tight.front().high;
  const auto reach = [&](std::int64_t lowest_there, std::int64_t highest_there) {
    low = std::min(low, lowest_there);
    high = std::max(high, highest_there);
  };
  reach(tight.back().low, tight.back().high);
  if (first < tight.front().at) {
    const std::int64_t far = loosened(first, tight.front().at);
    reach(tight.front().low - far, tight.front().high + far);
  }
  if (last > tight.back().at) {
    const std::int64_t far = loosened(last, tight.back().at);
    reach(tight.back().low - far, tight.back().high + far);
  }
  for (std::size_t i = 0; i + 1 < tight.size(); ++i) {
    const std::int64_t gap = loosened(tight[i].at, tight[i + 1].at);
    reach((tight[i].low + tight[i + 1].low - gap) / 2,
          (tight[i].high + tight[i + 1].high + gap) / 2);
  }
  const std::int64_t least = whole_down(low);
  const std::int64_t most = -whole_down(-high);
  out.known = true;
  out.ahead = lowest + Duration(least + (most - least) / 2);
  out.unsure = lowest + Duration(most) - out.ahead;
  const auto middle = [](const Told& t) { return whole_down((t.low + t.high) / 2); };
  out.drift = Duration(middle(tight.back()) - middle(tight.front()));
  return out;
}

Vantages::Vantages(const Evidence& evidence) : evidence_(&evidence), clocks_(1) {
  clocks_.front().known = true;
  if (evidence.vantages.empty()) return;
  const std::size_t number = evidence.vantages.size() + 1;
  std::vector<TimePoint> first(number, kNever), last(number, TimePoint::min());
  for (const Record& r : evidence.records) {
    const std::size_t k = drill::vantage_of(r.stream);
    if (k >= number) continue;
    for (const TimePoint at : {r.scheduled, r.invoked, r.completed}) {
      if (at == kNever) continue;
      first[k] = std::min(first[k], at);
      last[k] = std::max(last[k], at);
    }
  }
  for (std::size_t k = 1; k < number; ++k) {
    clocks_.push_back(clock_of(evidence.vantages[k - 1].exchanges, first[k], last[k]));
  }
  unite(evidence);
  for (std::size_t k = 1; k < number; ++k) add_instrument(k);
}

/// Records onto the runner's axis, and each to whom it belongs.
void Vantages::unite(const Evidence& evidence) {
  const std::size_t number = count();
  all_.streams = evidence.streams;
  all_.final_reads = evidence.final_reads;
  all_.servers = evidence.servers;
  all_.server_instances = evidence.server_instances;
  all_.old_primary = evidence.old_primary;
  all_.new_primary = evidence.new_primary;
  all_.vantages = evidence.vantages;
  seen_by_.resize(number);
  seen_by_[0] = evidence;
  seen_by_[0].streams.clear();
  seen_by_[0].records.clear();
  for (const Record& raw : evidence.records) {
    const std::size_t k = drill::vantage_of(raw.stream);
    Record r = raw;
    if (k < number) shift(r, -clocks_[k].ahead);
    all_.records.push_back(r);
    if (k < number) seen_by_[k].records.push_back(r);
  }
  for (const drill::StreamInfo& info : evidence.streams) {
    const std::size_t k = drill::vantage_of(info.id);
    if (k < number) seen_by_[k].streams.push_back(info);
  }
}

void Vantages::add_instrument(std::size_t k) {
  const drill::Vantage& vantage = evidence_->vantages[k - 1];
  Evidence& out = seen_by_[k];
  const Duration by = -clocks_[k].ahead;
  for (drill::ReferenceOutage known : vantage.reference_outages) {
    known.began = shifted(known.began, by);
    out.reference_outages.push_back(known);
  }
  for (const drill::Stall& s : vantage.stalls) {
    out.stalls.push_back({shifted(s.from, by), shifted(s.to, by)});
  }
  for (const drill::ClockAnchor& a : vantage.anchors) {
    out.anchors.push_back({shifted(a.steady, by), a.wall});
  }
}

std::optional<Duration> Vantages::between(std::size_t a, std::size_t b) const {
  if (a == b) return Duration::zero();
  if (a >= count() || b >= count() || !clocks_[a].known || !clocks_[b].known) return std::nullopt;
  return clocks_[a].unsure + clocks_[b].unsure;
}

}  // namespace verify
