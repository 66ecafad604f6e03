// Split brain, stale and non-monotonic reads, the consistency score.
#include "drill/consistency.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace drill {
namespace {

bool is_read(StreamKind kind) {
  return kind == StreamKind::ReadService || kind == StreamKind::ReadPinned;
}
/// Only a primary acknowledges these, and their term is its own.
bool is_write(StreamKind kind) {
  return kind == StreamKind::ServiceNew || kind == StreamKind::ServiceOpen ||
         kind == StreamKind::PinnedOpen || kind == StreamKind::PinnedNew ||
         kind == StreamKind::Ledger || kind == StreamKind::LedgerPinned;
}

std::vector<const Record*> acknowledged(const Evidence& evidence, bool (*wanted)(StreamKind)) {
  std::set<StreamId> streams;
  for (const StreamInfo& info : evidence.streams) {
    if (wanted(info.kind)) streams.insert(info.id);
  }
  std::vector<const Record*> out;
  for (const Record& record : evidence.records) {
    if (record.outcome != Outcome::Ok || record.completed == kNever) continue;
    if (streams.contains(record.stream)) out.push_back(&record);
  }
  return out;
}

/// The first acknowledgement of each term: when it surely existed, when it may have begun to.
struct TermBegin {
  TimePoint acknowledged = kNever;  // least completion
  TimePoint invoked = kNever;       // least invocation
};
using Terms = std::map<std::uint32_t, TermBegin>;

/// Of all terms above `term`.
TermBegin begin_above(const Terms& terms, std::uint32_t term) {
  TermBegin out;
  for (auto it = terms.upper_bound(term); it != terms.end(); ++it) {
    out.acknowledged = std::min(out.acknowledged, it->second.acknowledged);
    out.invoked = std::min(out.invoked, it->second.invoked);
  }
  return out;
}

class SplitBrain {
 public:
  SplitBrain(ConsistencyResult& out, const RowIndex& rows, const Clocks& clocks)
      : out_(out), rows_(rows), clocks_(clocks) {}

  void run(const std::vector<const Record*>& writes) {
    std::map<std::size_t, Terms> seen;  // by vantage
    std::set<std::uint32_t> all;
    for (const Record* write : writes) {
      if (write->server_term == 0) continue;
      TermBegin& begin = seen[clocks_.of(write->stream)][write->server_term];
      begin.acknowledged = std::min(begin.acknowledged, write->completed);
      begin.invoked = std::min(begin.invoked, write->invoked);
      all.insert(write->server_term);
    }
    for (const std::uint32_t term : all) {
      for (const auto& [vantage, terms] : seen) {
        above_[term].push_back({vantage, begin_above(terms, term)});
      }
    }
    for (const Record* write : writes) {
      if (write->server_term != 0) take(*write);
    }
    if (out_.split_brain_definite + out_.split_brain_possible == 0) return;
    const Duration lower = out_.split_brain_definite > 0 ? lower_ : Duration::zero();
    out_.split_brain = Bounds{lower, upper_};
  }

 private:
  /// When any vantage saw a higher term begin.
  struct Higher {
    std::size_t vantage = 0;
    TermBegin begin;
  };

  void take(const Record& write) {
    bool possible = false;
    bool definite = false;
    for (const auto& [vantage, higher] : above_[write.server_term]) {
      const auto off = clocks_.apart(clocks_.of(write.stream), vantage);
      if (!off || higher.acknowledged == kNever) continue;
      if (write.completed + *off < higher.invoked) continue;
      possible = true;
      upper_ = std::max(upper_, write.completed - higher.invoked + *off);
      if (write.invoked - *off <= higher.acknowledged) continue;
      definite = true;
      lower_ = std::max(lower_, write.invoked - higher.acknowledged - *off);
    }
    out_.split_brain_possible += possible && !definite;
    if (!definite) return;
    ++out_.split_brain_definite;
    out_.split_brain_survived +=
        rows_.in_survivor(write.stream, write.seq) || rows_.in_rejoined(write.stream, write.seq);
  }

  ConsistencyResult& out_;
  const RowIndex& rows_;
  const Clocks& clocks_;
  std::map<std::uint32_t, std::vector<Higher>> above_;
  Duration lower_{}, upper_{};
};

/// A moment of one vantage among the stamps of all.
struct OnsetAt {
  std::optional<TimePoint> at;
  std::size_t vantage = 0;
};

/// How long after the onset the old primary still acknowledged under a term that was superseded; by
/// the clocks of two vantages: at most.
std::optional<Duration> fencing_latency(const Evidence& evidence,
                                        const std::vector<const Record*>& writes,
                                        const OnsetAt& onset, const Clocks& clocks) {
  if (!onset.at || evidence.old_primary.empty()) return std::nullopt;
  const auto unsure = [&](const Record* write) {
    return clocks.apart(clocks.of(write->stream), onset.vantage);
  };
  std::uint32_t old_term = 0;
  for (const Record* write : writes) {
    const auto off = unsure(write);
    if (off && write->completed + *off < *onset.at) {
      old_term = std::max(old_term, write->server_term);
    }
  }
  Duration latency{};
  bool known = false;
  for (const Record* write : writes) {
    if (write->server_id >= evidence.server_instances.size()) continue;
    if (evidence.server_instances[write->server_id] != evidence.old_primary) continue;
    const auto off = unsure(write);
    if (write->server_term > old_term || !off) continue;
    known = true;
    latency = std::max(latency, write->completed - *onset.at + *off);
  }
  return known ? std::optional(latency) : std::nullopt;
}

/// Surviving acknowledged ledger writes, by completion: what a later read must have seen.
class Survivors {
 public:
  Survivors(const Evidence& evidence, const RowIndex& rows, StreamId ledger) {
    for (const Record& record : evidence.records) {
      if (record.stream != ledger || record.outcome != Outcome::Ok) continue;
      if (!rows.in_survivor(record.stream, record.seq)) continue;
      by_completion_.push_back(&record);
    }
    by_seq_ = by_completion_;
    std::sort(by_completion_.begin(), by_completion_.end(),
              [](const Record* a, const Record* b) { return a->completed < b->completed; });
  }

  /// Reads by invocation: the highest seq acknowledged before `at`, 0 if none.
  std::uint64_t highest_before(TimePoint at) {
    while (next_ < by_completion_.size() && by_completion_[next_]->completed < at) {
      highest_ = std::max(highest_, by_completion_[next_++]->seq);
    }
    return highest_;
  }

  /// How long the oldest write that a read at `at` missed had been acknowledged.
  Duration age(std::uint64_t seen, TimePoint at) const {
    auto it = std::upper_bound(by_seq_.begin(), by_seq_.end(), seen,
                               [](std::uint64_t seq, const Record* w) { return seq < w->seq; });
    for (; it != by_seq_.end(); ++it) {
      if ((*it)->completed < at) return at - (*it)->completed;
    }
    return Duration::zero();
  }

 private:
  std::vector<const Record*> by_completion_, by_seq_;
  std::size_t next_ = 0;
  std::uint64_t highest_ = 0;
};

std::vector<const Record*> reads_of(const Evidence& evidence, StreamId stream) {
  std::vector<const Record*> reads;
  for (const Record& record : evidence.records) {
    if (record.stream != stream || record.outcome != Outcome::Ok || record.value < 0) continue;
    reads.push_back(&record);
  }
  std::sort(reads.begin(), reads.end(),
            [](const Record* a, const Record* b) { return a->invoked < b->invoked; });
  return reads;
}

/// A read that sees less than an earlier one of its stream, which had ended before it began.
std::uint64_t non_monotonic(const std::vector<const Record*>& reads) {
  std::vector<const Record*> ended = reads;
  std::sort(ended.begin(), ended.end(),
            [](const Record* a, const Record* b) { return a->completed < b->completed; });
  std::uint64_t count = 0;
  std::size_t next = 0;
  std::int64_t highest = -1;
  for (const Record* read : reads) {
    while (next < ended.size() && ended[next]->completed < read->invoked) {
      highest = std::max(highest, ended[next++]->value);
    }
    count += read->value < highest;
  }
  return count;
}

/// Which ledger a read stream reads: that of its probe, and of its vantage.
const StreamInfo* ledger_of(const Evidence& evidence, const StreamInfo& reads,
                            const Clocks& clocks) {
  const StreamInfo* only = nullptr;
  std::size_t ledgers = 0;
  for (const StreamInfo& info : evidence.streams) {
    if (info.kind != StreamKind::Ledger || clocks.of(info.id) != clocks.of(reads.id)) continue;
    if (info.probe == reads.probe) return &info;
    only = &info;
    ++ledgers;
  }
  return ledgers == 1 ? only : nullptr;
}

void check_reads(ConsistencyResult& out, const Evidence& evidence, const RowIndex& rows,
                 const Clocks& clocks) {
  for (const StreamInfo& info : evidence.streams) {
    if (!is_read(info.kind)) continue;
    const std::vector<const Record*> reads = reads_of(evidence, info.id);
    out.non_monotonic_reads += non_monotonic(reads);
    const StreamInfo* ledger = ledger_of(evidence, info, clocks);
    if (ledger == nullptr) continue;
    Survivors survivors(evidence, rows, ledger->id);
    for (const Record* read : reads) {
      const auto value = static_cast<std::uint64_t>(read->value);
      if (value >= survivors.highest_before(read->invoked)) continue;
      if (info.kind == StreamKind::ReadPinned) {
        ++out.stale_reads_pinned;
        continue;
      }
      ++out.stale_reads;
      out.stale_age_max = std::max(out.stale_age_max, survivors.age(value, read->invoked));
    }
  }
}

/// Of each term the last surviving write is its recovery point; what was lost behind it is RPO.
void score(ConsistencyResult& out, const Evidence& evidence, const RowIndex& rows,
           const Clocks& clocks) {
  const std::vector<const Record*> writes =
      acknowledged(evidence, [](StreamKind kind) { return kind == StreamKind::Ledger; });
  std::map<std::uint32_t, std::map<std::size_t, TimePoint>> recovery_points;  // by vantage
  for (const Record* write : writes) {
    if (!rows.in_survivor(write->stream, write->seq)) continue;
    TimePoint& point = recovery_points[write->server_term]
                           .try_emplace(clocks.of(write->stream), TimePoint::min())
                           .first->second;
    point = std::max(point, write->invoked);
  }
  const auto lies_before = [&](const Record& write) {
    const auto& points = recovery_points[write.server_term];
    return std::any_of(points.begin(), points.end(), [&](const auto& point) {
      const auto off = clocks.apart(clocks.of(write.stream), point.first);
      return off && write.completed + *off < point.second;
    });
  };
  std::uint64_t intact = 0;
  for (const Record* write : writes) {
    const bool present =
        rows.in_survivor(write->stream, write->seq) || rows.in_rejoined(write->stream, write->seq);
    const bool damaged =
        rows.corrupt(write->stream, write->seq) || rows.duplicated(write->stream, write->seq);
    if (!present && !damaged && !lies_before(*write)) continue;
    ++out.score_of;
    intact += present && !damaged;
  }
  out.score_percent = out.score_of == 0
                          ? 0
                          : 100.0 * static_cast<double>(intact) / static_cast<double>(out.score_of);
}

}  // namespace

ConsistencyResult check_consistency(const Evidence& evidence, const RowIndex& rows,
                                    std::optional<TimePoint> onset, const Clocks& clocks,
                                    std::size_t onset_of) {
  ConsistencyResult out;
  const std::vector<const Record*> writes = acknowledged(evidence, is_write);
  SplitBrain(out, rows, clocks).run(writes);
  out.fencing_latency = fencing_latency(evidence, writes, {onset, onset_of}, clocks);
  check_reads(out, evidence, rows, clocks);
  if (rows.survivor() != nullptr) {
    score(out, evidence, rows, clocks);
  } else {
    out.score_percent = 0;
  }
  return out;
}

std::string damage(const LedgerResult& ledger, const ConsistencyResult& consistency) {
  std::string out;
  const auto say = [&out](std::uint64_t count, const char* what) {
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, what);
  };
  say(ledger.corrupt, "corrupt rows");
  say(ledger.duplicate, "duplicated writes");
  say(ledger.phantom, "writes present that surely never happened");
  say(consistency.split_brain_definite, "writes acknowledged by a superseded primary");
  return out;
}

}  // namespace drill
