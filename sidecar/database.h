// Looks after the application's database: asks it every ten seconds how it is, through a pool of
// its own (requirement R8), and tells it on /health/database and in the metrics. One look at a
// time: a database that hangs is not given more connections to hang.
//
// It lives on the thread of the admin port and waits for nothing there. A page is answered from
// what the last look found, so that who asks often costs the database nothing. libpq is loaded when
// a database was named, and not else.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "net/http_server.h"
#include "probes/pg_pool.h"
#include "sidecar/database_check.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Whether a look could be made: libpq is there, and the file of the password.
/// Errors: NotFound, or what the file system says.
base::Result<> check_database(const DatabaseSettings& settings);

/// Thread: that of the admin port.
class Database {
 public:
  /// Lifetime: the clock outlives it. Errors: as check_database().
  static base::Result<std::unique_ptr<Database>> create(aio::Clock& clock,
                                                        const aio::Executor& executor,
                                                        const DatabaseSettings& settings);

  aio::Task<base::Result<>> run(std::stop_token stop);
  /// Other limits than the defaults, from now on.
  void judge_by(const AlertSettings& alerts) { alerts_ = alerts; }

  /// 200 or 503, with what is wrong, in JSON.
  net::HttpReply health() const;
  /// For the thresholds of the pod; none: it is not known.
  std::optional<double> connections_percent() const;
  std::string exposition() const;

 private:
  Database(aio::Clock& clock, const aio::Executor& executor, const DatabaseSettings& settings,
           probes::PgAddress address);
  aio::Task<> look(std::stop_token stop);
  aio::Task<probes::PgOutcome<probes::PgResult>> ask(std::stop_token stop);
  void take(const probes::PgOutcome<probes::PgResult>& outcome);
  void fail(std::string error, std::string sqlstate);
  alert::Verdict verdict() const;

  aio::Clock& clock_;
  DatabaseSettings settings_;
  AlertSettings alerts_;
  probes::PgPool pool_;
  DatabaseSeen seen_;
  base::Duration took_{};
};

}  // namespace sidecar
