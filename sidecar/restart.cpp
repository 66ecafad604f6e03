#include "sidecar/restart.h"

#include <tuple>
#include <utility>

namespace sidecar {
namespace {

class Keeping {
 public:
  Keeping(const Settings& in_force, const Settings& wanted)
      : in_force_(in_force), change_{wanted, {}} {}

  /// `at`: where the setting lies.
  template <class At>
  void keep(const char* flag, At at) {
    if (at(change_.settings) == at(in_force_)) return;
    change_.needs_restart.emplace_back(flag);
    at(change_.settings) = at(in_force_);
  }

  Change take() { return std::move(change_); }

 private:
  const Settings& in_force_;
  Change change_;
};

/// Their ports and connections, and what stands in tables of fixed size, are made at the start.
void keep_receivers_and_exports(Keeping& keeping) {
  keeping.keep("--concurrency-max",
               [](auto& settings) { return std::tie(settings.concurrency_max); });
  keeping.keep("--statsd-listen",
               [](auto& settings) { return std::tie(settings.ingest.statsd_listen); });
  keeping.keep("--otlp-listen",
               [](auto& settings) { return std::tie(settings.ingest.otlp_listen); });
  keeping.keep("--rum-path", [](auto& settings) { return std::tie(settings.ingest.rum_path); });
  keeping.keep("--rum-listen", [](auto& settings) { return std::tie(settings.ingest.rum_listen); });
  keeping.keep("--rum-origin",
               [](auto& settings) { return std::tie(settings.ingest.rum_origins); });
  keeping.keep("--export-otlp", [](auto& settings) { return std::tie(settings.exports.otlp_url); });
  keeping.keep("--export-header-file",
               [](auto& settings) { return std::tie(settings.exports.header_files); });
  keeping.keep("--export-ca-file",
               [](auto& settings) { return std::tie(settings.exports.ca_file); });
  keeping.keep("--export-delta", [](auto& settings) { return std::tie(settings.exports.delta); });
  keeping.keep("--export-dogstatsd",
               [](auto& settings) { return std::tie(settings.exports.dogstatsd); });
  keeping.keep("--export-seconds", [](auto& settings) { return std::tie(settings.exports.every); });
  keeping.keep("--export-service",
               [](auto& settings) { return std::tie(settings.exports.service); });
}

/// What a series was is judged by what it is judged by; what is watched, kept and told how often is
/// made at the start.
void keep_outlook(Keeping& keeping) {
  keeping.keep("--disk-path", [](auto& settings) { return std::tie(settings.alerts.disk_paths); });
  keeping.keep("--samples-kept",
               [](auto& settings) { return std::tie(settings.alerts.samples_kept); });
  keeping.keep("--alert-cooldown-seconds",
               [](auto& settings) { return std::tie(settings.alerts.cooldown); });
  keeping.keep("--no-anomalies", [](auto& settings) { return std::tie(settings.outlook.on); });
  keeping.keep("--anomaly-warning-score",
               [](auto& settings) { return std::tie(settings.outlook.warning_above); });
  keeping.keep("--anomaly-critical-score",
               [](auto& settings) { return std::tie(settings.outlook.critical_above); });
  keeping.keep("--forecast-steps",
               [](auto& settings) { return std::tie(settings.outlook.forecast.steps); });
  keeping.keep("--forecast-ratio",
               [](auto& settings) { return std::tie(settings.outlook.forecast.ratio); });
}

/// What is stored, and the link to Redis, are made at the start.
void keep_cache_and_redis(Keeping& keeping) {
  keeping.keep("--redis", [](auto& settings) { return std::tie(settings.redis.server); });
  keeping.keep("--redis-prefix", [](auto& settings) { return std::tie(settings.redis.prefix); });
  keeping.keep("--redis-password-file",
               [](auto& settings) { return std::tie(settings.redis.password_file); });
  keeping.keep("--redis-tls", [](auto& settings) { return std::tie(settings.redis.tls); });
  keeping.keep("--redis-ca-file", [](auto& settings) { return std::tie(settings.redis.ca_file); });
  keeping.keep("--limits-without-redis",
               [](auto& settings) { return std::tie(settings.redis.fail_closed); });
  keeping.keep("--limits-closed-after-seconds",
               [](auto& settings) { return std::tie(settings.redis.closed_after); });
  keeping.keep("--cache-bytes-max",
               [](auto& settings) { return std::tie(settings.cache.bytes_max); });
  keeping.keep("--cache-entries-max",
               [](auto& settings) { return std::tie(settings.cache.entries_max); });
  keeping.keep("--cache-seconds-max",
               [](auto& settings) { return std::tie(settings.cache.fresh_for); });
  keeping.keep("--cache-entry-bytes-max",
               [](auto& settings) { return std::tie(settings.cache.entry_bytes_max); });
  keeping.keep("--cache-route", [](auto& settings) { return std::tie(settings.cache.routes); });
  keeping.keep("--cache-wait-seconds",
               [](auto& settings) { return std::tie(settings.cache.wait); });
  keeping.keep("--cache-redis", [](auto& settings) { return std::tie(settings.cache.redis); });
  keeping.keep("--cache-redis-seconds",
               [](auto& settings) { return std::tie(settings.cache.redis_for); });
}

/// The admin port, and the pool of the database, are made at the start.
void keep_admin_and_database(Keeping& keeping) {
  keeping.keep("--admin-tls-cert-file",
               [](auto& settings) { return std::tie(settings.admin_tls_cert_file); });
  keeping.keep("--admin-tls-key-file",
               [](auto& settings) { return std::tie(settings.admin_tls_key_file); });
  keeping.keep("--admin-client-ca-file",
               [](auto& settings) { return std::tie(settings.admin_client_ca_file); });
  keeping.keep("--audit-log", [](auto& settings) { return std::tie(settings.audit_log); });
  const auto keep = [&](const char* flag, auto member) {
    keeping.keep(flag, [member](auto& settings) { return std::tie(settings.database.*member); });
  };
  keep("--database", &DatabaseSettings::url);
  keep("--database-password-file", &DatabaseSettings::password_file);
  keep("--database-pool-size", &DatabaseSettings::pool_size);
  keep("--database-attempts", &DatabaseSettings::attempts);
  keep("--database-attempt-gap-seconds", &DatabaseSettings::attempt_gap);
  keep("--database-connect-seconds", &DatabaseSettings::connect);
  keep("--database-query-seconds", &DatabaseSettings::query);
  keep("--database-slow-query-seconds", &DatabaseSettings::slow_query);
  keep("--database-held-seconds", &DatabaseSettings::held);
  keep("--database-check-seconds", &DatabaseSettings::check_every);
  keep("--database-lag-seconds-max", &DatabaseSettings::lag_max);
  keep("--database-may-be-read-only", &DatabaseSettings::must_be_writable);
}

}  // namespace

Change change_of(const Settings& in_force, const Settings& wanted) {
  Keeping keeping(in_force, wanted);
  const auto address = [](auto& at) { return std::tie(at.host, at.port); };
  keeping.keep("--upstream", [&](auto& settings) { return address(settings.upstream); });
  keeping.keep("--listen", [&](auto& settings) { return address(settings.listen); });
  keeping.keep("--admin-listen", [](auto& settings) { return std::tie(settings.admin_listen); });
  keeping.keep("--mode", [](auto& settings) { return std::tie(settings.mode); });
  keeping.keep("--tls-cert-file", [](auto& settings) { return std::tie(settings.tls_cert_file); });
  keeping.keep("--tls-key-file", [](auto& settings) { return std::tie(settings.tls_key_file); });
  keeping.keep("--threads", [](auto& settings) { return std::tie(settings.threads); });
  keeping.keep("--head-bytes-max",
               [](auto& settings) { return std::tie(settings.head_bytes_max); });
  keeping.keep("--connections-max",
               [](auto& settings) { return std::tie(settings.connections_max); });
  keeping.keep("--limit-keys-max",
               [](auto& settings) { return std::tie(settings.protection.keys_max); });
  keeping.keep("--fingerprint-key-file",
               [](auto& settings) { return std::tie(settings.fingerprint_key_file); });
  keeping.keep("--drill-key-file",
               [](auto& settings) { return std::tie(settings.drill_key_file); });
  keeping.keep("--endpoint", [](auto& settings) { return std::tie(settings.endpoints.rules); });
  keeping.keep("--endpoints-max", [](auto& settings) { return std::tie(settings.endpoints.most); });
  keeping.keep("--no-automatic-endpoints",
               [](auto& settings) { return std::tie(settings.endpoints.automatic); });
  keeping.keep("--watch", [](auto& settings) { return std::tie(settings.watch); });
  keeping.keep("--memory-limit-bytes",
               [](auto& settings) { return std::tie(settings.memory_limit_bytes); });
  keeping.keep("--cpu-limit-cores",
               [](auto& settings) { return std::tie(settings.cpu_limit_cores); });
  keeping.keep("--pod-figures", [](auto& settings) { return std::tie(settings.pod_figures); });
  keep_outlook(keeping);
  keep_receivers_and_exports(keeping);
  keep_cache_and_redis(keeping);
  keep_admin_and_database(keeping);
  return keeping.take();
}

}  // namespace sidecar
