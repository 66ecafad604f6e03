#include "sidecar/options_database.h"

#include <fmt/format.h>

#include "probes/pg_address_url.h"
#include "sidecar/options_flags.h"

namespace sidecar {
void database_flags(CLI::App& app, RawDatabase& raw, DatabaseSettings& database) {
  app.add_option("--database", database.url,
                 "the application's PostgreSQL, whose health is told, "
                 "postgresql://USER@HOST:PORT/DATABASE, without a password; default: none");
  app.add_option("--database-password-file", database.password_file,
                 "its password; default: MUSTER_DATABASE_PASSWORD, else as libpq finds one "
                 "(PGPASSWORD, PGPASSFILE)");
  app.add_option("--database-pool-size", database.pool_size, "connections to it at once, at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--database-attempts", database.attempts, "to connect, before it is unreachable")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  seconds_flag(app, "--database-attempt-gap-seconds", raw.gap, "from one of them to the next");
  seconds_flag(app, "--database-connect-seconds", raw.connect, "to connect");
  seconds_flag(app, "--database-query-seconds", raw.query, "for a query");
  seconds_flag(app, "--database-slow-query-seconds", raw.slow, "a query that takes more is logged");
  seconds_flag(app, "--database-held-seconds", raw.held,
               "a connection that is held for longer is logged");
  seconds_flag(app, "--database-check-seconds", raw.check, "from one look at it to the next");
  seconds_flag(app, "--database-lag-seconds-max", raw.lag,
               "how far a replica may be behind its primary");
  app.add_flag("!--database-may-be-read-only", database.must_be_writable,
               "one that takes no writes, such as a replica, is healthy");
}

base::Result<> settle_database(const RawDatabase& raw, DatabaseSettings& database) {
  database.attempt_gap = base::seconds(raw.gap);
  database.connect = base::seconds(raw.connect);
  database.query = base::seconds(raw.query);
  database.slow_query = base::seconds(raw.slow);
  database.held = base::seconds(raw.held);
  database.check_every = base::seconds(raw.check);
  database.lag_max = base::seconds(raw.lag);
  if (database.url.empty()) return {};
  const auto address = probes::parse_pg_address(database.url);
  if (address) return {};
  return base::fail(address.error().code, "--database: " + address.error().message);
}

}  // namespace sidecar
