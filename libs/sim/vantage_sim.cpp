#include "sim/vantage_sim.h"

#include <algorithm>

#include <fmt/format.h>

#include "drill/assess.h"
#include "drill/consistency.h"
#include "drill/vantage.h"
#include "sim/outage_sim.h"

namespace sim {
namespace {

using base::millis;
using drill::Bounds;
using drill::Evidence;
using drill::StreamId;
using drill::Verdict;

const StreamId kOther{drill::kStreamsPerVantage};
constexpr std::int64_t kRatePpb = 450'000;  // inside what two clocks run apart by

Duration draw(base::Random& random, Duration low, Duration high) {
  return Duration(random.between(low.count(), high.count()));
}

std::string text(const Bounds& bounds) {
  return fmt::format("[{}, {}]", bounds.lower.count(), bounds.upper ? bounds.upper->count() : -1);
}

std::string text(const Span& span) {
  return fmt::format("[{}, {}]", span.lo.count(), span.hi.count());
}

/// Seconds of two clocks differ by their rates.
Span slack(Span truth) {
  const Duration by = std::max(std::chrono::abs(truth.lo), std::chrono::abs(truth.hi)) / 2000;
  return {truth.lo - by, truth.hi + by};
}

bool excludes(const Bounds& bounds, Span truth) {
  truth = slack(truth);
  return bounds.lower > truth.hi || (bounds.upper && *bounds.upper < truth.lo);
}

/// The same script by another clock.
OutageScript seen_by(const OtherClock& clock, OutageScript script) {
  for (Stretch& stretch : script.stretches) {
    stretch.from = clock.read(stretch.from);
    stretch.until = clock.read(stretch.until);
  }
  script.begins = clock.read(script.begins);
  script.ends = clock.read(script.ends);
  script.fault_begun = clock.read(script.fault_begun);
  return script;
}

/// What the second vantage measured joins the runner's evidence.
void join(Evidence& evidence, Evidence other, const OtherClock& clock, base::Random& random) {
  for (drill::StreamInfo& info : other.streams) {
    info.id = kOther;
    info.name = "b/" + info.name;
    evidence.streams.push_back(info);
  }
  for (drill::Record& record : other.records) {
    record.stream = kOther;
    evidence.records.push_back(record);
  }
  drill::Vantage vantage;
  vantage.place = "another node";
  const TimePoint from = evidence.records.front().scheduled - base::seconds(2);
  vantage.exchanges = draw_exchanges(random, clock, from, evidence.ended + millis(500));
  evidence.vantages.push_back(std::move(vantage));
}

/// The offset that was measured is the true one, to within what it claims, all the time.
std::string wrong_offset(const drill::ClockFit& fit, const OtherClock& clock, TimePoint from,
                         TimePoint until) {
  if (!fit.known) return "the clock is not known: " + fit.why;
  for (int i = 0; i <= 20; ++i) {
    const TimePoint at = from + (until - from) / 20 * i;
    const Duration off = (clock.read(at) - at) - fit.offset;
    if (std::chrono::abs(off) > fit.uncertainty) {
      return fmt::format("the offset is off by {}, and {} was claimed", off.count(),
                         fit.uncertainty.count());
    }
  }
  return {};
}

/// Longer for one of the two now and then: its own way to the service was away.
void lengthen(base::Random& random, OutageScript& own, OutageScript& other) {
  if (random.chance(0.5)) return;
  OutageScript& longer = random.chance(0.5) ? own : other;
  const Duration by = draw(random, millis(20), millis(400));
  longer.stretches.back().until += by;
  own.ends += by;
  other.ends += by;
}

struct World {
  OutageScript own, other;  // both in true time
  OtherClock clock;
  Evidence evidence;
  drill::AssessConfig config;
  Duration objective{};
};

World draw_world(base::Random& random) {
  World w;
  constexpr OutageKind kKinds[] = {OutageKind::Refuse, OutageKind::Hang, OutageKind::Error,
                                   OutageKind::Silent, OutageKind::Flap};
  w.own = draw_outage(random, kKinds[random.below(5)], false);
  // The baseline is as long as what is not known of the clock may take from it, and the hold.
  w.own.begins -= millis(500);
  w.other = w.own;
  w.other.pooled = random.chance(0.4);
  lengthen(random, w.own, w.other);
  w.clock = draw_clock(random, w.own.begins, w.own.ends);
  w.evidence = run_outage(w.own, random);
  join(w.evidence, run_outage(seen_by(w.clock, w.other), random), w.clock, random);
  w.evidence.declared = w.own.stretches.front().from + draw(random, millis(5), millis(60));
  w.evidence.decided = w.evidence.declared + millis(1);
  w.config.reference_required = false;
  w.config.hold = w.own.hold;
  if (random.chance(0.5)) w.config.zero_point = drill::ZeroPoint::FaultBegun;
  const Duration away = w.own.stretches.back().until - w.own.stretches.front().from;
  w.objective = std::max(Duration(1), away + draw(random, millis(-60), millis(400)));
  w.config.rto = w.objective;
  return w;
}

/// The lengths of the service's outage as this vantage's path had it, from the zero point.
Span service_truth(const World& w, const OutageScript& script) {
  if (w.config.zero_point == drill::ZeroPoint::Onset) return truth_of(script).service;
  const Duration length = script.stretches.back().until - w.evidence.fault_begun;
  return {length, length};
}

std::string wrong_verdict(const World& w, const drill::Report& report) {
  const Span own = slack(service_truth(w, w.own));
  const Span other = slack(service_truth(w, w.other));
  const Duration least = std::max(own.lo, other.lo);
  // Of users, operations that were caught at work make the outage longer by one latency.
  const Duration most = std::max(own.hi, other.hi) + w.own.latency_max;
  if (report.rto.verdict == Verdict::Met && least > w.objective) {
    return fmt::format("met, but the service was away {}", least.count());
  }
  if (report.rto.verdict == Verdict::Missed && most <= w.objective) {
    return fmt::format("missed, but users failed for {} at most", most.count());
  }
  return {};
}

std::string wrong_report(const World& w, const drill::Report& report) {
  const bool other = report.rto.decided_by == "b/sim/W";
  const Span service = service_truth(w, other ? w.other : w.own);
  if (!report.rto.service || report.rto.verdict == Verdict::Invalid) {
    return "not judged: " + report.rto.reason;
  }
  if (excludes(*report.rto.service, service)) {
    return fmt::format("service {} excludes {}", text(*report.rto.service), text(service));
  }
  if (w.config.zero_point == drill::ZeroPoint::Onset) {
    const Span users = truth_of(other ? w.other : w.own).user_visible;
    if (excludes(*report.rto.user_visible, users)) {
      return fmt::format("users {} excludes {}", text(*report.rto.user_visible), text(users));
    }
  }
  // Users fail from the first stretch on, or up to one latency before it.
  const Duration detected = w.evidence.declared - w.own.stretches.front().from;
  const Span truth{detected - w.own.latency_max, detected + w.own.latency_max};
  const drill::PhaseResult& phase = report.phases.front();
  if (!phase.bounds || excludes(*phase.bounds, truth)) {
    return fmt::format("{} {} excludes {}", phase.name, phase.bounds ? text(*phase.bounds) : "-",
                       text(truth));
  }
  // Both moments are the runner's: what is not known of another clock is not in them.
  if (report.phases[1].bounds != Bounds{millis(1), millis(1)}) return "decided is not exact";
  return wrong_verdict(w, report);
}

}  // namespace

TimePoint OtherClock::read(TimePoint true_time) const {
  const auto moved = [](Duration span, std::int64_t ppb) {
    return Duration(span.count() * ppb / 1'000'000'000);
  };
  const TimePoint first = std::min(true_time, bend);
  return true_time + offset + moved(first - origin, rate_ppb) +
         moved(true_time - first, rate_after_ppb);
}

OtherClock draw_clock(base::Random& random, TimePoint from, TimePoint until) {
  OtherClock out;
  out.origin = from;
  out.bend = from + draw(random, Duration{}, until - from);
  out.offset = draw(random, -base::seconds(1'000'000), base::seconds(1'000'000));
  out.rate_ppb = random.between(-kRatePpb, kRatePpb);
  out.rate_after_ppb = random.between(-kRatePpb, kRatePpb);
  return out;
}

std::vector<drill::ClockExchange> draw_exchanges(base::Random& random, const OtherClock& clock,
                                                 TimePoint from, TimePoint until) {
  const auto way = [&random] {
    const Duration slow = random.chance(0.3) ? draw(random, Duration{}, millis(80)) : Duration{};
    return std::chrono::microseconds(100) +
           Duration(static_cast<std::int64_t>(random.exponential(500'000))) + slow;
  };
  std::vector<drill::ClockExchange> out;
  const std::int64_t count = random.between(1, 20);
  for (std::int64_t i = 0; i < count; ++i) {
    const TimePoint asked =
        from + (until - from) / count * i + draw(random, Duration{}, millis(50));
    const TimePoint there = asked + way();
    out.push_back({asked, clock.read(there), there + way()});
  }
  return out;
}

VantageFinding try_vantages(std::uint64_t seed) {
  base::Random random(seed);
  const World w = draw_world(random);
  VantageFinding out;
  const drill::Clocks clocks(w.evidence);
  out.uncertainty = clocks.fit(1).uncertainty;
  const drill::Report report = drill::assess(w.config, w.evidence);
  out.other_decided = report.rto.decided_by == "b/sim/W";
  out.what =
      fmt::format("{}, by {}, clock to within {}, {}: {}", name(w.own.kind), report.rto.decided_by,
                  out.uncertainty.count(), drill::name(*report.rto.verdict), report.rto.reason);
  out.wrong = wrong_offset(clocks.fit(1), w.clock, w.own.begins, w.own.ends);
  if (out.wrong.empty()) out.wrong = wrong_report(w, report);
  return out;
}

namespace {

using drill::FinalRead;
using drill::Outcome;
using drill::Record;

/// A primary dies with a part of what it acknowledged not replicated; now and then it is only cut
/// off, and acknowledges what the second vantage writes for a while longer.
class Failover {
 public:
  explicit Failover(base::Random& random) : random_(random) {
    died_ = start_ + draw(random, millis(800), millis(1500));
    back_ = died_ + draw(random, millis(20), millis(300));
    replicated_ = died_ - draw(random, Duration{}, millis(120));
    ends_ = back_ + millis(400);
    if (random.chance(0.4)) cut_off_until_ = died_ + draw(random, millis(1), millis(400));
    clock_ = draw_clock(random, start_, ends_);
  }

  VantageFinding run() {
    evidence_.ended = ends_;
    Evidence own = write(StreamId(0), false);
    evidence_.streams = own.streams;
    evidence_.records = own.records;
    Evidence other = write(kOther, true);
    for (Record& record : other.records) {
      record.scheduled = clock_.read(record.scheduled);
      record.invoked = clock_.read(record.invoked);
      record.completed = clock_.read(record.completed);
    }
    join(evidence_, std::move(other), clock_, random_);
    evidence_.servers = evidence_.server_instances = {"", "a", "b"};
    evidence_.old_primary = "a";
    reads();
    return compare();
  }

 private:
  Evidence write(StreamId id, bool other) {
    Evidence out;
    drill::StreamInfo info;
    info.id = id;
    info.name = "sim/W";
    info.kind = drill::StreamKind::Ledger;
    info.interval = millis(10);
    info.deadline = millis(100);
    out.streams.push_back(info);
    const Duration phase = draw(random_, Duration{}, millis(10));
    const Duration latency = draw(random_, std::chrono::microseconds(300), millis(4));
    for (TimePoint due = start_ + phase; due < ends_; due += info.interval) {
      Record r;
      r.stream = id;
      r.seq = out.records.size() + 1;
      r.scheduled = due;
      r.invoked = due + draw(random_, Duration{}, std::chrono::microseconds(100));
      r.completed = r.invoked + latency;
      const TimePoint commit = r.invoked + draw(random_, Duration{}, latency);
      settle(r, commit, other && commit > died_ && commit <= cut_off_until_);
      out.records.push_back(r);
    }
    return out;
  }

  void settle(Record& r, TimePoint commit, bool cut_off) {
    const bool old = commit <= died_ || cut_off;
    const bool now = !old && r.invoked >= back_;
    r.server_id = old ? 1 : 2;
    r.server_term = old ? 1 : 2;
    if (!old && !now) {
      r.outcome = r.invoked < died_ ? Outcome::Info : Outcome::Fail;
      r.cause = r.invoked < died_ ? drill::Cause::Reset : drill::Cause::Refused;
      r.server_id = 0;
      r.server_term = 0;
      return;
    }
    r.outcome = Outcome::Ok;
    const bool hole = old && commit < replicated_ - millis(300) && random_.chance(0.005);
    if (now) first_of_new_ = std::min(first_of_new_, r.completed);
    if (cut_off) of_the_old_.push_back(r.invoked);
    if (hole || (old && commit > replicated_)) {
      ++lost_;
      holes_ += hole;
      first_lost_ = std::min(first_lost_, commit);
      last_lost_ = std::max(last_lost_, commit);
      return;
    }
    rows_.push_back({r.stream, r.seq, true});
  }

  void reads() {
    for (const auto which : {FinalRead::Which::Survivor, FinalRead::Which::Rejoined}) {
      FinalRead read;
      read.which = which;
      read.began = ends_ + base::seconds(1);
      read.ended = read.began + millis(10);
      read.complete = true;
      read.rows = rows_;
      evidence_.final_reads.push_back(std::move(read));
    }
  }

  VantageFinding compare() const {
    VantageFinding out;
    const drill::Clocks clocks(evidence_);
    out.uncertainty = clocks.fit(1).uncertainty;
    const drill::Placed placed = drill::place(evidence_, clocks);
    const auto rows = drill::RowIndex::build(placed.united);
    const auto found =
        drill::check_ledger(placed.united, rows, drill::OnsetBounds{died_, died_}, clocks);
    const auto consistency = drill::check_consistency(placed.united, rows, died_, clocks);
    const Duration rpo = lost_ == 0 ? Duration{} : std::max(died_, last_lost_) - first_lost_;
    const auto definite = static_cast<std::uint64_t>(
        std::count_if(of_the_old_.begin(), of_the_old_.end(),
                      [&](TimePoint invoked) { return invoked > first_of_new_; }));
    out.what =
        fmt::format("lost {} of {}, RPO {} in {}, clock to within {}", lost_, found.result.ok,
                    rpo.count(), text(found.rpo_time), out.uncertainty.count());
    if (!found.measured || !found.result.identities_hold) {
      out.wrong = "not measured: " + found.result.problems.front();
    } else if (found.result.lost != lost_) {
      out.wrong = fmt::format("{} lost, truth {}", *found.result.lost, lost_);
    } else if (found.result.holes != holes_) {
      out.wrong = fmt::format("{} holes, truth {}", found.result.holes, holes_);
    } else if (lost_ > 0 && excludes(found.rpo_time, {rpo, rpo})) {
      out.wrong = "the RPO is outside";
    } else if (consistency.split_brain_definite > definite ||
               consistency.split_brain_definite + consistency.split_brain_possible < definite) {
      out.wrong =
          fmt::format("split brain {} and {} possible, truth {}", consistency.split_brain_definite,
                      consistency.split_brain_possible, definite);
    }
    return out;
  }

  base::Random& random_;
  TimePoint start_ = TimePoint{} + base::seconds(5);
  TimePoint died_{}, back_{}, replicated_{}, ends_{};
  TimePoint cut_off_until_ = TimePoint::min();
  OtherClock clock_;
  Evidence evidence_;
  std::vector<drill::FinalRow> rows_;
  std::uint64_t lost_ = 0, holes_ = 0;
  TimePoint first_lost_ = drill::kNever, last_lost_ = TimePoint::min();
  TimePoint first_of_new_ = drill::kNever;
  std::vector<TimePoint> of_the_old_;
};

}  // namespace

VantageFinding try_united_ledgers(std::uint64_t seed) {
  base::Random random(seed);
  return Failover(random).run();
}

}  // namespace sim
