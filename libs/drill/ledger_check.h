// What was lost (measurement.md §5): every acknowledged write of the ledger is looked for in the
// final reads. A write that nobody acknowledged (info) is never counted lost nor kept. A row whose
// HMAC is wrong proves nothing, so it counts as corrupt and never as presence. The two identities
// are counted from different sides (records here, rows there), so that a dropped record, a doubled
// one or a hole in the numbering breaks them and the result with them.
//
// Memory: two bytes per operation beside the input; time: linear.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "drill/evidence.h"
#include "drill/report.h"
#include "drill/vantage.h"

namespace drill {

/// Where each ledger row was found: by (stream, seq) in O(1).
class RowIndex {
 public:
  using RowSet = std::set<std::pair<StreamId, std::uint64_t>>;

  /// Shapes: streams and records as in Evidence; reads may be empty or incomplete. The rows of a
  /// vantage whose records are missing are passed over: nobody knows what it was told.
  static RowIndex build(const Evidence& evidence);

  bool in_survivor(StreamId stream, std::uint64_t seq) const;
  bool in_rejoined(StreamId stream, std::uint64_t seq) const;
  bool in_old_primary(StreamId stream, std::uint64_t seq) const;
  bool duplicated(StreamId stream, std::uint64_t seq) const;
  bool corrupt(StreamId stream, std::uint64_t seq) const;

  const FinalRead* survivor() const { return survivor_; }  // null: not read, or not to its end
  const FinalRead* rejoined() const { return rejoined_; }
  const FinalRead* old_primary() const { return old_primary_; }
  /// False: the fate of acknowledged writes is not known, so none may be called lost.
  bool any_read() const { return survivor_ != nullptr || rejoined_ != nullptr; }
  /// How many operations the stream was given: its highest number, as they have no holes.
  std::uint64_t attempts(StreamId stream) const;
  /// Rows of no attempted operation, in the survivor or rejoined read: intact, and not.
  const RowSet& strangers() const { return strangers_; }
  const RowSet& foreign_corrupt() const { return foreign_corrupt_; }

 private:
  std::uint8_t flags(StreamId stream, std::uint64_t seq) const;
  void take(const FinalRead* read, std::uint8_t once, bool judged);
  bool passed_over(StreamId stream) const;

  std::set<std::size_t> missing_;  // vantages
  const FinalRead* survivor_ = nullptr;
  const FinalRead* rejoined_ = nullptr;
  const FinalRead* old_primary_ = nullptr;
  std::vector<std::vector<std::uint8_t>> flags_;  // [stream][seq]
  std::vector<std::uint64_t> highest_;
  RowSet strangers_, foreign_corrupt_;
};

/// When data began to be at risk: the onset with its uncertainty, by the clock of one vantage.
struct OnsetBounds {
  TimePoint lo{}, hi{};
  std::size_t vantage = 0;
};

struct LedgerVerdicts {
  LedgerResult result;
  Bounds rpo_time;        // [0, 0] when nothing was lost
  bool measured = false;  // both final reads were complete and began after every acknowledgement
};
/// Streams of kind Ledger only; losses on pinned streams are evidence of split brain, not RPO.
/// Of several vantages: their writes united, on one time axis.
LedgerVerdicts check_ledger(const Evidence& evidence, const RowIndex& rows,
                            std::optional<OnsetBounds> onset, const Clocks& clocks = {});

/// Acknowledged, and absent from the final reads; never true where nothing was read.
bool is_lost(const Record& record, const RowIndex& rows);

}  // namespace drill
