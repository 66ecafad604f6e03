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

void list_lost(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows) {
  for (const Record* w : writes) {
    if (!rows.lost(*w)) continue;
    if (out.lost_seqs.size() < kListed) out.lost_seqs.push_back(w->seq);
    out.first_lost = std::min(out.first_lost.value_or(w->invoked), w->invoked);
    out.last_lost = std::max(out.last_lost.value_or(w->invoked), w->invoked);
  }
}

/// The longest pause between acknowledged writes up to the onset.
void find_resolution(Ledger& out, const std::vector<const Record*>& writes,
                     const std::optional<Onset>& onset) {
  std::optional<TimePoint> last;
  for (const Record* w : writes) {
    if (!acknowledged(*w) || (onset && w->invoked > onset->late)) continue;
    if (last && *last != kNever && w->invoked > *last) {
      out.resolution = std::max(out.resolution, w->invoked - *last);
    }
    last = w->invoked;
  }
}

/// Lost, although a write of the same term that began after its acknowledgement survives.
void count_holes(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows) {
  std::map<std::uint32_t, TimePoint> latest;
  for (const Record* w : writes) {
    if (!acknowledged(*w) || !rows.is(*w, kSurvivor)) continue;
    const auto [it, fresh] = latest.try_emplace(w->server_term, w->invoked);
    if (!fresh) it->second = std::max(it->second, w->invoked);
  }
  for (const Record* w : writes) {
    if (!rows.lost(*w) || w->server_term == 0) continue;
    const auto kept = latest.find(w->server_term);
    out.holes += kept != latest.end() && kept->second > w->completed;
  }
}

bool answered_by(const Evidence& evidence, const Record& r, const std::string& instance) {
  return !instance.empty() && r.server_id < evidence.server_instances.size() &&
         evidence.server_instances[r.server_id] == instance;
}

/// The old primary, read alone, has what it acknowledged and nothing that never happened.
void cross_check(Ledger& out, const Evidence& evidence, const std::vector<const Record*>& writes,
                 const Rows& rows) {
  const FinalRead* old = rows.whole(FinalRead::Which::OldPrimary);
  if (old == nullptr) return;
  bool agrees = out.lost == out.lost_on_old_primary;
  for (const Record* w : writes) {
    const bool there = rows.is(*w, kOldPrimary);
    if (w->outcome == Outcome::Fail && there) agrees = false;
    if (there || !acknowledged(*w) || w->completed >= old->began || rows.lost(*w)) continue;
    if (answered_by(evidence, *w, evidence.old_primary)) agrees = false;
  }
  out.cross_check = agrees;
}

void judge_reads(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows) {
  TimePoint last = TimePoint::min();
  for (const Record* w : writes) {
    if (acknowledged(*w)) last = std::max(last, w->completed);
  }
  out.measured = out.attempts > 0;
  for (const auto which : {FinalRead::Which::Survivor, FinalRead::Which::Rejoined}) {
    const FinalRead* read = rows.whole(which);
    out.measured &= read != nullptr && last <= read->began;
  }
}

void bound(Ledger& out, const std::vector<const Record*>& writes, const Rows& rows,
           const std::optional<Onset>& onset) {
  if (!rows.any() && out.ok > 0) out.rpo.upper.reset();
  if (out.lost == 0) return;
  TimePoint first_begin = kNever, first_end = kNever;
  TimePoint risk_early = onset ? onset->early : TimePoint::min();
  TimePoint risk_late = onset ? onset->late : TimePoint::min();
  for (const Record* w : writes) {
    if (!rows.lost(*w)) continue;
    first_begin = std::min(first_begin, w->invoked);
    first_end = std::min(first_end, w->completed);
    // An old primary may acknowledge after the onset what is lost all the same.
    risk_early = std::max(risk_early, w->invoked);
    risk_late = std::max(risk_late, w->completed);
  }
  out.rpo.lower = risk_early > first_end ? risk_early - first_end : Duration::zero();
  out.rpo.upper = risk_late - first_begin;
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
    if (found == nullptr || row.seq == 0 || row.seq >= found->places.size()) continue;
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

Ledger check_ledger(const Evidence& evidence, const Rows& rows, const std::optional<Onset>& onset) {
  const std::vector<const Record*> writes = ledger_writes(evidence);
  Ledger out;
  for (const drill::StreamInfo& info : evidence.streams) {
    if (info.kind == drill::StreamKind::Ledger) out.attempts += rows.highest(info.id);
  }
  count(out, writes, rows);
  list_lost(out, writes, rows);
  find_resolution(out, writes, onset);
  count_holes(out, writes, rows);
  out.adds_up = out.attempts == out.ok + out.fail + out.info &&
                (!rows.any() || out.ok == out.kept + out.lost + out.delayed);
  cross_check(out, evidence, writes, rows);
  judge_reads(out, writes, rows);
  bound(out, writes, rows, onset);
  return out;
}

}  // namespace verify
