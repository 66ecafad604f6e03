#include "verify/consistency.h"

#include <algorithm>
#include <map>
#include <vector>

namespace verify {
namespace {

using drill::Evidence;
using drill::Outcome;
using drill::Record;
using drill::StreamInfo;
using drill::StreamKind;

bool reads(StreamKind kind) {
  return kind == StreamKind::ReadService || kind == StreamKind::ReadPinned;
}

/// Streams whose acknowledgement only a primary gives.
bool proves_primary(StreamKind kind) {
  switch (kind) {
    case StreamKind::ServiceNew:
    case StreamKind::ServiceOpen:
    case StreamKind::PinnedOpen:
    case StreamKind::PinnedNew:
    case StreamKind::Ledger:
    case StreamKind::LedgerPinned: return true;
    default: return false;
  }
}

std::vector<const Record*> acknowledged(const Evidence& evidence, const StreamInfo& info) {
  std::vector<const Record*> out;
  const auto [first, last] =
      std::equal_range(evidence.records.begin(), evidence.records.end(), Record{.stream = info.id},
                       [](const Record& a, const Record& b) { return a.stream < b.stream; });
  for (auto it = first; it != last; ++it) {
    if (it->outcome == Outcome::Ok) out.push_back(&*it);
  }
  return out;
}

std::vector<const Record*> by_primaries(const Evidence& evidence) {
  std::vector<const Record*> out;
  for (const StreamInfo& info : evidence.streams) {
    if (!proves_primary(info.kind)) continue;
    for (const Record* r : acknowledged(evidence, info)) {
      if (r->completed != kNever) out.push_back(r);
    }
  }
  return out;
}

/// When a term began, at the latest and at the earliest.
struct Reign {
  TimePoint proven = kNever, conceivable = kNever;
};

/// Of every term, when any higher one began, by the writes of one vantage.
std::map<std::uint32_t, Reign> superseded(const std::vector<const Record*>& writes,
                                          const Vantages& vantages, std::size_t seen_by) {
  std::map<std::uint32_t, Reign> begins;
  for (const Record* w : writes) {
    if (w->server_term == 0) continue;
    begins.try_emplace(w->server_term);
    if (vantages.of(w->stream) != seen_by) continue;
    Reign& reign = begins[w->server_term];
    reign.proven = std::min(reign.proven, w->completed);
    reign.conceivable = std::min(reign.conceivable, w->invoked);
  }
  std::map<std::uint32_t, Reign> out;
  Reign higher;
  for (auto it = begins.rbegin(); it != begins.rend(); ++it) {
    out[it->first] = higher;
    higher.proven = std::min(higher.proven, it->second.proven);
    higher.conceivable = std::min(higher.conceivable, it->second.conceivable);
  }
  return out;
}

void split_brain(Consistency& out, const std::vector<const Record*>& writes, const Rows& rows,
                 const Vantages& vantages) {
  std::vector<std::map<std::uint32_t, Reign>> higher;
  for (std::size_t k = 0; k < vantages.count(); ++k) {
    higher.push_back(superseded(writes, vantages, k));
  }
  Duration longest{}, surely{};
  for (const Record* w : writes) {
    if (w->server_term == 0) continue;
    int sight = 0;  // 1: possible, 2: definite
    for (std::size_t k = 0; k < higher.size(); ++k) {
      const Reign& next = higher[k].at(w->server_term);
      const auto unsure = vantages.between(w->stream, k);
      if (next.proven == kNever || !unsure) continue;
      const Duration most = w->completed - next.conceivable + *unsure;
      const Duration least = w->invoked - next.proven - *unsure;
      if (most < Duration::zero()) continue;
      sight = std::max(sight, least > Duration::zero() ? 2 : 1);
      longest = std::max(longest, most);
      surely = std::max(surely, least);
    }
    out.possible += sight == 1;
    out.definite += sight == 2;
    out.survived += sight == 2 && rows.survives(*w);
  }
  if (out.definite + out.possible > 0) out.split_brain = Interval{surely, longest};
}

/// From the onset to the last acknowledgement that the old primary gave under its old term.
void fencing(Consistency& out, const Evidence& evidence, const std::vector<const Record*>& writes,
             std::optional<TimePoint> onset, const Vantages& vantages, std::size_t onset_of) {
  if (!onset || evidence.old_primary.empty()) return;
  std::uint32_t term = 0;
  for (const Record* w : writes) {
    const auto unsure = vantages.between(w->stream, onset_of);
    if (unsure && w->completed + *unsure < *onset) term = std::max(term, w->server_term);
  }
  for (const Record* w : writes) {
    const bool old = w->server_id < evidence.server_instances.size() &&
                     evidence.server_instances[w->server_id] == evidence.old_primary;
    const auto unsure = vantages.between(w->stream, onset_of);
    if (!old || w->server_term > term || !unsure) continue;
    const Duration since = std::max(Duration::zero(), w->completed - *onset + *unsure);
    out.fencing = std::max(out.fencing.value_or(Duration::zero()), since);
  }
}

bool begins_before(const Record* a, const Record* b) {
  return a->invoked < b->invoked;
}
bool ends_before(const Record* a, const Record* b) {
  return a->completed < b->completed;
}

/// Reads that saw less than one of their stream that had ended before they began.
std::uint64_t backwards(const std::vector<const Record*>& reads_begun) {
  std::vector<const Record*> ended = reads_begun;
  std::sort(ended.begin(), ended.end(), ends_before);
  std::uint64_t count = 0;
  std::int64_t most = -1;
  auto next = ended.begin();
  for (const Record* r : reads_begun) {
    for (; next != ended.end() && (*next)->completed < r->invoked; ++next) {
      most = std::max(most, (*next)->value);
    }
    if (r->value < most) ++count;
  }
  return count;
}

/// The ledger that a stream of reads looks at: its probe's, or the only one its vantage has.
const StreamInfo* ledger_of(const Evidence& evidence, const StreamInfo& info,
                            const Vantages& vantages) {
  std::vector<const StreamInfo*> ledgers;
  for (const StreamInfo& other : evidence.streams) {
    if (vantages.of(other.id) != vantages.of(info.id)) continue;
    if (other.kind == StreamKind::Ledger) ledgers.push_back(&other);
  }
  for (const StreamInfo* ledger : ledgers) {
    if (ledger->probe == info.probe) return ledger;
  }
  return ledgers.size() == 1 ? ledgers.front() : nullptr;
}

void stale_reads(Consistency& out, const Evidence& evidence, const StreamInfo& info,
                 const std::vector<const Record*>& reads_begun, const Rows& rows,
                 const Vantages& vantages) {
  const StreamInfo* ledger = ledger_of(evidence, info, vantages);
  if (ledger == nullptr) return;
  std::vector<const Record*> kept = acknowledged(evidence, *ledger);  // in order of seq
  std::erase_if(kept, [&](const Record* w) { return !rows.is(*w, kSurvivor); });
  std::vector<const Record*> ended = kept;
  std::sort(ended.begin(), ended.end(), ends_before);
  std::uint64_t due = 0;  // the highest seq that a read now must see
  auto next = ended.begin();
  for (const Record* r : reads_begun) {
    for (; next != ended.end() && (*next)->completed < r->invoked; ++next) {
      due = std::max(due, (*next)->seq);
    }
    const auto saw = static_cast<std::uint64_t>(r->value);
    if (saw >= due) continue;
    if (info.kind == StreamKind::ReadPinned) {
      ++out.stale_pinned;
      continue;
    }
    ++out.stale;
    auto missed = std::partition_point(kept.begin(), kept.end(),
                                       [saw](const Record* w) { return w->seq <= saw; });
    while (missed != kept.end() && (*missed)->completed >= r->invoked) ++missed;
    if (missed != kept.end()) {
      out.stalest = std::max(out.stalest, r->invoked - (*missed)->completed);
    }
  }
}

/// Writes before their term's last surviving one, present once and intact; what was lost behind it
/// is the RPO's affair.
void score(Consistency& out, const Evidence& evidence, const Rows& rows, const Vantages& vantages) {
  std::vector<const Record*> writes;
  for (const StreamInfo& info : evidence.streams) {
    if (info.kind != StreamKind::Ledger) continue;
    for (const Record* w : acknowledged(evidence, info)) {
      if (w->completed != kNever) writes.push_back(w);
    }
  }
  std::map<std::pair<std::uint32_t, std::size_t>, TimePoint> point;
  for (const Record* w : writes) {
    if (!rows.is(*w, kSurvivor)) continue;
    const auto [it, fresh] =
        point.try_emplace({w->server_term, vantages.of(w->stream)}, w->invoked);
    if (!fresh) it->second = std::max(it->second, w->invoked);
  }
  const auto before_point = [&](const Record& w) {
    for (std::size_t k = 0; k < vantages.count(); ++k) {
      const auto it = point.find({w.server_term, k});
      const auto unsure = vantages.between(w.stream, k);
      if (it != point.end() && unsure && w.completed + *unsure < it->second) return true;
    }
    return false;
  };
  std::uint64_t good = 0;
  for (const Record* w : writes) {
    const bool there = rows.survives(*w);
    const bool harmed = rows.is(*w, kTwice) || rows.is(*w, kBroken);
    if (!there && !harmed && !before_point(*w)) continue;
    ++out.percent_of;
    good += there && !harmed;
  }
  if (out.percent_of > 0) {
    out.percent = 100.0 * static_cast<double>(good) / static_cast<double>(out.percent_of);
  }
}

}  // namespace

Consistency check_consistency(const Evidence& evidence, const Rows& rows,
                              std::optional<TimePoint> onset, const Vantages& vantages,
                              std::size_t onset_of) {
  Consistency out;
  const std::vector<const Record*> writes = by_primaries(evidence);
  split_brain(out, writes, rows, vantages);
  fencing(out, evidence, writes, onset, vantages, onset_of);
  for (const StreamInfo& info : evidence.streams) {
    if (!reads(info.kind)) continue;
    std::vector<const Record*> begun = acknowledged(evidence, info);
    std::erase_if(begun, [](const Record* r) { return r->value < 0; });
    std::sort(begun.begin(), begun.end(), begins_before);
    out.backwards += backwards(begun);
    stale_reads(out, evidence, info, begun, rows, vantages);
  }
  if (rows.read(drill::FinalRead::Which::Survivor)) score(out, evidence, rows, vantages);
  return out;
}

}  // namespace verify
