#include "sim/replication_sim.h"

#include <algorithm>

#include "base/check.h"

namespace sim {
namespace {

using drill::Cause;
using drill::Duration;
using drill::FinalRead;
using drill::FinalRow;
using drill::Outcome;
using drill::Record;
using drill::TimePoint;

constexpr std::uint16_t kOld = 1;
constexpr std::uint16_t kNew = 2;

/// What happens to one write, decided before anything is simulated.
enum class Plan : std::uint8_t { Kept, Hole, Lag, Delayed, Outage, Twice, Corrupt, Phantom };

class Run {
 public:
  Run(const ReplicationScript& script, base::Random& random)
      : script_(script), random_(random), plans_(script.writes + 1, Plan::Kept) {
    CHECK(script.writes > script.lag_writes + script.outage_writes + 2);
    // The failover lies in the second half, so that writes of both terms exist.
    const std::uint64_t room = script.writes - script.outage_writes - 1;
    const std::uint64_t low = std::max(room / 2, script.lag_writes + 1);
    fault_at_ = low + random.below(room - low + 1);
    damage();
  }

  ReplicationRun run() {
    head();
    for (std::uint64_t seq = 1; seq <= script_.writes; ++seq) write(seq);
    reads();
    finish();
    return std::move(out_);
  }

 private:
  bool in_lag(std::uint64_t seq) const {
    return seq <= fault_at_ && seq + script_.lag_writes > fault_at_;
  }
  bool in_outage(std::uint64_t seq) const {
    return seq > fault_at_ && seq <= fault_at_ + script_.outage_writes;
  }

  void plant(std::uint64_t count, Plan plan, std::uint64_t low, std::uint64_t high) {
    for (std::uint64_t tries = 0; count > 0 && low <= high && tries < 100 * script_.writes;
         ++tries) {
      const std::uint64_t seq = low + random_.below(high - low + 1);
      const Plan free = plan == Plan::Delayed   ? Plan::Lag
                        : plan == Plan::Phantom ? Plan::Outage
                                                : Plan::Kept;
      if (plans_[seq] != free) continue;
      plans_[seq] = plan;
      --count;
    }
  }

  void damage() {
    for (std::uint64_t seq = 1; seq <= script_.writes; ++seq) {
      if (in_lag(seq)) plans_[seq] = Plan::Lag;
      if (in_outage(seq)) plans_[seq] = Plan::Outage;
    }
    const std::uint64_t before_lag = fault_at_ - script_.lag_writes;
    // The last write before the lag stays, so that every hole is followed by a kept write.
    if (before_lag >= 2) {
      plant(script_.holes, Plan::Hole, 1, before_lag - 1);
      plant(script_.corrupt, Plan::Corrupt, 1, before_lag - 1);
    }
    plant(script_.duplicates, Plan::Twice, 1, script_.writes);
    if (script_.lag_writes > 0) {
      plant(script_.delayed, Plan::Delayed, before_lag + 1, fault_at_);
    }
    if (script_.outage_writes > 0) {
      plant(script_.phantoms, Plan::Phantom, fault_at_ + 1, fault_at_ + script_.outage_writes);
    }
  }

  void head() {
    drill::StreamInfo ledger;
    ledger.id = drill::StreamId(7);
    ledger.name = "sim/W";
    ledger.probe = "sim";
    ledger.kind = drill::StreamKind::Ledger;
    ledger.interval = script_.interval;
    ledger.deadline = base::millis(250);
    ledger.decides = true;
    out_.evidence.streams.push_back(ledger);
    out_.evidence.servers = {"", "a@1", "b@1"};
    out_.evidence.server_instances = {"", "a", "b"};
    out_.evidence.old_primary = "a";
    out_.evidence.new_primary = "b";
    out_.evidence.records.reserve(script_.writes);
    survivor_.rows.reserve(script_.writes);
    rejoined_.rows.reserve(script_.writes);
    old_.rows.reserve(script_.writes);
  }

  /// The moment of the commit lies anywhere within the operation.
  void write(std::uint64_t seq) {
    Record record;
    record.stream = drill::StreamId(7);
    record.seq = seq;
    record.scheduled = TimePoint{} + static_cast<std::int64_t>(seq) * script_.interval;
    record.invoked = record.scheduled + Duration(random_.between(0, 200'000));
    record.completed = record.invoked + script_.latency;
    const TimePoint commit = record.invoked + Duration(random_.between(0, script_.latency.count()));
    if (seq == fault_at_ + 1) onset_ = record.invoked - script_.latency / 2;
    const Plan plan = plans_[seq];
    if (plan == Plan::Outage || plan == Plan::Phantom) {
      refuse(record, plan);
    } else {
      acknowledge(record, plan, commit);
    }
    out_.evidence.records.push_back(record);
  }

  void refuse(Record& record, Plan plan) {
    const bool phantom = plan == Plan::Phantom;
    const bool unknown = !phantom && random_.chance(0.3);
    record.outcome = unknown ? Outcome::Info : Outcome::Fail;
    record.cause = unknown ? Cause::Timeout : Cause::Refused;
    if (phantom) row(record.seq, true, true, true);
    out_.truth.phantoms += phantom;
  }

  void acknowledge(Record& record, Plan plan, TimePoint commit) {
    const bool old = record.seq <= fault_at_;
    record.server_id = old ? kOld : kNew;
    record.server_term = old ? 1 : 2;
    const bool plain = plan == Plan::Kept || plan == Plan::Lag;
    // The last write before the lag is acknowledged for sure: what makes a hole of a hole.
    const bool sure = record.seq == fault_at_ - script_.lag_writes;
    const bool unknown = plain && !sure && random_.chance(script_.timeouts);
    record.outcome = unknown ? Outcome::Info : Outcome::Ok;
    record.cause = unknown ? Cause::Timeout : Cause::None;
    // An unanswered write was done, or was not.
    const bool done = !unknown || random_.chance(0.5);
    switch (plan) {
      case Plan::Hole:
      case Plan::Lag: lag(record, commit, unknown, done, plan); return;
      case Plan::Delayed:
        row(record.seq, false, true, true);
        ++out_.truth.delayed;
        return;
      case Plan::Twice: row(record.seq, true, true, old); break;
      case Plan::Corrupt:
        survivor_.rows.push_back({drill::StreamId(7), record.seq, false});
        rejoined_.rows.push_back({drill::StreamId(7), record.seq, false});
        ++out_.truth.corrupt;
        lag(record, commit, unknown, done, plan);
        return;
      default: break;
    }
    out_.truth.duplicates += plan == Plan::Twice;
    out_.truth.recovered_unknown += unknown && done;
    if (done) row(record.seq, true, true, old);
  }

  void lag(const Record& record, TimePoint commit, bool unknown, bool done, Plan plan) {
    if (done) old_.rows.push_back({drill::StreamId(7), record.seq, true});
    if (unknown) return;
    out_.truth.lost.push_back(record.seq);
    out_.truth.holes += plan != Plan::Lag;  // a row that is not intact is no row
    first_lost_ = std::min(first_lost_, commit);
    last_lost_ = std::max(last_lost_, commit);
  }

  void row(std::uint64_t seq, bool survivor, bool rejoined, bool old) {
    const FinalRow found{drill::StreamId(7), seq, true};
    if (survivor) survivor_.rows.push_back(found);
    if (rejoined) rejoined_.rows.push_back(found);
    if (old) old_.rows.push_back(found);
  }

  void reads() {
    TimePoint at = out_.evidence.records.back().completed + base::seconds(1);
    survivor_.which = FinalRead::Which::Survivor;
    old_.which = FinalRead::Which::OldPrimary;
    rejoined_.which = FinalRead::Which::Rejoined;
    for (FinalRead* read : {&survivor_, &old_, &rejoined_}) {
      read->complete = true;
      read->began = at;
      read->ended = at += base::seconds(1);
      out_.evidence.final_reads.push_back(std::move(*read));
    }
    out_.evidence.ended = at;
  }

  void finish() {
    out_.evidence.fault_begun = out_.evidence.fault_effective = onset_;
    out_.truth.onset = onset_;
    if (!out_.truth.lost.empty()) out_.truth.rpo = std::max(onset_, last_lost_) - first_lost_;
  }

  const ReplicationScript& script_;
  base::Random& random_;
  std::vector<Plan> plans_;
  std::uint64_t fault_at_ = 0;  // the last write that the old primary took
  ReplicationRun out_;
  FinalRead survivor_, rejoined_, old_;
  TimePoint onset_{}, first_lost_ = drill::kNever, last_lost_ = TimePoint::min();
};

}  // namespace

ReplicationRun run_replication(const ReplicationScript& script, base::Random& random) {
  return Run(script, random).run();
}

ReplicationScript draw_replication(base::Random& random, std::uint64_t writes_max) {
  ReplicationScript script;
  script.writes = 200 + random.below(writes_max - 199);
  const auto some = [&](std::uint64_t most) {
    return random.chance(0.5) ? 0 : 1 + random.below(most);
  };
  script.lag_writes = some(20);
  script.outage_writes = 1 + random.below(40);
  script.holes = some(3);
  script.delayed = std::min(script.lag_writes, some(5));
  script.duplicates = some(3);
  script.corrupt = some(3);
  script.phantoms = std::min(script.outage_writes, some(3));
  script.timeouts = random.chance(0.2) ? 0 : 0.05;
  return script;
}

}  // namespace sim
