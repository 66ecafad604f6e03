// The streams of a `postgres` probe (measurement.md §2), as Operations of the prober:
//   A  ServiceNew   insert through the service address, a new connection per operation
//   B  ServiceOpen  the same over open connections
//   C  PinnedOpen   insert straight into each instance, over connections opened before the fault
//   D  PinnedNew    the same with a new connection per operation
//   R  ReadService, ReadPinned   highest ledger seq that is seen there
//   W  Ledger       acknowledged inserts through the service address: what the RPO is judged by
// A to D write as well, because only a write tells a primary from a standby: the first good one on
// a pinned stream is the promotion, and an isolated primary that goes on committing is seen. Their
// rows lie in the same table under their own stream numbers and never count for the RPO.
//
// The stream numbers are set between Prober::add and Prober::start.
#pragma once

#include <string>
#include <vector>

#include "probes/pg_streams.h"

namespace probes {

struct PgInstanceAddress {
  std::string name;
  PgAddress address;
};

/// The fields of a plan's `postgres` probe, resolved.
struct PgProbe {
  std::string name;
  PgAddress service;
  std::vector<PgInstanceAddress> instances;
  int writes_per_second = 100;
  base::Duration interval = base::millis(100);     // Δ of A, B, C, D and R
  base::Duration deadline = base::seconds(1);      // D
  base::Duration ack_timeout = base::seconds(30);  // W
  bool reads = true;
  bool decides = true;  // W is judged by the objectives
};

/// A stream that can be given to Prober::add. `number` gets what add() returns.
struct PgStream {
  StreamSpec spec;
  std::unique_ptr<Operation> operation;
  StreamNumber number;
};

/// All streams of the probe; the ledger stream comes first.
std::vector<PgStream> pg_streams(const PgProbe& probe, PgShared shared);

/// Adds them to the prober and tells them their numbers. They run once Prober::start is called.
base::Result<std::vector<drill::StreamId>> add_streams(Prober& prober,
                                                       std::vector<PgStream> streams);

/// Connections that the probe may hold at a time, of all its streams: to be compared with
/// max_connections before a drill starts.
std::size_t connections_max(const PgProbe& probe);

}  // namespace probes
