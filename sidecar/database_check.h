// What a look at the database asks and how its answer is judged. Pure.
//
// Every role may ask it. What a role may not see (the lag of standbys, for who is no pg_monitor) is
// NULL, and so not measured; that is no reason to be unhealthy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "alert/health.h"
#include "base/result.h"
#include "base/time.h"
#include "probes/pg_pool.h"
#include "sidecar/settings.h"

namespace sidecar {

/// One row; its columns are read by read_database_answer(). Of PostgreSQL 12 or newer.
extern const char* const kDatabaseStatement;

struct DatabaseAnswer {
  std::string version;                  // "15.3"
  bool in_recovery = false;             // a standby
  bool read_only = false;               // a transaction of ours would be
  double connections = 0;               // of clients, all databases
  double connections_max = 0;           // those kept for superusers left out
  std::optional<double> lag_seconds{};  // of this standby, or of this primary's slowest

  bool operator==(const DatabaseAnswer&) const = default;
};

/// Errors: Internal, naming the column: it is not what was asked for.
base::Result<DatabaseAnswer> read_database_answer(const probes::PgResult& result);

/// What is known after the last look, and of one that is under way.
struct DatabaseSeen {
  std::optional<DatabaseAnswer> answer{};  // of the last look; none: it failed
  std::string error, sqlstate;             // why
  base::Duration took{};                   // the statement
  std::optional<base::WallTime> at{};      // when it ended; none: there was none yet
  std::optional<base::TimePoint> began{};  // one is under way

  /// The server has no connection left for us.
  bool is_full() const { return sqlstate == "53300"; }
};

/// A look that has been under way for longer than a query may take without being called slow is an
/// answer that late; one that is longer than a connection may take is no answer.
alert::DatabaseSample sample_of(const DatabaseSeen& seen, const probes::PgPoolStats& pool,
                                const DatabaseSettings& settings, base::TimePoint now);

alert::DatabaseLimits limits_of(const DatabaseSettings& settings, const AlertSettings& alerts);

}  // namespace sidecar
