#include "verify/ledger.h"

#include <algorithm>
#include <set>

namespace verify {
namespace {

using drill::Evidence;
using drill::FinalRead;
using drill::FinalRow;
using drill::Outcome;
using drill::Record;
using drill::StreamId;

constexpr std::size_t kListed = 1000;

std::span<const Record> records_of(const Evidence& evidence, StreamId id) {
  const auto [first, last] =
      std::equal_range(evidence.records.begin(), evidence.records.end(), Record{.stream = id},
                       [](const Record& a, const Record& b) { return a.stream < b.stream; });
  return {first, last};
}

/// Every write through the service, in order of stream and seq.
std::vector<const Record*> ledger_writes(const Evidence& evidence) {
  std::set<StreamId> ids;
  for (const drill::StreamInfo& info : evidence.streams) {
    if (info.kind == drill::StreamKind::Ledger) ids.insert(info.id);
  }
  std::vector<const Record*> out;
  for (const StreamId id : ids) {
    for (const Record& r : records_of(evidence, id)) out.push_back(&r);
  }
  return out;
}

bool acknowledged(const Record& r) {
  return r.outcome == Outcome::Ok;
}

void count(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows) {
  for (const Record* w : writes) {
    out.duplicate += rows.is(*w, kTwice);
    out.corrupt += rows.is(*w, kBroken);
    switch (w->outcome) {
      case Outcome::Ok:
        ++out.ok;
        out.kept += rows.is(*w, kSurvivor);
        out.delayed += rows.is(*w, kRejoined) && !rows.is(*w, kSurvivor);
        out.lost += rows.lost(*w);
        out.lost_on_old_primary += rows.lost(*w) && rows.is(*w, kOldPrimary);
        break;
      case Outcome::Fail:
        ++out.fail;
        out.phantom += rows.survives(*w);
        break;
      case Outcome::Info:
        ++out.info;
        out.recovered_unknown += rows.survives(*w);
        break;
    }
  }
  out.phantom += rows.strangers;
  out.corrupt += rows.broken_strangers;
}

void list_lost(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows,
               const Vantages& vantages) {
  for (const Record* w : writes) {
    if (!rows.lost(*w)) continue;
    if (out.lost_seqs.size() < kListed) out.lost_seqs.push_back(w->seq);
    if (!vantages.between(w->stream, 0)) continue;
    out.first_lost = std::min(out.first_lost.value_or(w->invoked), w->invoked);
    out.last_lost = std::max(out.last_lost.value_or(w->invoked), w->invoked);
  }
}

/// The longest pause between acknowledged writes up to the onset, of the vantage where it is
/// shortest.
void find_resolution(Ledger& out, const std::vector<const Record*>& writes,
                     const std::optional<Onset>& onset, const Vantages& vantages) {
  std::map<std::size_t, TimePoint> last;
  std::map<std::size_t, Duration> pause;
  for (const Record* w : writes) {
    if (!acknowledged(*w)) continue;
    const std::size_t k = vantages.of(w->stream);
    if (onset) {
      const auto unsure = vantages.between(k, onset->vantage);
      if (unsure && w->invoked > onset->late + *unsure) continue;
    }
    const auto before = last.find(k);
    if (before != last.end() && before->second != kNever && w->invoked > before->second) {
      pause[k] = std::max(pause[k], w->invoked - before->second);
    }
    last[k] = w->invoked;
  }
  std::optional<Duration> least;
  for (const auto& [k, longest] : pause) least = std::min(least.value_or(longest), longest);
  out.resolution = least.value_or(Duration::zero());
}

/// Lost, although a write of the same term that began after its acknowledgement survives.
void count_holes(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows,
                 const Vantages& vantages) {
  std::map<std::pair<std::uint32_t, std::size_t>, TimePoint> latest;
  for (const Record* w : writes) {
    if (!acknowledged(*w) || !rows.is(*w, kSurvivor)) continue;
    const auto [it, fresh] =
        latest.try_emplace({w->server_term, vantages.of(w->stream)}, w->invoked);
    if (!fresh) it->second = std::max(it->second, w->invoked);
  }
  for (const Record* w : writes) {
    if (!rows.lost(*w) || w->server_term == 0) continue;
    for (std::size_t k = 0; k < vantages.count(); ++k) {
      const auto kept = latest.find({w->server_term, k});
      const auto unsure = vantages.between(w->stream, k);
      if (kept == latest.end() || !unsure || kept->second <= shifted(w->completed, *unsure)) {
        continue;
      }
      ++out.holes;
      break;
    }
  }
}

bool answered_by(const Evidence& evidence, const Record& r, const std::string& instance) {
  return !instance.empty() && r.server_id < evidence.server_instances.size() &&
         evidence.server_instances[r.server_id] == instance;
}

/// The old primary, read alone, has what it acknowledged and nothing that never happened.
void cross_check(Ledger& out, const Evidence& evidence, const std::vector<const Record*>& writes,
                 const Rows& rows, const Vantages& vantages) {
  const FinalRead* old = rows.whole(FinalRead::Which::OldPrimary);
  if (old == nullptr) return;
  bool agrees = out.lost == out.lost_on_old_primary;
  for (const Record* w : writes) {
    const bool there = rows.is(*w, kOldPrimary);
    if (w->outcome == Outcome::Fail && there) agrees = false;
    if (there || !acknowledged(*w) || rows.lost(*w)) continue;
    const auto unsure = vantages.between(w->stream, 0);
    if (!unsure || shifted(w->completed, *unsure) >= old->began) continue;
    if (answered_by(evidence, *w, evidence.old_primary)) agrees = false;
  }
  out.cross_check = agrees;
}

void judge_reads(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows,
                 const Vantages& vantages) {
  TimePoint last = TimePoint::min();
  out.measured = out.attempts > 0;
  for (const Record* w : writes) {
    if (!acknowledged(*w)) continue;
    const auto unsure = vantages.between(w->stream, 0);
    if (!unsure) out.measured = false;
    last = std::max(last, shifted(w->completed, unsure.value_or(Duration::zero())));
  }
  for (const auto which : {FinalRead::Which::Survivor, FinalRead::Which::Rejoined}) {
    const FinalRead* read = rows.whole(which);
    out.measured &= read != nullptr && last <= read->began;
  }
}

void bound(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows,
           const std::optional<Onset>& onset, const Vantages& vantages) {
  if (!rows.any() && out.ok > 0) out.rpo.upper.reset();
  if (out.lost == 0) return;
  /// Of one vantage's losses: when the first was committed, and the last.
  struct Losses {
    TimePoint first_begin = kNever, first_end = kNever;
    Onset last{TimePoint::min(), TimePoint::min()};
  };
  std::map<std::size_t, Losses> losses;
  for (const Record* w : writes) {
    if (!rows.lost(*w)) continue;
    Losses& of = losses[vantages.of(w->stream)];
    of.last.vantage = vantages.of(w->stream);
    of.first_begin = std::min(of.first_begin, w->invoked);
    of.first_end = std::min(of.first_end, w->completed);
    // An old primary may acknowledge after the onset what is lost all the same.
    of.last.early = std::max(of.last.early, w->invoked);
    of.last.late = std::max(of.last.late, w->completed);
  }
  std::vector<Onset> ends;
  if (onset) ends.push_back(*onset);
  for (const auto& [k, of] : losses) ends.push_back(of.last);
  bool known = true;
  Duration most = Duration::min();
  for (const auto& [k, of] : losses) {
    for (const Onset& end : ends) {
      const auto unsure = vantages.between(k, end.vantage);
      known &= unsure.has_value();
      if (!unsure) continue;
      out.rpo.lower = std::max(out.rpo.lower, end.early - of.first_end - *unsure);
      most = std::max(most, end.late - of.first_begin + *unsure);
    }
  }
  out.rpo.upper = known ? std::optional(most) : std::nullopt;
}

}  // namespace

Rows::Rows(const Evidence& evidence) {
  for (const Record& r : evidence.records) {
    std::vector<std::uint8_t>& places = found_[r.stream].places;
    if (places.empty()) {
      const auto all = records_of(evidence, r.stream);
      places.resize(all.back().seq < all.size() * 64 + 1024 ? all.back().seq + 1 : all.size() + 1);
    }
  }
  // Of one whose records are missing nobody knows what was answered.
  for (std::size_t k = 0; k < evidence.vantages.size(); ++k) {
    if (!evidence.vantages[k].missing.empty()) missing_.insert(k + 1);
  }
  // The last whole read of each kind counts.
  for (const FinalRead& read : evidence.final_reads) {
    if (!read.complete) continue;
    if (read.which == FinalRead::Which::Survivor) survivor_ = &read;
    if (read.which == FinalRead::Which::Rejoined) rejoined_ = &read;
    if (read.which == FinalRead::Which::OldPrimary) old_primary_ = &read;
  }
  place(survivor_, kSurvivor);
  place(rejoined_, kRejoined);
  place(old_primary_, kOldPrimary);
  std::set<std::pair<StreamId, std::uint64_t>> intact, broken;
  for (const FinalRead* read : {survivor_, rejoined_}) {
    if (read == nullptr) continue;
    for (const FinalRow& row : read->rows) {
      if (nobodys(row)) continue;
      if (row.seq >= 1 && row.seq <= highest(row.stream)) continue;
      (row.hmac_ok ? intact : broken).emplace(row.stream, row.seq);
    }
  }
  strangers = intact.size();
  broken_strangers = broken.size();
}

void Rows::place(const FinalRead* read, std::uint8_t place) {
  if (read == nullptr) return;
  const bool judged = place != kOldPrimary;
  Found* found = nullptr;
  StreamId of{};
  for (const FinalRow& row : read->rows) {
    if (found == nullptr || row.stream != of) {
      const auto it = found_.find(row.stream);
      found = it == found_.end() ? nullptr : &it->second;
      of = row.stream;
    }
    if (nobodys(row) || found == nullptr || row.seq == 0 || row.seq >= found->places.size())
      continue;
    std::uint8_t& places = found->places[row.seq];
    if (!row.hmac_ok) {
      if (judged) places |= kBroken;
      continue;
    }
    if (judged && (places & place) != 0) places |= kTwice;
    places |= place;
  }
}

bool Rows::is(const Record& r, std::uint8_t place) const {
  const auto it = found_.find(r.stream);
  return it != found_.end() && it->second.at(r.seq, place);
}

const FinalRead* Rows::whole(FinalRead::Which which) const {
  switch (which) {
    case FinalRead::Which::Survivor: return survivor_;
    case FinalRead::Which::Rejoined: return rejoined_;
    case FinalRead::Which::OldPrimary: return old_primary_;
  }
  return nullptr;
}

std::uint64_t Rows::highest(StreamId stream) const {
  const auto it = found_.find(stream);
  return it == found_.end() ? 0 : it->second.places.size() - 1;
}

Ledger check_ledger(const Evidence& evidence, const Rows& rows, const std::optional<Onset>& onset,
                    const Vantages& vantages) {
  const std::vector<const Record*> writes = ledger_writes(evidence);
  Ledger out;
  for (const drill::StreamInfo& info : evidence.streams) {
    if (info.kind == drill::StreamKind::Ledger) out.attempts += rows.highest(info.id);
  }
  count(out, writes, rows);
  list_lost(out, writes, rows, vantages);
  find_resolution(out, writes, onset, vantages);
  count_holes(out, writes, rows, vantages);
  out.adds_up = out.attempts == out.ok + out.fail + out.info &&
                (!rows.any() || out.ok == out.kept + out.lost + out.delayed);
  cross_check(out, evidence, writes, rows, vantages);
  judge_reads(out, writes, rows, vantages);
  bound(out, writes, rows, onset, vantages);
  return out;
}

}  // namespace verify
