// Acknowledged minus found, counted twice.
#include "drill/ledger_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace drill {
namespace {

constexpr std::uint8_t kSurvivor = 1;
constexpr std::uint8_t kRejoined = 2;
constexpr std::uint8_t kOldPrimary = 4;
constexpr std::uint8_t kTwice = 8;
constexpr std::uint8_t kCorrupt = 16;
constexpr std::size_t kLostListed = 1000;

const FinalRead* last_complete(const Evidence& evidence, FinalRead::Which which) {
  const FinalRead* found = nullptr;
  for (const FinalRead& read : evidence.final_reads) {
    if (read.which == which && read.complete) found = &read;
  }
  return found;
}

}  // namespace

RowIndex RowIndex::build(const Evidence& evidence) {
  RowIndex index;
  for (std::size_t k = 0; k < evidence.vantages.size(); ++k) {
    if (!evidence.vantages[k].missing.empty()) index.missing_.insert(k + 1);
  }
  for (const Record& record : evidence.records) {
    const std::size_t stream = record.stream.value();
    if (index.flags_.size() <= stream) index.flags_.resize(stream + 1);
    if (index.highest_.size() <= stream) index.highest_.resize(stream + 1);
    index.highest_[stream] = std::max(index.highest_[stream], record.seq);
  }
  index.survivor_ = last_complete(evidence, FinalRead::Which::Survivor);
  index.rejoined_ = last_complete(evidence, FinalRead::Which::Rejoined);
  index.old_primary_ = last_complete(evidence, FinalRead::Which::OldPrimary);
  index.take(index.survivor_, kSurvivor, true);
  index.take(index.rejoined_, kRejoined, true);
  index.take(index.old_primary_, kOldPrimary, false);
  return index;
}

void RowIndex::take(const FinalRead* read, std::uint8_t once, bool judged) {
  if (read == nullptr) return;
  for (const FinalRow& row : read->rows) {
    if (passed_over(row.stream)) continue;
    const std::size_t stream = row.stream.value();
    const bool attempted = stream < flags_.size() && row.seq >= 1 && row.seq <= highest_[stream];
    if (!attempted) {
      if (judged && row.hmac_ok) strangers_.emplace(row.stream, row.seq);
      if (judged && !row.hmac_ok) foreign_corrupt_.emplace(row.stream, row.seq);
      continue;
    }
    std::vector<std::uint8_t>& flags = flags_[stream];
    if (flags.empty()) flags.resize(highest_[stream] + 1);
    std::uint8_t& flag = flags[row.seq];
    if (!row.hmac_ok) {
      if (judged) flag |= kCorrupt;
      continue;
    }
    if (judged && (flag & once) != 0) flag |= kTwice;
    flag |= once;
  }
}

bool RowIndex::passed_over(StreamId stream) const {
  return !missing_.empty() && missing_.contains(vantage_of(stream));
}

std::uint8_t RowIndex::flags(StreamId stream, std::uint64_t seq) const {
  if (stream.value() >= flags_.size()) return 0;
  const std::vector<std::uint8_t>& flags = flags_[stream.value()];
  return seq < flags.size() ? flags[seq] : std::uint8_t{0};
}
bool RowIndex::in_survivor(StreamId stream, std::uint64_t seq) const {
  return (flags(stream, seq) & kSurvivor) != 0;
}
bool RowIndex::in_rejoined(StreamId stream, std::uint64_t seq) const {
  return (flags(stream, seq) & kRejoined) != 0;
}
bool RowIndex::in_old_primary(StreamId stream, std::uint64_t seq) const {
  return (flags(stream, seq) & kOldPrimary) != 0;
}
bool RowIndex::duplicated(StreamId stream, std::uint64_t seq) const {
  return (flags(stream, seq) & kTwice) != 0;
}
bool RowIndex::corrupt(StreamId stream, std::uint64_t seq) const {
  return (flags(stream, seq) & kCorrupt) != 0;
}
std::uint64_t RowIndex::attempts(StreamId stream) const {
  return stream.value() < highest_.size() ? highest_[stream.value()] : 0;
}

bool is_lost(const Record& record, const RowIndex& rows) {
  return rows.any_read() && record.outcome == Outcome::Ok &&
         !rows.in_survivor(record.stream, record.seq) &&
         !rows.in_rejoined(record.stream, record.seq);
}

namespace {

/// One pass over the records of the ledger streams.
class Checker {
 public:
  Checker(const Evidence& evidence, const RowIndex& rows, const Clocks& clocks)
      : evidence_(evidence), rows_(rows), clocks_(clocks) {}

  LedgerVerdicts run(std::optional<OnsetBounds> onset) {
    for (const StreamInfo& info : evidence_.streams) {
      if (info.kind != StreamKind::Ledger) continue;
      ledger_.insert(info.id);
      result().attempts += rows_.attempts(info.id);
    }
    for (const Record& record : evidence_.records) {
      if (is_ledger(record)) take(record, onset);
    }
    result().phantom += rows_.strangers().size();
    result().corrupt += rows_.foreign_corrupt().size();
    settle_resolution();
    count_holes();
    count_kept();
    check_identities();
    cross_check();
    reads();
    bound(onset);
    if (rows_.any_read()) tell_found();
    return std::move(out_);
  }

 private:
  LedgerResult& result() { return out_.result; }
  void tell_found() {
    result().kept = found_.kept;
    result().lost = found_.lost;
    result().delayed = found_.delayed;
    result().recovered_unknown = found_.unknown;
  }
  bool is_ledger(const Record& record) const { return ledger_.contains(record.stream); }

  void take(const Record& record, std::optional<OnsetBounds> onset) {
    result().ok += record.outcome == Outcome::Ok;
    result().fail += record.outcome == Outcome::Fail;
    result().info += record.outcome == Outcome::Info;
    result().duplicate += rows_.duplicated(record.stream, record.seq);
    result().corrupt += rows_.corrupt(record.stream, record.seq);
    const bool present = rows_.in_survivor(record.stream, record.seq) ||
                         rows_.in_rejoined(record.stream, record.seq);
    if (record.outcome == Outcome::Ok) {
      if (is_lost(record, rows_)) lose(record);
      resolve(record, onset);
      acknowledged(record);
      if (rows_.in_survivor(record.stream, record.seq)) {
        auto& by_vantage = kept_until_[record.server_term];
        TimePoint& latest =
            by_vantage.try_emplace(clocks_.of(record.stream), TimePoint::min()).first->second;
        latest = std::max(latest, record.invoked);
      }
    } else if (present) {
      ++(record.outcome == Outcome::Fail ? result().phantom : found_.unknown);
    }
  }

  void lose(const Record& record) {
    ++found_.lost;
    lost_.push_back(&record);
    if (result().lost_seqs.size() < kLostListed) result().lost_seqs.push_back(record.seq);
    if (clocks_.fit(clocks_.of(record.stream)).known) {
      result().first_lost = std::min(result().first_lost.value_or(kNever), record.invoked);
      result().last_lost = std::max(result().last_lost.value_or(TimePoint::min()), record.invoked);
    }
    result().lost_found_on_old_primary += rows_.in_old_primary(record.stream, record.seq);
  }

  /// How much a stamp of this write and one of the runner's may be wrong together.
  std::optional<Duration> unsure(const Record& record) const {
    return clocks_.apart(clocks_.of(record.stream), 0);
  }

  /// By the runner's clock, whose reads have to begin after it.
  void acknowledged(const Record& record) {
    const auto off = unsure(record);
    unplaced_ |= !off;
    last_acknowledged_ =
        std::max(last_acknowledged_, later(record.completed, off.value_or(Duration{})));
  }

  /// The largest gap between acknowledged writes before the onset: finer losses go unseen.
  void resolve(const Record& record, std::optional<OnsetBounds> onset) {
    const std::size_t vantage = clocks_.of(record.stream);
    if (onset) {
      const auto off = clocks_.apart(vantage, onset->vantage);
      if (off && record.invoked > onset->hi + *off) return;
    }
    auto& [last, gap] = before_onset_.try_emplace(vantage, kNever, Duration{}).first->second;
    if (last != kNever && record.invoked > last) gap = std::max(gap, record.invoked - last);
    last = record.invoked;
  }

  /// Writes of several vantages lie closer together than those of each.
  void settle_resolution() {
    Duration& finest = result().resolution;
    for (const auto& [vantage, before] : before_onset_) {
      const Duration gap = before.second;
      if (gap > Duration::zero() && (finest == Duration::zero() || gap < finest)) finest = gap;
    }
  }

  /// A later write of the same term survived: worse than lag.
  void count_holes() {
    for (const Record* lost : lost_) {
      const auto kept = kept_until_.find(lost->server_term);
      if (lost->server_term == 0 || kept == kept_until_.end()) continue;
      result().holes +=
          std::any_of(kept->second.begin(), kept->second.end(), [&](const auto& latest) {
            const auto off = clocks_.apart(clocks_.of(lost->stream), latest.first);
            return off && later(lost->completed, *off) < latest.second;
          });
    }
  }

  /// From the rows, not from the records: the other side of the identity.
  void count_kept() {
    const auto acknowledged = [&](const FinalRow& row) {
      const Record* record = find(row);
      return record != nullptr && record->outcome == Outcome::Ok;
    };
    for (const FinalRead* read : {rows_.survivor(), rows_.rejoined()}) {
      if (read == nullptr) continue;
      for (const FinalRow& row : read->rows) {
        if (!row.hmac_ok || !ledger_.contains(row.stream) || !acknowledged(row)) continue;
        if (!first_time(row)) continue;
        ++(read == rows_.survivor() ? found_.kept : found_.delayed);
      }
    }
  }

  bool first_time(const FinalRow& row) {
    std::vector<bool>& seen = counted_[row.stream];
    if (seen.size() <= row.seq) seen.resize(rows_.attempts(row.stream) + 1);
    const bool first = !seen[row.seq];
    seen[row.seq] = true;
    return first;
  }

  /// Dense numbering makes the place of a record known; where it is not dense, it is looked for.
  const Record* find(const FinalRow& row) {
    if (!starts_.contains(row.stream)) {
      const auto at = std::lower_bound(
          evidence_.records.begin(), evidence_.records.end(), row.stream,
          [](const Record& record, StreamId stream) { return record.stream < stream; });
      starts_[row.stream] = static_cast<std::size_t>(at - evidence_.records.begin());
    }
    const std::size_t guess = starts_[row.stream] + row.seq - 1;
    const auto is_it = [&](const Record& record) {
      return record.stream == row.stream && record.seq == row.seq;
    };
    if (guess < evidence_.records.size() && is_it(evidence_.records[guess])) {
      return &evidence_.records[guess];
    }
    const auto at = std::lower_bound(evidence_.records.begin(), evidence_.records.end(), row,
                                     [](const Record& record, const FinalRow& wanted) {
                                       return std::pair(record.stream, record.seq) <
                                              std::pair(wanted.stream, wanted.seq);
                                     });
    return at != evidence_.records.end() && is_it(*at) ? &*at : nullptr;
  }

  void check_identities() {
    LedgerResult& r = result();
    // Nothing was read: what became of the acknowledged writes is not known, which is no broken
    // count.
    if (rows_.any_read() && r.ok != found_.kept + found_.lost + found_.delayed) {
      broken(fmt::format("ok {} is not kept {} + lost {} + delayed {}", r.ok, found_.kept,
                         found_.lost, found_.delayed));
    }
    if (r.attempts != r.ok + r.fail + r.info) {
      broken(fmt::format("{} attempts are not ok {} + fail {} + info {}", r.attempts, r.ok, r.fail,
                         r.info));
    }
  }

  void broken(std::string what) {
    result().identities_hold = false;
    result().problems.push_back(std::move(what));
  }

  bool by_old_primary(const Record& record) const {
    return record.server_id < evidence_.server_instances.size() && !evidence_.old_primary.empty() &&
           evidence_.server_instances[record.server_id] == evidence_.old_primary;
  }

  /// The old primary had everything it acknowledged, and nothing that surely never happened.
  void cross_check() {
    if (rows_.old_primary() == nullptr) return;
    std::uint64_t differ = found_.lost - result().lost_found_on_old_primary;
    const TimePoint read_at = rows_.old_primary()->began;
    for (const Record& record : evidence_.records) {
      if (!is_ledger(record)) continue;
      const bool there = rows_.in_old_primary(record.stream, record.seq);
      const auto off = unsure(record);
      const bool acknowledged =
          record.outcome == Outcome::Ok && off && later(record.completed, *off) < read_at;
      const bool missing =
          acknowledged && by_old_primary(record) && !there && !is_lost(record, rows_);
      differ += missing || (record.outcome == Outcome::Fail && there);
    }
    result().cross_check_agrees = differ == 0;
    if (differ > 0) {
      result().problems.push_back(fmt::format("{} writes differ on the old primary", differ));
    }
  }

  /// Both final reads are whole and began after every acknowledgement was in.
  void reads() {
    out_.measured = true;
    if (ledger_.empty() || result().attempts == 0) return unmeasured("no ledger was written");
    if (rows_.survivor() == nullptr) unmeasured("the survivor's final read is missing");
    if (rows_.rejoined() == nullptr) unmeasured("the second final read is missing");
    for (const FinalRead* read : {rows_.survivor(), rows_.rejoined()}) {
      if (read == nullptr || last_acknowledged_ <= read->began) continue;
      unmeasured("a final read began before the last acknowledgement");
    }
    if (unplaced_) unmeasured("acknowledgements of a vantage whose clock is not known");
  }

  void unmeasured(std::string why) {
    out_.measured = false;
    result().problems.push_back(std::move(why));
  }

  /// The data at risk: from the first lost write to the onset, or to the last lost one.
  void bound(std::optional<OnsetBounds> onset) {
    if (!rows_.any_read() && result().ok > 0) out_.rpo_time.upper.reset();
    if (lost_.empty()) return;
    std::map<std::size_t, LostSpan> spans;  // by vantage
    for (const Record* lost : lost_) spans[clocks_.of(lost->stream)].take(*lost);
    std::vector<OnsetBounds> ends;
    if (onset) ends.push_back(*onset);
    for (const auto& [vantage, lost] : spans) {
      ends.push_back({lost.last_inv, lost.last_comp, vantage});
    }
    // Whichever loss came first and whichever end last, the greatest of the differences is theirs.
    for (const auto& [vantage, lost] : spans) {
      for (const OnsetBounds& end : ends) reach(lost, end, clocks_.apart(vantage, end.vantage));
    }
  }

  /// The lost writes of one vantage.
  struct LostSpan {
    TimePoint first_inv = kNever, first_comp = kNever;
    TimePoint last_inv = TimePoint::min(), last_comp = TimePoint::min();
    void take(const Record& lost) {
      first_inv = std::min(first_inv, lost.invoked);
      first_comp = std::min(first_comp, lost.completed);
      last_inv = std::max(last_inv, lost.invoked);
      last_comp = std::max(last_comp, lost.completed);
    }
  };

  void reach(const LostSpan& lost, const OnsetBounds& end, std::optional<Duration> apart) {
    Bounds& rpo = out_.rpo_time;
    if (!apart) {
      rpo.upper.reset();
      return;
    }
    rpo.lower = std::max(rpo.lower, end.lo - lost.first_comp - *apart);
    if (rpo.upper) rpo.upper = std::max(*rpo.upper, end.hi - lost.first_inv + *apart);
  }

  const Evidence& evidence_;
  const RowIndex& rows_;
  const Clocks& clocks_;
  struct {
    std::uint64_t kept = 0, lost = 0, delayed = 0, unknown = 0;
  } found_;
  LedgerVerdicts out_;
  std::set<StreamId> ledger_;
  std::vector<const Record*> lost_;
  // By term and vantage: the last invocation of a kept write.
  std::map<std::uint32_t, std::map<std::size_t, TimePoint>> kept_until_;
  std::map<StreamId, std::vector<bool>> counted_;
  std::map<StreamId, std::size_t> starts_;
  std::map<std::size_t, std::pair<TimePoint, Duration>> before_onset_;  // last, largest gap
  TimePoint last_acknowledged_ = TimePoint::min();
  bool unplaced_ = false;  // a vantage's acknowledgements have no place on the time axis
};

}  // namespace

LedgerVerdicts check_ledger(const Evidence& evidence, const RowIndex& rows,
                            std::optional<OnsetBounds> onset, const Clocks& clocks) {
  return Checker(evidence, rows, clocks).run(onset);
}

}  // namespace drill
