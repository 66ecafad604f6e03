#include "sidecar/config_file.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "api/field_text.h"
#include "api/yaml.h"

namespace sidecar {
namespace {

using Row = ConfigField;
using Type = ConfigField::Type;

constexpr const char* kInjection = "injection";

constexpr auto kRows = std::to_array<Row>({
    {"upstream", Type::Text, "--upstream"},
    {"listen", Type::Text, "--listen"},
    {"adminListen", Type::Text, "--admin-listen"},
    {"adminTokenFile", Type::Text, "--admin-token-file"},
    {"adminReadTokenFile", Type::Text, "--admin-read-token-file"},
    {"adminTlsCertFile", Type::Text, "--admin-tls-cert-file"},
    {"adminTlsKeyFile", Type::Text, "--admin-tls-key-file"},
    {"adminClientCaFile", Type::Text, "--admin-client-ca-file"},
    {"auditLog", Type::Text, "--audit-log"},
    {"mode", Type::Text, "--mode"},
    {"tlsCertFile", Type::Text, "--tls-cert-file"},
    {"tlsKeyFile", Type::Text, "--tls-key-file"},
    {"threads", Type::Integer, "--threads"},
    {"headBytesMax", Type::Integer, "--head-bytes-max"},
    {"bodyBytesMax", Type::Integer, "--body-bytes-max"},
    {"connectionsMax", Type::Integer, "--connections-max"},
    {"upstreamIdleMax", Type::Integer, "--upstream-idle-max"},
    {"headSeconds", Type::Integer, "--head-seconds"},
    {"idleSeconds", Type::Integer, "--idle-seconds"},
    {"connectSeconds", Type::Integer, "--connect-seconds"},
    {"responseSeconds", Type::Integer, "--response-seconds"},
    {"stallSeconds", Type::Integer, "--stall-seconds"},
    {"tunnelIdleSeconds", Type::Integer, "--tunnel-idle-seconds"},
    {"upstreamIdleSeconds", Type::Integer, "--upstream-idle-seconds"},
    {"drainSeconds", Type::Integer, "--drain-seconds"},
    {"forwarded", Type::Text, "--forwarded"},
    {"makeTrace", Type::Boolean, "--make-trace"},
    {"securityHeaders", Type::Boolean, "--no-security-headers", false},
    {"ownSecurityHeaders", Type::Text, "--own-security-headers"},
    {"frameOptions", Type::Text, "--frame-options"},
    {"referrerPolicy", Type::Text, "--referrer-policy"},
    {"permissionsPolicy", Type::Text, "--permissions-policy"},
    {"strictTransportSecurity", Type::Text, "--strict-transport-security"},
    {"contentSecurityPolicy", Type::Text, "--content-security-policy"},
    {"nonceHeader", Type::Text, "--nonce-header"},
    {"crossOriginOpenerPolicy", Type::Text, "--cross-origin-opener-policy"},
    {"crossOriginEmbedderPolicy", Type::Text, "--cross-origin-embedder-policy"},
    {"crossOriginResourcePolicy", Type::Text, "--cross-origin-resource-policy"},
    {"limits", Type::Text, "--limits"},
    {"limitRules", Type::Maps, "--limit-rule"},
    {"limitKeysMax", Type::Integer, "--limit-keys-max"},
    {"trustedProxies", Type::Texts, "--trusted-proxy"},
    {"allow", Type::Texts, "--allow"},
    {"deny", Type::Texts, "--deny"},
    {"unlimitedPaths", Type::Texts, "--unlimited-path"},
    {"offenderAddresses", Type::Boolean, "--offender-addresses"},
    {"botRequestsMax", Type::Integer, "--bot-requests-max"},
    {"botPagesMin", Type::Integer, "--bot-pages-min"},
    {"fingerprintKeyFile", Type::Text, "--fingerprint-key-file"},
    {"drillKeyFile", Type::Text, "--drill-key-file"},
    {"endpoints", Type::Texts, "--endpoint"},
    {"endpointsMax", Type::Integer, "--endpoints-max"},
    {"automaticEndpoints", Type::Boolean, "--no-automatic-endpoints", false},
    {"watch", Type::Text, "--watch"},
    {"memoryLimitBytes", Type::Integer, "--memory-limit-bytes"},
    {"cpuLimitCores", Type::Number, "--cpu-limit-cores"},
    {"podFigures", Type::Text, "--pod-figures"},
    {"diskPaths", Type::Texts, "--disk-path"},
    {"samplesKept", Type::Integer, "--samples-kept"},
    {"thresholds", Type::Named, "--threshold"},
    {"errorsFrom", Type::Text, "--errors-from"},
    {"alertCooldownSeconds", Type::Integer, "--alert-cooldown-seconds"},
    {"operationThresholds", Type::Named, "--operation-threshold"},
    {"encryptionTargets", Type::Named, "--encryption-target"},
    {"slowTimings", Type::Named, "--slow-timing"},
    {"anomalies", Type::Boolean, "--no-anomalies", false},
    {"anomalyWarningScore", Type::Number, "--anomaly-warning-score"},
    {"anomalyCriticalScore", Type::Number, "--anomaly-critical-score"},
    {"forecastSteps", Type::Integer, "--forecast-steps"},
    {"forecastRatio", Type::Number, "--forecast-ratio"},
    {"redis", Type::Text, "--redis"},
    {"redisPrefix", Type::Text, "--redis-prefix"},
    {"redisPasswordFile", Type::Text, "--redis-password-file"},
    {"redisTls", Type::Boolean, "--redis-tls"},
    {"redisCaFile", Type::Text, "--redis-ca-file"},
    {"limitsWithoutRedis", Type::Text, "--limits-without-redis"},
    {"limitsClosedAfterSeconds", Type::Integer, "--limits-closed-after-seconds"},
    {"database", Type::Text, "--database"},
    {"databasePasswordFile", Type::Text, "--database-password-file"},
    {"databasePoolSize", Type::Integer, "--database-pool-size"},
    {"databaseAttempts", Type::Integer, "--database-attempts"},
    {"databaseAttemptGapSeconds", Type::Integer, "--database-attempt-gap-seconds"},
    {"databaseConnectSeconds", Type::Integer, "--database-connect-seconds"},
    {"databaseQuerySeconds", Type::Integer, "--database-query-seconds"},
    {"databaseSlowQuerySeconds", Type::Integer, "--database-slow-query-seconds"},
    {"databaseHeldSeconds", Type::Integer, "--database-held-seconds"},
    {"databaseCheckSeconds", Type::Integer, "--database-check-seconds"},
    {"databaseLagSecondsMax", Type::Integer, "--database-lag-seconds-max"},
    {"databaseMayBeReadOnly", Type::Boolean, "--database-may-be-read-only"},
    {"cacheBytesMax", Type::Integer, "--cache-bytes-max"},
    {"cacheEntriesMax", Type::Integer, "--cache-entries-max"},
    {"cacheEntryBytesMax", Type::Integer, "--cache-entry-bytes-max"},
    {"cacheSecondsMax", Type::Integer, "--cache-seconds-max"},
    {"cacheRoutes", Type::Texts, "--cache-route"},
    {"cacheWaitSeconds", Type::Integer, "--cache-wait-seconds"},
    {"cacheRedis", Type::Boolean, "--cache-redis"},
    {"cacheRedisSeconds", Type::Integer, "--cache-redis-seconds"},
    {"statsdListen", Type::Text, "--statsd-listen"},
    {"otlpListen", Type::Text, "--otlp-listen"},
    {"rumPath", Type::Text, "--rum-path"},
    {"rumListen", Type::Text, "--rum-listen"},
    {"rumOrigins", Type::Texts, "--rum-origin"},
    {"concurrencyMax", Type::Integer, "--concurrency-max"},
    {"users", Type::Text, "--users"},
    {"userHeader", Type::Text, "--user-header"},
    {"userCookie", Type::Text, "--user-cookie"},
    {"usersMax", Type::Integer, "--users-max"},
    {"userRequestsMax", Type::Integer, "--user-requests-max"},
    {"userMemoryBytesMax", Type::Integer, "--user-memory-bytes-max"},
    {"userCpuPercentMax", Type::Number, "--user-cpu-percent-max"},
    {"userDatabaseConnectionsMax", Type::Integer, "--user-database-connections-max"},
    {"userStrategy", Type::Text, "--user-strategy"},
    {"userHigh", Type::Texts, "--user-high"},
    {"userLow", Type::Texts, "--user-low"},
    {"userQueueMax", Type::Integer, "--user-queue-max"},
    {"userWaitSeconds", Type::Integer, "--user-wait-seconds"},
    {"exportOtlp", Type::Text, "--export-otlp"},
    {"exportHeaderFiles", Type::Texts, "--export-header-file"},
    {"exportCaFile", Type::Text, "--export-ca-file"},
    {"exportDelta", Type::Boolean, "--export-delta"},
    {"exportDogstatsd", Type::Text, "--export-dogstatsd"},
    {"exportSeconds", Type::Integer, "--export-seconds"},
    {"exportService", Type::Text, "--export-service"},
});

class Reading {
 public:
  explicit Reading(const std::string& file) : file_(file) {}

  void spec(const api::Node& node) {
    if (!node.is_map())
      return wrong(node.mark, "", fmt::format("{} where a map belongs", node.kind()));
    for (const api::Entry& entry : node.entries()) field(entry);
  }

  /// A whole resource: what else it has is the API server's matter.
  void document(const api::Node& node) {
    if (!node.is_map() || !node.has("kind")) return spec(node);
    const api::Node& kind = node["kind"];
    if (kind.as_string() != "SidecarProfile") {
      return wrong(kind.mark, "kind",
                   fmt::format("'{}': SidecarProfile is read", kind.as_string()));
    }
    spec(node["spec"]);
  }

  void wrong(api::Mark mark, const std::string& name, const std::string& message) {
    problems_.push_back({file_, mark, name, message});
  }

  base::Result<std::vector<std::string>> take() {
    if (problems_.empty()) return std::move(flags_);
    return base::fail(base::Code::InvalidArgument, api::format(problems_));
  }

 private:
  static constexpr const char* kEmpty = "'': is empty; leave it out, or say what it is";

  static bool is_empty(const api::Node& value) {
    return value.is_string() && value.as_string().empty();
  }

  static std::string near(const std::string& name) {
    std::vector<std::string> known;
    for (const Row& row : kRows) known.emplace_back(row.field);
    return api::suggest(name, known);
  }

  void field(const api::Entry& entry) {
    if (entry.key == kInjection) return;
    const auto* const row = std::ranges::find(kRows, entry.key, &Row::field);
    if (row == kRows.end()) return wrong(entry.mark, entry.key, "no such field." + near(entry.key));
    const api::Node& value = entry.value;
    if (is_empty(value)) return wrong(value.mark, entry.key, kEmpty);
    if (row->type == Type::Texts || row->type == Type::Maps) return list(*row, entry);
    if (row->type == Type::Named) return named(*row, entry);
    if (row->type == Type::Text && value.is_string()) {
      flags_.push_back(fmt::format("{}={}", row->flag, value.as_string()));
    } else if (row->type == Type::Integer && value.is_int()) {
      flags_.push_back(fmt::format("{}={}", row->flag, value.as_int()));
    } else if (row->type == Type::Number && (value.is_int() || value.is_double())) {
      flags_.push_back(fmt::format("{}={}", row->flag, value.as_double()));
    } else if (row->type == Type::Number && api::is_decimal(value.as_string())) {
      flags_.push_back(fmt::format("{}={}", row->flag, value.as_string()));
    } else if (row->type == Type::Boolean && value.is_bool()) {
      if (value.as_bool() == row->given_when) flags_.emplace_back(row->flag);
    } else {
      constexpr std::array<const char*, 4> kNames{"a string", "an integer", "a number",
                                                  "true or false"};
      wrong(value.mark, entry.key,
            fmt::format("{} where {} belongs", value.kind(),
                        kNames[static_cast<std::size_t>(row->type)]));
    }
  }

  void list(const Row& row, const api::Entry& entry) {
    const bool maps = row.type == Type::Maps;
    const char* what = maps ? "a map" : "a string";
    if (!entry.value.is_sequence()) {
      return wrong(entry.value.mark, entry.key,
                   fmt::format("{} where a list belongs", entry.value.kind()));
    }
    for (const api::Node& item : entry.value.items()) {
      if (is_empty(item)) {
        wrong(item.mark, entry.key, kEmpty);
      } else if (maps ? item.is_map() : item.is_string()) {
        flags_.push_back(
            fmt::format("{}={}", row.flag, maps ? api::to_json(item) : item.as_string()));
      } else {
        wrong(item.mark, entry.key, fmt::format("{} where {} belongs", item.kind(), what));
      }
    }
  }

  void named(const Row& row, const api::Entry& entry) {
    if (!entry.value.is_map()) {
      return wrong(entry.value.mark, entry.key,
                   fmt::format("{} where a map belongs", entry.value.kind()));
    }
    for (const api::Entry& each : entry.value.entries()) {
      const api::Node& value = each.value;
      if (value.is_map() || value.is_int() || value.is_double()) {
        flags_.push_back(fmt::format("{}={}={}", row.flag, each.key, api::to_json(value)));
      } else {
        wrong(value.mark, fmt::format("{}.{}", entry.key, each.key),
              fmt::format("{} where a number or a map belongs", value.kind()));
      }
    }
  }

  const std::string& file_;
  std::vector<std::string> flags_;
  api::Problems problems_;
};

}  // namespace

std::span<const ConfigField> config_fields() {
  return kRows;
}

base::Result<std::vector<std::string>> flags_of_config(std::string_view text,
                                                       const std::string& file) {
  const auto documents = api::parse_yaml(text, file);
  if (!documents) {
    return base::fail(base::Code::InvalidArgument, api::format(documents.error()));
  }
  Reading reading(file);
  if (documents->size() != 1) {
    reading.wrong({}, "", fmt::format("{} documents: one is read", documents->size()));
  } else {
    reading.document(documents->front());
  }
  return reading.take();
}

base::Result<std::string> or_missing(base::Result<std::string> text, bool optional) {
  if (!optional || text || text.error().code != base::Code::NotFound) return text;
  return std::string("limits: dry-run\n");
}

}  // namespace sidecar
