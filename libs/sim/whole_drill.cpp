#include "sim/whole_drill.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace sim {
namespace {

using base::millis;
using drill::Cause;
using drill::Duration;
using drill::Evidence;
using drill::FinalRead;
using drill::kNever;
using drill::Outcome;
using drill::Record;
using drill::StreamInfo;
using drill::StreamKind;
using drill::TimePoint;

constexpr Duration kMicro{1'000};

struct Window {
  TimePoint from = kNever, until = kNever;
  Cause cause = Cause::Refused;
  bool covers(TimePoint at) const { return at >= from && at < until; }
};

struct Cast {
  const char* name;
  StreamKind kind;
  const char* instance;
  const char* signal = "";
};
constexpr std::array<Cast, 16> kCast = {
    {{"orders/W", StreamKind::Ledger, ""},
     {"reference", StreamKind::Reference, ""},
     {"control", StreamKind::Control, ""},
     {"orders/A", StreamKind::ServiceNew, ""},
     {"orders/C/b", StreamKind::PinnedOpen, "b"},
     {"orders/R", StreamKind::ReadService, ""},
     {"orders/B", StreamKind::ServiceOpen, ""},
     {"orders/C/a", StreamKind::PinnedOpen, "a"},
     {"orders/D/b", StreamKind::PinnedNew, "b"},
     {"orders/R/b", StreamKind::ReadPinned, "b"},
     {"capacity", StreamKind::Capacity, ""},
     {"sessions/S", StreamKind::Session, "", "SessionContinuity"},
     {"features/list", StreamKind::Feature, ""},
     {"features/pay", StreamKind::Feature, ""},
     {"names/N", StreamKind::Names, "", "Dns"},
     {"link/A", StreamKind::ServiceNew, "", "CrossSiteConnectivity"}}};

class Draw {
 public:
  Draw(const WholeDrillShape& shape, base::Random& random) : shape_(shape), random_(random) {
    CHECK(shape.operations >= 100 && shape.streams >= 1);
    start_ = TimePoint(Duration(random.between(1, 2'000'000'000'000'000)));
    deadline_ = random.chance(0.5) ? 5 * shape.interval : 12 * shape.interval;
    const auto n = static_cast<std::int64_t>(shape.operations);
    const std::int64_t fault = random.between(n / 4, n / 2);
    away_.from = at(fault);
    away_.until = at(fault + random.between(3, n / 5));
    away_.cause = std::array{Cause::Refused, Cause::Timeout, Cause::ReadOnly}[random.below(3)];
    if (odd(0.3)) {
      const std::int64_t again = random.between(3 * n / 4, n - 20);
      relapse_ = {at(again), at(again + random.between(1, 15)), Cause::Reset};
    }
    if (odd(0.3)) {
      const std::int64_t silent = random.between(10, n - 30);
      silence_ = {at(silent), at(silent + random.between(2, 20)), Cause::NotSent};
    }
    if (random.chance(0.5)) lost_session_ = static_cast<std::int64_t>(random.below(9));
    never_switched_ = odd(0.2);
    validation_ = at(random.between(3 * n / 5, 3 * n / 4));
    failback_ = at(random.between(n - n / 8, n - 1));
  }

  Evidence run() {
    head();
    for (std::size_t i = 0; i < std::min<std::size_t>(shape_.streams, kCast.size()); ++i) {
      stream(kCast[i], static_cast<std::uint16_t>(i));
    }
    final_reads();
    load();
    story();
    return std::move(out_);
  }

 private:
  TimePoint at(std::int64_t operation) const { return start_ + operation * shape_.interval; }
  bool odd(double probability) { return random_.chance(probability * shape_.mess); }
  Duration spread(Duration mean) {
    return Duration(
        static_cast<std::int64_t>(random_.exponential(static_cast<double>(mean.count()))));
  }

  void head() {
    out_.drill_id = "drawn-20261121-044224-1a2b";
    out_.profile = "quick";
    out_.versions = {{"muster", "0.1.0"}, {"kernel", "Linux 6.1"}};
    out_.servers = {"", "a@2026-11-21T04:42:24Z", "b@2026-11-21T04:42:25Z", "198.18.0.1",
                    "198.18.0.2"};
    out_.server_instances = {"", "a", "b", "", ""};
    out_.old_primary = "a";
    out_.new_primary = odd(0.1) ? "" : "b";
  }

  void stream(const Cast& cast, std::uint16_t id) {
    StreamInfo info;
    info.id = drill::StreamId(id);
    info.name = cast.name;
    info.probe =
        cast.kind == StreamKind::Reference || cast.kind == StreamKind::Control ? "" : "orders";
    info.kind = cast.kind;
    info.instance = cast.instance;
    info.signal = cast.signal;
    info.endpoint = "127.0.0.1:5432";
    info.interval = shape_.interval;
    info.deadline = deadline_;
    info.decides = cast.kind == StreamKind::Ledger;
    if (cast.kind == StreamKind::Reference) known_outages();
    for (std::uint64_t seq = 1; seq <= shape_.operations; ++seq) operation(info, seq);
    if (odd(0.1)) out_.records.pop_back();
    out_.streams.push_back(std::move(info));
  }

  /// Two of known length, where the reference stream then fails.
  void known_outages() {
    const auto n = static_cast<std::int64_t>(shape_.operations);
    known_[0] = {at(n / 8), at(n / 8 + 6), Cause::Refused};
    known_[1] = {at(n / 2), at(n / 2) + 3 * deadline_, Cause::Timeout};
    for (const Window& w : known_) {
      const auto kind = w.cause == Cause::Refused ? drill::ReferenceOutage::Kind::Refuse
                                                  : drill::ReferenceOutage::Kind::Hang;
      const Duration wrong = odd(0.1) ? 3 * deadline_ : Duration::zero();
      out_.reference_outages.push_back({kind, w.from, w.until - w.from + wrong, 50 * kMicro});
    }
  }

  const Window* trouble(const StreamInfo& info, TimePoint when) const {
    if (info.kind == StreamKind::Control) return nullptr;
    if (info.kind == StreamKind::Reference) {
      for (const Window& w : known_) {
        if (w.covers(when)) return &w;
      }
      return nullptr;
    }
    if (info.instance == "a") return when >= away_.from ? &away_ : nullptr;
    if (info.instance == "b" && info.kind != StreamKind::ReadPinned) {
      // A standby takes no writes before it is promoted.
      static constexpr Window kStandby{TimePoint::min(), kNever, Cause::ReadOnly};
      return when + 5 * shape_.interval < away_.until ? &kStandby : nullptr;
    }
    if (away_.covers(when)) return &away_;
    return relapse_.covers(when) ? &relapse_ : nullptr;
  }

  void operation(const StreamInfo& info, std::uint64_t seq) {
    Record r;
    r.stream = info.id;
    r.seq = seq;
    r.scheduled = at(static_cast<std::int64_t>(seq) - 1);
    r.invoked = r.scheduled + spread(80 * kMicro);
    if (silence_.covers(r.invoked)) r.invoked = silence_.until + spread(20 * kMicro);
    const Window* window = trouble(info, r.invoked);
    if (window == nullptr) {
      succeed(info, r);
    } else {
      fail(r, *window);
    }
    if (info.kind == StreamKind::Session) carry_on(r);
    if (info.kind == StreamKind::Names && r.outcome == Outcome::Ok) answer_name(r);
    if (silence_.covers(r.completed)) r.completed = silence_.until + spread(20 * kMicro);
    if (odd(0.01)) strange(r);
    out_.records.push_back(r);
  }

  void succeed(const StreamInfo& info, Record& r) {
    r.outcome = Outcome::Ok;
    r.completed = r.invoked + 300 * kMicro + spread(900 * kMicro);
    if (random_.chance(0.005)) r.completed += spread(30'000 * kMicro);
    const bool promoted = r.invoked >= away_.from || info.instance == "b";
    r.server_id = promoted ? 2 : 1;
    r.server_term = promoted ? 2 : 1;
    if (odd(0.003)) r.server_term = 1;
    if (info.kind == StreamKind::Reference || info.kind == StreamKind::Control) r.server_term = 0;
    if (info.kind == StreamKind::Ledger) {
      position_ += 90 + random_.below(200);
      r.server_position = position_;
      acknowledged_.push_back(r);
    }
    if (info.kind != StreamKind::ReadService && info.kind != StreamKind::ReadPinned) return;
    const auto before = std::lower_bound(
        acknowledged_.begin(), acknowledged_.end(), r.invoked,
        [](const Record& write, TimePoint when) { return write.completed < when; });
    r.value = before == acknowledged_.begin() ? 0 : static_cast<std::int64_t>((before - 1)->seq);
    if (odd(0.05)) r.value = std::max<std::int64_t>(0, r.value - random_.between(1, 9));
  }

  /// One of nine sessions in turn; some were lost with the fault.
  void carry_on(Record& r) {
    r.value = odd(0.02) ? -1 : static_cast<std::int64_t>(r.seq % 9);
    if (r.outcome != Outcome::Ok || r.invoked < away_.from) return;
    const bool lost = r.value == lost_session_ || odd(0.02);
    if (!lost) return;
    r.outcome = Outcome::Fail;
    r.cause = Cause::Rejected;
  }

  /// The other address some time after the fault, with another TTL.
  void answer_name(Record& r) {
    const bool after = r.invoked >= away_.from + (away_.until - away_.from) / 2;
    r.server_id = after && !never_switched_ ? 4 : 3;
    r.value = 0xc612'0000 + r.server_id;
    r.server_term = after ? 1 : static_cast<std::uint32_t>(5 - r.seq % 3);
  }

  void fail(Record& r, const Window& window) {
    r.cause = window.cause;
    if (r.cause == Cause::Timeout) {
      r.outcome = Outcome::Info;
      r.completed = r.scheduled + deadline_ + spread(50 * kMicro);
      if (random_.chance(0.3)) {
        r.cause = Cause::Blocked;
        r.outcome = Outcome::Fail;
        r.completed = r.invoked;
      }
      return;
    }
    r.outcome = r.cause == Cause::Reset ? Outcome::Info : Outcome::Fail;
    r.completed = r.invoked + spread(150 * kMicro);
  }

  /// What happens to one operation in a thousand.
  void strange(Record& r) {
    r.outcome = Outcome::Info;
    switch (random_.below(7)) {
      case 0: r.invoked = r.completed = kNever; break;
      case 1: r.completed = kNever; break;
      case 2:
        r.cause = Cause::NotSent;
        r.outcome = Outcome::Fail;
        r.invoked = r.completed = kNever;
        break;
      case 3: r.cause = Cause::Stopped; break;
      case 4:
        r.outcome = Outcome::Ok;
        r.cause = Cause::None;
        r.completed = r.scheduled + 2 * deadline_;
        break;
      case 5:
        r.cause = Cause::Blocked;
        r.outcome = Outcome::Fail;
        r.invoked = kNever;
        r.completed = random_.chance(0.5) ? kNever : r.scheduled;
        break;
      default: r.cause = Cause::Reset; break;
    }
  }

  void final_reads() {
    const std::uint64_t lag = random_.below(30) * (random_.chance(0.5) ? 1 : 0);
    std::vector<drill::FinalRow> survivor, rejoined, old;
    const std::size_t before_fault =
        static_cast<std::size_t>((away_.from - start_) / shape_.interval);
    for (const Record& r : out_.records) {
      if (r.stream.value() != 0) continue;
      const bool lost = r.seq <= before_fault && r.seq + lag > before_fault;
      const bool unknown = r.outcome == Outcome::Info && random_.chance(0.5);
      if (r.outcome != Outcome::Ok && !unknown && !odd(0.002)) continue;
      const drill::FinalRow row{r.stream, r.seq, !odd(0.001)};
      if (r.seq <= before_fault && !odd(0.002)) old.push_back(row);
      if (odd(0.001)) continue;
      if (!lost) survivor.push_back(row);
      if (!lost && odd(0.002)) survivor.push_back(row);
      if (!lost || odd(0.1)) rejoined.push_back(row);
    }
    if (odd(0.1))
      survivor.push_back({drill::StreamId(0), shape_.operations + 7, random_.chance(0.5)});
    if (odd(0.1)) survivor.push_back({drill::StreamId(77), 3, true});
    read(FinalRead::Which::Survivor, "b", std::move(survivor));
    if (random_.chance(0.7)) read(FinalRead::Which::OldPrimary, "a", std::move(old));
    read(FinalRead::Which::Rejoined, "b", std::move(rejoined));
  }

  void read(FinalRead::Which which, const char* instance, std::vector<drill::FinalRow> rows) {
    FinalRead read;
    read.which = which;
    read.instance = instance;
    read.began = odd(0.05) ? failback_ : end() + millis(50);
    read.ended = read.began + millis(7);
    read.complete = !odd(0.1);
    if (!read.complete) read.error = "connection refused";
    read.rows = std::move(rows);
    if (!odd(0.05)) out_.final_reads.push_back(std::move(read));
  }

  TimePoint end() const { return at(static_cast<std::int64_t>(shape_.operations)); }

  void load() {
    if (odd(0.1)) return;
    out_.load_operations = {"read", "write", "heavy"};
    const std::uint64_t samples = shape_.operations / 4;
    for (std::uint64_t i = 0; i < samples; ++i) {
      drill::LoadSample s;
      s.operation = static_cast<std::uint16_t>(random_.below(3));
      s.user = static_cast<std::uint16_t>(random_.below(7));
      s.intended =
          start_ + Duration(static_cast<std::int64_t>(i)) * ((end() - start_) / samples).count();
      s.ok = !away_.covers(s.intended) && !random_.chance(0.01);
      s.cause = s.ok ? Cause::None : Cause::Reset;
      s.service_time = s.ok ? 500 * kMicro + spread(2'000 * kMicro) : Duration::zero();
      s.completed = s.intended + spread(300 * kMicro) + s.service_time;
      if (odd(0.01)) s.completed = kNever;
      out_.load.push_back(s);
    }
  }

  void story() {
    using Kind = drill::TimelineEvent::Kind;
    out_.anchors = {{start_, base::WallTime(Duration(1'795'000'000'000'000'000))},
                    {end(), base::WallTime(Duration(1'795'000'000'000'000'000) + (end() - start_) +
                                           (odd(0.2) ? millis(400) : Duration::zero()))}};
    if (silence_.from != kNever && random_.chance(0.5)) {
      out_.stalls = {{silence_.from, silence_.until}};
    }
    out_.fault_begun = odd(0.05) ? kNever : away_.from - 300 * kMicro;
    out_.fault_effective = odd(0.1) ? kNever : away_.from + millis(20);
    const Duration third = (away_.until - away_.from) / 3;
    out_.declared = odd(0.1) ? kNever : away_.from + third;
    out_.decided = odd(0.1) ? kNever : away_.from + third + millis(1);
    out_.redundancy_restored = odd(0.2) ? kNever : failback_ + millis(40);
    out_.ended = odd(0.05) ? kNever : end() + millis(100);
    out_.phase_began = {{drill::Phase::Baseline, start_},
                        {drill::Phase::Injection, away_.from - millis(1)},
                        {drill::Phase::Recovery, away_.from}};
    if (!odd(0.1)) out_.phase_began[drill::Phase::Validation] = validation_;
    if (!odd(0.1)) out_.phase_began[drill::Phase::Failback] = failback_;
    out_.phase_began[drill::Phase::Reporting] = end();
    out_.steps = {
        {"assess", "FailureAssessment", millis(100), away_.from, away_.from + third, true, ""},
        {"promote", "BackupActivation", millis(1), away_.from + third, away_.until, !odd(0.2),
         "promoted"},
        {"never", "ServiceRestoration", odd(0.5) ? millis(5) : Duration::zero(), away_.until,
         odd(0.5) ? kNever : away_.until + millis(3), !odd(0.5), ""}};
    out_.failback = {{"rejoin", "Failback", {}, failback_, end(), true, "streams"}};
    out_.lag = {{away_.from - millis(200), 4096, millis(40)}, {validation_, {}, {}}};
    looks();
    out_.timeline = {{start_, Kind::PhaseBegan, "Baseline", ""},
                     {away_.from, Kind::FaultBegun, "primary-dies", "KILL \"a\"\n"},
                     {end(), Kind::Note, "", "β: the end"}};
    out_.ending =
        odd(0.2) ? static_cast<drill::Ending>(random_.below(7)) : drill::Ending::Completed;
    if (out_.ending != drill::Ending::Completed) out_.ending_reason = "it was asked for";
  }

  /// What an operator could have seen, several times in the drill.
  void looks() {
    const Duration every = (end() - start_) / 17;
    for (TimePoint when = start_; when < end(); when += every) {
      if (odd(0.1)) continue;
      const bool before = when < away_.from;
      const bool during = away_.covers(when);
      out_.looks.push_back({when,
                            during   ? ""
                            : before ? "a"
                                     : "b",
                            before ? 1U : 0U, before || when > out_.redundancy_restored});
      if (!odd(0.3)) {
        out_.pool.push_back({when, static_cast<std::uint32_t>(random_.below(9)),
                             static_cast<std::uint32_t>(random_.below(3))});
      }
    }
    if (!out_.load.empty()) out_.load_seed = random_.below(1ULL << 32U);
  }

  const WholeDrillShape& shape_;
  base::Random& random_;
  Evidence out_;
  TimePoint start_{}, validation_{}, failback_{};
  Duration deadline_{};
  Window away_, relapse_, silence_;
  std::array<Window, 2> known_;
  std::vector<Record> acknowledged_;  // of the ledger, in order
  std::int64_t lost_session_ = -1;
  bool never_switched_ = false;
  std::uint64_t position_ = 0x1'6000'0000;
};

}  // namespace

Evidence draw_whole_drill(const WholeDrillShape& shape, base::Random& random) {
  Evidence out = Draw(shape, random).run();
  for (std::size_t k = 1; k <= shape.vantages; ++k) draw_vantage(out, k, shape.mess, random);
  return out;
}

}  // namespace sim
