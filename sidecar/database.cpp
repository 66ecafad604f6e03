#include "sidecar/database.h"

#include <utility>

#include <fmt/format.h>

#include "probes/on_demand/libpq.h"
#include "probes/pg_address_url.h"
#include "sidecar/database_words.h"
#include "sidecar/log.h"
#include "sidecar/replies.h"
#include "sidecar/secret.h"

namespace sidecar {

using probes::PgOutcome;
using probes::PgResult;

namespace {

probes::PgPoolSettings pool_settings(const DatabaseSettings& settings, probes::PgAddress address) {
  probes::PgPoolSettings out;
  out.address = std::move(address);
  out.size = settings.pool_size;
  out.attempts = settings.attempts;
  out.attempt_gap = settings.attempt_gap;
  out.connect_timeout = settings.connect;
  out.query_timeout = settings.query;
  out.slow_query = settings.slow_query;
  out.held_too_long = settings.held;
  return out;
}

void warn(const probes::PgPoolWarning& warning) {
  const bool slow = warning.kind == probes::PgPoolWarning::Kind::SlowQuery;
  log(Level::Warning,
      slow ? "a query of the database was slow" : "a connection of the database is held for long",
      {{"what", slow ? "health check" : warning.what}, {"took", base::human(warning.took)}});
}

}  // namespace

base::Result<> check_database(const DatabaseSettings& settings) {
  if (settings.url.empty()) return {};
  TRY(probes::parse_pg_address(settings.url));
  TRY(database_password(settings.password_file));
  return probes::load_libpq();
}

Database::Database(aio::Clock& clock, const aio::Executor& executor,
                   const DatabaseSettings& settings, probes::PgAddress address)
    : clock_(clock),
      settings_(settings),
      pool_(executor, clock, pool_settings(settings, std::move(address)), warn) {}

base::Result<std::unique_ptr<Database>> Database::create(aio::Clock& clock,
                                                         const aio::Executor& executor,
                                                         const DatabaseSettings& settings) {
  TRY(check_database(settings));
  TRY(probes::PgAddress address, probes::parse_pg_address(settings.url));
  if (address.application == "muster") address.application = "muster-sidecar";
  return std::unique_ptr<Database>(new Database(clock, executor, settings, std::move(address)));
}

aio::Task<base::Result<>> Database::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    co_await look(stop);
    co_await aio::wait_for(clock_, settings_.check_every, stop);
  }
  pool_.close_idle();
  co_return base::Result<>{};
}

/// The password is read again each time: who replaces it need not start anything anew.
aio::Task<> Database::look(std::stop_token stop) {
  auto password = database_password(settings_.password_file);
  if (!password) {
    fail(password.error().message, "");
    co_return;
  }
  pool_.use_password(std::move(*password));
  seen_.began = clock_.now();
  const PgOutcome<PgResult> outcome = co_await ask(stop);
  seen_.began.reset();
  if (!stop.stop_requested()) take(outcome);
}

aio::Task<PgOutcome<PgResult>> Database::ask(std::stop_token stop) {
  auto lease = co_await pool_.acquire("health check", stop);
  if (!lease) co_return tl::unexpected(lease.error());
  probes::PgQuery query;
  query.text = kDatabaseStatement;
  const base::TimePoint asked = clock_.now();
  auto outcome = co_await lease->run(std::move(query), stop);
  took_ = clock_.now() - asked;
  co_return outcome;
}

void Database::take(const PgOutcome<PgResult>& outcome) {
  if (!outcome) return fail(outcome.error().message, outcome.error().sqlstate);
  auto answer = read_database_answer(*outcome);
  if (!answer) return fail(answer.error().message, "");
  if (!seen_.answer && seen_.at) log(Level::Info, "the database answers again");
  seen_.answer = std::move(*answer);
  seen_.error.clear();
  seen_.sqlstate.clear();
  seen_.took = took_;
  seen_.at = clock_.wall_now();
}

/// Said once, and again when it is another reason.
void Database::fail(std::string error, std::string sqlstate) {
  if (seen_.answer || !seen_.at || seen_.sqlstate != sqlstate) {
    log(Level::Warning, "the database does not answer", {{"error", error}, {"sqlstate", sqlstate}});
  }
  seen_.answer.reset();
  seen_.error = std::move(error);
  seen_.sqlstate = std::move(sqlstate);
  seen_.at = clock_.wall_now();
}

alert::Verdict Database::verdict() const {
  return alert::judge_database(limits_of(settings_, alerts_),
                               sample_of(seen_, pool_.stats(), settings_, clock_.now()));
}

net::HttpReply Database::health() const {
  const alert::Verdict judged = verdict();
  return json_reply(static_cast<unsigned>(alert::http_status(judged.health)),
                    database_node({seen_, pool_.stats(), judged, clock_.now()}));
}

std::optional<double> Database::connections_percent() const {
  return sample_of(seen_, pool_.stats(), settings_, clock_.now()).connections_percent;
}

std::string Database::exposition() const {
  return database_exposition({seen_, pool_.stats(), verdict(), clock_.now()});
}

}  // namespace sidecar
