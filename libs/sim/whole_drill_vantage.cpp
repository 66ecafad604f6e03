// Another vantage of a drawn drill: the runner's records, changed here and there, by another clock.
#include <algorithm>
#include <map>

#include "sim/vantage_sim.h"
#include "sim/whole_drill.h"

namespace sim {
namespace {

using drill::Duration;
using drill::Evidence;
using drill::kNever;
using drill::Record;
using drill::StreamId;
using drill::TimePoint;

class Draw {
 public:
  Draw(Evidence& evidence, std::size_t number, double mess, base::Random& random)
      : out_(evidence), number_(number), mess_(mess), random_(random) {
    const TimePoint from = out_.anchors.front().steady;
    const TimePoint until = out_.anchors.back().steady;
    clock_ = draw_clock(random_, from, until);
    if (!odd(0.1)) vantage_.exchanges = draw_exchanges(random_, clock_, from, until);
    if (odd(0.1) && !vantage_.exchanges.empty()) {
      vantage_.exchanges.back().theirs += base::seconds(3);
    }
    out_.place = "node-0";
    vantage_.place = "node-" + std::to_string(number);
  }

  void run() {
    std::vector<drill::StreamInfo> streams;
    for (const drill::StreamInfo& info : out_.streams) {
      const bool own = drill::vantage_of(info.id) == 0;
      const bool ledger = info.kind == drill::StreamKind::Ledger;
      if (own && (ledger || !random_.chance(0.3))) streams.push_back(info);
    }
    const bool missing = odd(0.1);
    if (missing) vantage_.missing = "its pod is gone";
    for (drill::StreamInfo& info : streams) {
      const StreamId of = info.id;
      info.id = renumbered(of);
      info.name = drill::vantage_name(number_) + "/" + info.name;
      out_.streams.push_back(info);
      if (!missing) records(of);
    }
    const auto less = [](const Record& a, const Record& b) {
      return std::pair(a.stream, a.seq) < std::pair(b.stream, b.seq);
    };
    std::sort(out_.records.begin(), out_.records.end(), less);
    for (drill::FinalRead& read : out_.final_reads) rows(read);
    instrument();
    out_.vantages.push_back(std::move(vantage_));
  }

 private:
  bool odd(double probability) { return random_.chance(probability * mess_); }
  StreamId renumbered(StreamId id) const {
    const std::size_t number = id.value() + number_ * drill::kStreamsPerVantage;
    return StreamId(static_cast<std::uint16_t>(number));
  }

  void records(StreamId of) {
    const std::size_t end = out_.records.size();
    for (std::size_t i = 0; i < end; ++i) {
      if (out_.records[i].stream != of) continue;
      Record r = out_.records[i];
      r.stream = renumbered(of);
      change(r);
      for (TimePoint* at : {&r.scheduled, &r.invoked, &r.completed}) {
        if (*at != kNever) *at = clock_.read(*at);
      }
      out_.records.push_back(r);
    }
  }

  void change(Record& r) {
    const Duration later(random_.between(0, 300'000));
    if (r.invoked != kNever && r.completed != kNever) r.completed += later;
    if (!odd(0.02) || r.outcome != drill::Outcome::Ok) return;
    r.outcome = drill::Outcome::Fail;
    r.cause = drill::Cause::Refused;
  }

  /// What the runner's ledger lost, this one lost too, most of the time.
  void rows(drill::FinalRead& read) {
    std::vector<drill::FinalRow> more;
    for (const drill::FinalRow& row : read.rows) {
      if (drill::vantage_of(row.stream) != 0 || odd(0.01)) continue;
      more.push_back({renumbered(row.stream), row.seq, row.hmac_ok});
    }
    read.rows.insert(read.rows.end(), more.begin(), more.end());
  }

  void instrument() {
    for (drill::ReferenceOutage known : out_.reference_outages) {
      known.began = clock_.read(known.began);
      vantage_.reference_outages.push_back(known);
    }
    for (const drill::Stall& stall : out_.stalls) {
      vantage_.stalls.push_back({clock_.read(stall.from), clock_.read(stall.to)});
    }
    for (const drill::ClockAnchor& anchor : out_.anchors) {
      vantage_.anchors.push_back({clock_.read(anchor.steady), anchor.wall});
    }
  }

  Evidence& out_;
  std::size_t number_;
  double mess_;
  base::Random& random_;
  OtherClock clock_;
  drill::Vantage vantage_;
};

}  // namespace

void draw_vantage(Evidence& evidence, std::size_t number, double mess, base::Random& random) {
  Draw(evidence, number, mess, random).run();
}

}  // namespace sim
