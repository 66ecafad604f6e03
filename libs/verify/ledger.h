// What became of every write (measurement.md §5): the rows of the final reads against the records
// of the ledger streams.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "verify/outages.h"
#include "verify/vantages.h"

namespace verify {

/// Where the rows of one stream were found, by seq.
struct Found {
  std::vector<std::uint8_t> places;  // of Place; index: seq
  bool at(std::uint64_t seq, std::uint8_t place) const {
    return seq < places.size() && (places[seq] & place) != 0;
  }
};
enum Place : std::uint8_t {
  kSurvivor = 1,
  kRejoined = 2,
  kOldPrimary = 4,
  kTwice = 8,   // twice in the survivor's or in the rejoined read
  kBroken = 16  // with a wrong HMAC in one of them
};

/// The final reads, sorted out.
class Rows {
 public:
  explicit Rows(const drill::Evidence& evidence);
  bool is(const drill::Record& r, std::uint8_t place) const;
  bool survives(const drill::Record& r) const { return is(r, kSurvivor | kRejoined); }
  bool read(drill::FinalRead::Which which) const { return whole(which) != nullptr; }
  const drill::FinalRead* whole(drill::FinalRead::Which which) const;
  bool any() const { return survivor_ != nullptr || rejoined_ != nullptr; }
  /// Acknowledged, and in no final read; never where nothing was read.
  bool lost(const drill::Record& r) const {
    return any() && r.outcome == drill::Outcome::Ok && !survives(r);
  }
  std::uint64_t highest(drill::StreamId stream) const;
  /// Rows that no operation wrote: intact and broken ones, each once.
  std::uint64_t strangers = 0, broken_strangers = 0;

 private:
  void place(const drill::FinalRead* read, std::uint8_t place);
  bool nobodys(const drill::FinalRow& row) const {
    return !missing_.empty() && missing_.contains(drill::vantage_of(row.stream));
  }
  std::set<std::size_t> missing_;  // vantages
  const drill::FinalRead* survivor_ = nullptr;
  const drill::FinalRead* rejoined_ = nullptr;
  const drill::FinalRead* old_primary_ = nullptr;
  std::map<drill::StreamId, Found> found_;
};

struct Ledger {
  std::uint64_t attempts = 0, ok = 0, fail = 0, info = 0;
  std::uint64_t kept = 0, lost = 0, delayed = 0;
  std::uint64_t recovered_unknown = 0, phantom = 0, duplicate = 0, corrupt = 0, holes = 0;
  std::uint64_t lost_on_old_primary = 0;
  std::optional<bool> cross_check;
  std::vector<std::uint64_t> lost_seqs;
  std::optional<TimePoint> first_lost, last_lost;
  Duration resolution{};
  bool adds_up = true;
  bool measured = true;
  Interval rpo;
};

/// When the service went away, not before and not after, by the clock of one vantage.
struct Onset {
  TimePoint early{}, late{};
  std::size_t vantage = 0;
};

/// `onset`: nothing: it never went away.
Ledger check_ledger(const drill::Evidence& evidence, const Rows& rows,
                    const std::optional<Onset>& onset, const Vantages& vantages);

}  // namespace verify
