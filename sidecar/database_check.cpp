#include "sidecar/database_check.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace sidecar {
namespace {

enum Column : std::size_t { Version, InRecovery, ReadOnly, Connections, ConnectionsMax, Lag };

base::Result<double> number(const probes::PgResult& result, Column column) {
  const std::string_view text = result.cell(0, column);
  double out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && std::isfinite(out)) {
    return out;
  }
  return base::fail(base::Code::Internal,
                    fmt::format("column {} of the database's answer: '{}' is no number",
                                static_cast<std::size_t>(column), text));
}

bool is_true(const probes::PgResult& result, Column column) {
  return result.cell(0, column) == "t";
}

double millis(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace

// A standby that has replayed all that it received is not behind while it receives; one that
// receives nothing is behind by the time since its last transaction.
const char* const kDatabaseStatement = R"(
select current_setting('server_version'),
       pg_is_in_recovery(),
       current_setting('transaction_read_only') = 'on',
       (select count(*) from pg_stat_activity
         where datid is not null and coalesce(backend_type, 'client backend') = 'client backend'),
       current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true), '0')::int,
       case when not pg_is_in_recovery()
            then (select max(extract(epoch from replay_lag)) from pg_stat_replication)
            when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                 and exists (select from pg_stat_wal_receiver) then 0
            else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end
)";

base::Result<DatabaseAnswer> read_database_answer(const probes::PgResult& result) {
  if (result.rows.size() != 1 || result.rows.front().size() != Lag + 1) {
    return base::fail(base::Code::Internal, "the database's answer has another shape");
  }
  DatabaseAnswer out;
  out.version = result.cell(0, Version);
  out.in_recovery = is_true(result, InRecovery);
  out.read_only = is_true(result, ReadOnly);
  TRY(out.connections, number(result, Connections));
  TRY(out.connections_max, number(result, ConnectionsMax));
  if (result.cell(0, Lag).empty()) return out;
  TRY(const double lag, number(result, Lag));
  out.lag_seconds = std::max(lag, 0.0);  // clocks of two machines differ
  return out;
}

alert::DatabaseSample sample_of(const DatabaseSeen& seen, const probes::PgPoolStats& pool,
                                const DatabaseSettings& settings, base::TimePoint now) {
  alert::DatabaseSample out;
  const base::Duration pending = seen.began ? now - *seen.began : base::Duration(0);
  if (!seen.at && pending <= settings.connect) return out;
  out.waiting = static_cast<double>(pool.waiting);
  out.answers = seen.answer.has_value() && pending <= settings.connect;
  if (seen.is_full()) out.connections_percent = 100;
  if (!*out.answers) return out;
  out.answer_ms = millis(pending > settings.slow_query ? std::max(pending, seen.took) : seen.took);
  const DatabaseAnswer& answer = *seen.answer;
  if (answer.connections_max > 0) {
    out.connections_percent = std::min(100.0, 100 * answer.connections / answer.connections_max);
  }
  out.writable = !answer.in_recovery && !answer.read_only;
  out.lag_seconds = answer.lag_seconds;
  return out;
}

alert::DatabaseLimits limits_of(const DatabaseSettings& settings, const AlertSettings& alerts) {
  alert::DatabaseLimits out;
  out.connections = alerts.thresholds[alert::index(alert::Measure::DatabaseConnections)];
  out.answer_ms = base::to_millis(
      alerts.operations[static_cast<std::size_t>(alert::OperationKind::DatabaseQuery)]);
  out.lag_seconds = static_cast<double>(settings.lag_max / base::seconds(1));
  out.must_be_writable = settings.must_be_writable;
  return out;
}

}  // namespace sidecar
