#include "sidecar/database_words.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sidecar/watch_words.h"

namespace sidecar {
namespace {

double millis(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

double seconds(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

api::Node count(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

api::Node server_node(const DatabaseAnswer& answer) {
  api::Node out = api::Node::map()
                      .set("version", answer.version)
                      .set("inRecovery", answer.in_recovery)
                      .set("readOnly", answer.read_only)
                      .set("connections", answer.connections)
                      .set("connectionsMax", answer.connections_max);
  if (answer.lag_seconds) out.set("replicationLagSeconds", *answer.lag_seconds);
  return out;
}

api::Node pool_node(const probes::PgPoolStats& pool) {
  api::Node out = api::Node::map()
                      .set("size", count(pool.size))
                      .set("idle", count(pool.idle))
                      .set("busy", count(pool.busy))
                      .set("waiting", count(pool.waiting))
                      .set("created", count(pool.created))
                      .set("acquired", count(pool.acquired))
                      .set("queries", count(pool.queries))
                      .set("errors", count(pool.errors))
                      .set("timeouts", count(pool.timeouts))
                      .set("slowQueries", count(pool.slow))
                      .set("heldTooLong", count(pool.held))
                      .set("waitedMaxMs", millis(pool.waited_max));
  if (!pool.last_error.empty()) out.set("lastError", pool.last_error);
  return out;
}

/// Of one metric without labels.
std::string family(std::string_view name, std::string_view help, double value) {
  return fmt::format("# HELP muster_db_{0} {1}\n# TYPE muster_db_{0} {2}\nmuster_db_{0} {3}\n",
                     name, help, name.ends_with("_total") ? "counter" : "gauge", value);
}

std::string server_exposition(const DatabaseAnswer& answer) {
  std::string out = family("in_recovery", "Whether the server is a standby.", answer.in_recovery);
  out += family("read_only", "Whether the server takes no writes.",
                answer.in_recovery || answer.read_only);
  out += family("server_connections", "Of clients, that are taken.", answer.connections);
  out += family("server_connections_max", "Of clients, that there may be.", answer.connections_max);
  if (answer.lag_seconds) {
    out += family("replication_lag_seconds",
                  "How far the standby, or the slowest of the primary, is behind.",
                  *answer.lag_seconds);
  }
  return out;
}

std::string pool_exposition(const probes::PgPoolStats& pool) {
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  std::string out = family("pool_size", "Connections that the pool may have.", number(pool.size));
  out += fmt::format(
      "# HELP muster_db_pool_connections Connections of the pool.\n"
      "# TYPE muster_db_pool_connections gauge\n"
      "muster_db_pool_connections{{state=\"idle\"}} {}\n"
      "muster_db_pool_connections{{state=\"busy\"}} {}\n",
      pool.idle, pool.busy);
  out += family("pool_waiting", "Who want a connection and have none.", number(pool.waiting));
  out += family("pool_created_total", "Connections that were made.", number(pool.created));
  out += family("pool_acquired_total", "Connections that were given out.", number(pool.acquired));
  out += family("pool_queries_total", "Statements that were sent.", number(pool.queries));
  out += family("pool_errors_total", "Connects and statements that failed.", number(pool.errors));
  out += family("pool_timeouts_total", "Of them, by time.", number(pool.timeouts));
  out += family("pool_slow_queries_total", "Statements that took too long.", number(pool.slow));
  out += family("pool_held_too_long_total", "Connections that were.", number(pool.held));
  out += family("pool_wait_max_seconds", "The longest wait for one.", seconds(pool.waited_max));
  return out;
}

}  // namespace

api::Node database_node(const DatabaseView& view) {
  api::Node out = health_node(view.verdict);
  const DatabaseSeen& seen = view.seen;
  if (!seen.error.empty()) out.set("error", seen.error);
  if (!seen.sqlstate.empty()) out.set("sqlstate", seen.sqlstate);
  if (seen.at) out.set("checkedAt", base::rfc3339(*seen.at));
  if (seen.began) out.set("pendingMs", millis(view.now - *seen.began));
  if (seen.answer) {
    out.set("answerMs", millis(seen.took));
    out.set("server", server_node(*seen.answer));
  }
  return out.set("pool", pool_node(view.pool));
}

std::string database_exposition(const DatabaseView& view) {
  const bool reached = std::ranges::none_of(
      view.verdict.issues, [](const alert::Issue& issue) { return issue.name == "unreachable"; });
  std::string out =
      family("up", "Whether the database answers.", view.seen.answer.has_value() && reached);
  out +=
      "# HELP muster_db_health 1 for the present verdict.\n"
      "# TYPE muster_db_health gauge\n";
  for (const auto health : {alert::Health::Unknown, alert::Health::Healthy, alert::Health::Degraded,
                            alert::Health::Unhealthy}) {
    out += fmt::format("muster_db_health{{verdict=\"{}\"}} {}\n", alert::name(health),
                       health == view.verdict.health ? 1 : 0);
  }
  if (view.seen.answer) {
    out += family("answer_seconds", "What the last look took.", seconds(view.seen.took));
    out += server_exposition(*view.seen.answer);
  }
  return out + pool_exposition(view.pool);
}

}  // namespace sidecar
