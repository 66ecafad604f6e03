// What a client sees of one PostgreSQL instance: is it there, is it primary or standby, on which
// timeline, how far behind. This is what conditions (`postgres: {instance, state, withinBytes}`),
// the status line and the lag samples are made of; it is real detection, made of what an operator
// could see, never of the injector's knowledge.
//
// Lag is what the primary has and the standby has not replayed: it needs both. On the primary the
// rows of pg_stat_replication tell it, with times; on a standby the primary among the other
// instances is asked. Without a primary the lag is unknown, never 0. PostgreSQL's replay_lag is not
// how late a standby replays: it ends when the primary hears of the replay, so it holds the way
// there and back, and it is null on an idle primary.
//
// Every look is a connection of its own: a connection that was open before the fault would answer
// for a server that takes no new ones. The runner joins PgInstances with targets::SqlClient.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "probes/pg_connection.h"
#include "probes/pg_ledger.h"

namespace probes {

/// A standby as its primary sees it.
struct PgStandbyLag {
  std::string application;                     // usually the standby's cluster_name
  std::string state;                           // streaming, catchup …
  std::string sync;                            // async, sync, quorum …
  std::optional<std::uint64_t> bytes;          // written by the primary, not known to be replayed
  std::optional<base::Duration> replay_heard;  // replay_lag: flushed here to heard of the replay
};

struct PgInstanceView {
  enum class Role : std::uint8_t { Down, Standby, Primary };
  Role role = Role::Down;
  std::string detail;      // down: why
  PgIdentity identity;     // up
  bool read_only = false;  // default_transaction_read_only
  std::uint64_t sessions = 0, sessions_max = 0;
  std::vector<PgStandbyLag> standbys;      // of a primary
  std::optional<std::uint64_t> lag_bytes;  // of a standby whose primary answers
};
const char* name(PgInstanceView::Role role);

class PgInstances {
 public:
  /// Lifetime: the clock outlives it. `limit`: for a look, connecting included.
  PgInstances(aio::Clock& clock, std::map<std::string, PgAddress> addresses,
              base::Duration limit = base::seconds(2));

  /// One statement on an instance over a connection of its own.
  /// Errors: NotFound (no such instance), Unavailable (not connected, nothing was sent),
  /// FailedPrecondition (the server refused, with SQLSTATE), DeadlineExceeded (sent, no answer),
  /// Cancelled.
  aio::Task<base::Result<PgResult>> query(std::string instance, std::string statement,
                                          base::Duration limit, std::stop_token stop);

  /// What a client sees. Being down is a view. Errors: NotFound, Cancelled.
  aio::Task<base::Result<PgInstanceView>> look(std::string instance, std::stop_token stop);

 private:
  aio::Task<PgOutcome<PgResult>> ask(PgAddress address, PgQuery query, base::Duration limit,
                                     std::stop_token stop);
  aio::Task<std::optional<std::uint64_t>> primary_position(std::string except,
                                                           base::TimePoint until,
                                                           std::stop_token stop);

  aio::Clock& clock_;
  std::map<std::string, PgAddress> addresses_;
  base::Duration limit_;
};

}  // namespace probes
