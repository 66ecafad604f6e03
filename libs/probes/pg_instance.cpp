#include "probes/pg_instance.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "aio/deadline.h"

namespace probes {

using drill::Cause;

namespace {
constexpr std::size_t kIdentityColumns = 5;

// After the identity: read-only, sessions, the most sessions (of the server, or of this role beside
// the sessions of others).
constexpr const char* kState =
    ", current_setting('default_transaction_read_only'), "
    "(select count(*) from pg_stat_activity where backend_type = 'client backend'), "
    "(select least(current_setting('max_connections')::int8 - "
    "current_setting('superuser_reserved_connections')::int8, "
    "case when rolconnlimit >= 0 and not rolsuper then rolconnlimit + (select count(*) "
    "from pg_stat_activity where backend_type = 'client backend' and usename <> current_user) end) "
    "from pg_roles where rolname = current_user)";

// greatest() passes over nulls: a standby that has told nothing yet would be 0 bytes behind.
constexpr const char* kStandbys =
    "select application_name, state, sync_state, case when replay_lsn is not null then "
    "greatest(0, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), replay_lsn))::int8 end, "
    "extract(epoch from replay_lag) from pg_stat_replication "
    "where state in ('streaming', 'catchup') order by 1";

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<base::Duration> duration(std::string_view seconds) {
  double value = 0;
  const auto parsed = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  if (parsed.ec != std::errc() || value < 0 || value > 1e9) return std::nullopt;
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(value));
}

PgQuery statement(std::string text) {
  PgQuery query;
  query.text = std::move(text);
  return query;
}

PgInstanceView view_of(const PgResult& state) {
  PgInstanceView view;
  view.identity = identity_of(state, 0);
  view.role =
      view.identity.in_recovery ? PgInstanceView::Role::Standby : PgInstanceView::Role::Primary;
  view.read_only = state.cell(0, kIdentityColumns) == "on";
  view.sessions = number(state.cell(0, kIdentityColumns + 1));
  view.sessions_max = number(state.cell(0, kIdentityColumns + 2));
  view.detail = view.identity.name();
  return view;
}

std::vector<PgStandbyLag> standbys_of(const PgResult& result) {
  std::vector<PgStandbyLag> standbys;
  for (std::size_t row = 0; row < result.rows.size(); ++row) {
    PgStandbyLag& standby = standbys.emplace_back();
    standby.application = result.cell(row, 0);
    standby.state = result.cell(row, 1);
    standby.sync = result.cell(row, 2);
    if (!result.cell(row, 3).empty()) standby.bytes = number(result.cell(row, 3));
    standby.replay_heard = duration(result.cell(row, 4));
  }
  return standbys;
}
}  // namespace

const char* name(PgInstanceView::Role role) {
  switch (role) {
    case PgInstanceView::Role::Down: return "Down";
    case PgInstanceView::Role::Standby: return "Standby";
    case PgInstanceView::Role::Primary: return "Primary";
  }
  return "Down";
}

PgInstances::PgInstances(aio::Clock& clock, std::map<std::string, PgAddress> addresses,
                         base::Duration limit)
    : clock_(clock), addresses_(std::move(addresses)), limit_(limit) {}

aio::Task<PgOutcome<PgResult>> PgInstances::ask(PgAddress address, PgQuery query,
                                                base::Duration limit, std::stop_token stop) {
  const auto executor = co_await aio::asio::this_coro::executor;
  aio::Deadline deadline(clock_, executor, clock_.now() + limit, stop);
  PgConnection connection(executor, std::move(address));
  auto connected = co_await connection.open(deadline.token());
  auto outcome = connected ? co_await connection.run(std::move(query), deadline.token())
                           : PgOutcome<PgResult>(tl::unexpected(connected.error()));
  if (!outcome && outcome.error().cause == Cause::Stopped && deadline.expired()) {
    outcome.error().cause = outcome.error().sent ? Cause::Timeout : Cause::ConnectTimeout;
    outcome.error().message = "no answer within " + base::human(limit);
  }
  co_return outcome;
}

aio::Task<base::Result<PgResult>> PgInstances::query(std::string instance, std::string text,
                                                     base::Duration limit, std::stop_token stop) {
  const auto found = addresses_.find(instance);
  if (found == addresses_.end()) {
    co_return base::fail(base::Code::NotFound, "no database instance is named " + instance);
  }
  auto outcome = co_await ask(found->second, statement(std::move(text)), limit, std::move(stop));
  if (outcome) co_return std::move(*outcome);
  base::Error error = outcome.error().error().with(instance);
  if (!outcome.error().sent && error.code == base::Code::DeadlineExceeded) {
    error.code = base::Code::Unavailable;  // nothing was sent
  }
  co_return tl::unexpected(std::move(error));
}

aio::Task<base::Result<PgInstanceView>> PgInstances::look(std::string instance,
                                                          std::stop_token stop) {
  const auto found = addresses_.find(instance);
  if (found == addresses_.end()) {
    co_return base::fail(base::Code::NotFound, "no database instance is named " + instance);
  }
  const std::string text = PgLedger::identity().text + kState;
  const base::TimePoint until = clock_.now() + limit_;
  auto state = co_await ask(found->second, statement(text), limit_, stop);
  if (stop.stop_requested()) co_return base::fail(base::Code::Cancelled, "stopped");
  PgInstanceView view;
  if (!state) {
    view.detail = state.error().message;
    co_return view;
  }
  view = view_of(*state);
  if (view.role == PgInstanceView::Role::Primary) {
    const auto standbys =
        co_await ask(found->second, statement(kStandbys), until - clock_.now(), stop);
    if (standbys) view.standbys = standbys_of(*standbys);
  } else if (const auto position = co_await primary_position(instance, until, stop)) {
    view.lag_bytes = *position - std::min(*position, view.identity.position);
  }
  co_return view;
}

aio::Task<std::optional<std::uint64_t>> PgInstances::primary_position(std::string except,
                                                                      base::TimePoint until,
                                                                      std::stop_token stop) {
  for (const auto& other : addresses_) {
    if (other.first == except) continue;
    // Among several others, one that hangs must not use up the time of the rest.
    const base::Duration share = std::min(until - clock_.now(), limit_ / 3);
    const auto answer = co_await ask(other.second, PgLedger::identity(), share, stop);
    if (!answer) continue;
    const PgIdentity identity = identity_of(*answer, 0);
    if (!identity.in_recovery) co_return identity.position;
  }
  co_return std::nullopt;
}

}  // namespace probes
