// The ledger on disk: what the prober was about to send and what became of it, so that a drill that
// died at any instant can still be judged. One fdatasync reserves the schedule of the next second
// (stream, first and last seq, start times) BEFORE any of its operations is sent; completions
// follow without a sync of their own. An operation that is reserved but has no record was perhaps
// sent: the reader makes it Info, which is never counted lost nor kept.
//
// File: frames, each with length, kind, checksums and the offset that was known to be durable when
// it was written (store/ledger_format.h). That offset tells a torn tail from damage: a broken frame
// is a torn tail, and dropped with what follows, unless a later frame says that the place had been
// synced: then the file is damaged and refused with the offset.
//
// Writing happens on the writer's own thread: a slow disk delays reservations (the prober then
// records NotSent and a stall), it never delays an operation that may be sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drill/evidence.h"
#include "drill/record.h"
#include "store/ledger_file.h"

namespace store {

/// Operations first_seq … last_seq of a stream are due at first_due + (seq − first_seq)·interval.
struct Reservation {
  drill::StreamId stream;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  base::TimePoint first_due{};
  base::Duration interval{};
  bool operator==(const Reservation&) const = default;
};

class LedgerWriter {
 public:
  /// Writes the header and syncs it before it returns.
  static base::Result<std::unique_ptr<LedgerWriter>> create(std::unique_ptr<LedgerFile> file,
                                                            const std::string& drill_id,
                                                            drill::ClockAnchor anchor);
  /// close(), its error dropped.
  ~LedgerWriter();

  /// Queues; the writer's thread does the rest. Thread: any.
  void add_stream(drill::StreamInfo stream);
  void add_server(std::uint16_t id, std::string name, std::string instance);
  void add_anchor(drill::ClockAnchor anchor);
  void add_stall(drill::StreamId stream, drill::Stall stall);
  void append(std::vector<drill::Record> records);
  /// Returns a ticket; reservations of one call share one fdatasync.
  std::uint64_t reserve(std::vector<Reservation> reservations);
  /// The stream stopped: what is reserved beyond `last_used` was never sent.
  void release(drill::StreamId stream, std::uint64_t last_used);

  /// The reservation with this ticket is on disk: its operations may be sent. Thread: any, cheap.
  bool durable(std::uint64_t ticket) const;
  /// A write or sync failed; nothing is written any more. Thread: any, cheap.
  bool failed() const;
  std::optional<base::Error> error() const;

  /// Writes what is queued and the end mark, syncs, ends the thread. Errors: the first failure.
  base::Result<> close();

 private:
  class Impl;
  explicit LedgerWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What a ledger file says.
struct Ledger {
  std::string drill_id;
  std::vector<drill::ClockAnchor> anchors;
  std::vector<drill::StreamInfo> streams;
  std::vector<std::string> servers;           // [0] = ""
  std::vector<std::string> server_instances;  // parallel
  std::vector<drill::Record> records;         // sorted by (stream, seq), unknown ones included
  std::vector<drill::Stall> stalls;
  std::uint64_t unknown = 0;  // reserved, without completion: Info, stamps kNever but scheduled
  bool closed = false;        // the end mark is there
  std::uint64_t torn_at = 0;  // offset where a torn tail was dropped; 0: none
};

/// Errors: InvalidArgument (no ledger, a later version), DataLoss with the offset (damaged).
base::Result<Ledger> parse_ledger(std::string_view bytes);
base::Result<Ledger> read_ledger(const std::string& path);

}  // namespace store
