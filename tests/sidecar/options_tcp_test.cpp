// What may be set in mode tcp: all that holds there, and of all else its default.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/node.h"
#include "api/sidecar_profile.h"
#include "api/tables.h"
#include "api/yaml.h"
#include "parsed.h"
#include "sidecar/config_file.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

/// Something else than the default of each, where neither its bounds nor its words give one.
const std::map<std::string_view, std::string> kOthers = {
    {"deny", "[10.0.0.0/8]"},
    {"allow", "[10.0.0.0/8]"},
    {"limitRules", "[{name: a, limits: [{requests: 1, seconds: 60}]}]"},
    {"trustedProxies", "[10.0.0.0/8]"},
    {"unlimitedPaths", "[/healthz]"},
    {"redis", "redis:6379"},
    {"redisPrefix", "shop"},
    {"redisPasswordFile", "/run/secrets/redis"},
    {"redisCaFile", "/run/secrets/ca"},
    {"limitsWithoutRedis", "closed\nredis: redis:6379"},
    {"fingerprintKeyFile", "/run/secrets/key"},
    {"drillKeyFile", "/run/secrets/key"},
    {"userHeader", "X-User"},
    {"userCookie", "session"},
    {"userCpuPercentMax", "50"},
    {"userHigh", "[ann]"},
    {"userLow", "[bob]"},
    {"contentSecurityPolicy", "default-src 'self'"},
    {"permissionsPolicy", "usb=()"},
    {"strictTransportSecurity", "max-age=1"},
    {"nonceHeader", "X-Other-Nonce"},
    {"cacheRoutes", "[/products/*]"},
    {"cacheRedis", "true\nredis: redis:6379\ncacheBytesMax: 100000"},
    {"endpoints", "['/users/{id}']"},
    {"rumPath", "/muster/rum"},
};

/// What holds in mode tcp as well, or is not said to hold.
const std::set<std::string_view> kHold = {"upstream",
                                          "listen",
                                          "adminListen",
                                          "adminTokenFile",
                                          "adminReadTokenFile",
                                          "adminTlsCertFile",
                                          "adminTlsKeyFile",
                                          "adminClientCaFile",
                                          "auditLog",
                                          "mode",
                                          "tlsCertFile",
                                          "tlsKeyFile",
                                          "threads",
                                          "headBytesMax",  // the buffers of a connection
                                          "connectionsMax",
                                          "headSeconds",  // of a handshake
                                          "connectSeconds",
                                          "tunnelIdleSeconds",
                                          "drainSeconds",
                                          "limits",  // in what is delivered it always is
                                          "watch",
                                          "podFigures",
                                          "diskPaths",
                                          "samplesKept",
                                          "thresholds",
                                          "alertCooldownSeconds",
                                          "operationThresholds",
                                          "encryptionTargets",
                                          "slowTimings",
                                          "anomalies",
                                          "anomalyWarningScore",
                                          "anomalyCriticalScore",
                                          "forecastSteps",
                                          "forecastRatio",
                                          "database",
                                          "databasePasswordFile",
                                          "databasePoolSize",
                                          "databaseAttempts",
                                          "databaseAttemptGapSeconds",
                                          "databaseConnectSeconds",
                                          "databaseQuerySeconds",
                                          "databaseSlowQuerySeconds",
                                          "databaseHeldSeconds",
                                          "databaseCheckSeconds",
                                          "databaseLagSecondsMax",
                                          "databaseMayBeReadOnly",
                                          "statsdListen",
                                          "otlpListen",
                                          "rumListen",
                                          "rumOrigins",
                                          "exportOtlp",
                                          "exportHeaderFiles",
                                          "exportCaFile",
                                          "exportDelta",
                                          "exportDogstatsd",
                                          "exportSeconds",
                                          "exportService",
                                          "memoryLimitBytes",
                                          "cpuLimitCores"};

const api::FieldSpec& field_of(std::string_view name) {
  return api::table_at(api::sidecar_profile_table(), fmt::format("spec.{}", name));
}

std::string other_than_default(std::string_view name) {
  if (const auto found = kOthers.find(name); found != kOthers.end()) return found->second;
  const api::FieldSpec& field = field_of(name);
  if (field.type == api::FieldType::Boolean) return field.otherwise->as_bool() ? "false" : "true";
  if (field.type == api::FieldType::Integer) {
    const bool lowest = field.otherwise && field.otherwise->as_int() == field.maximum;
    return std::to_string(lowest ? field.minimum : field.maximum);
  }
  for (const std::string& word : field.allowed) {
    if (word != field.otherwise->as_string()) return fmt::format("'{}'", word);
  }
  ADD_FAILURE() << name << ": say a value";
  return "";
}

TEST(TcpOptions, EachFieldEitherHoldsOrIsOfRequests) {
  std::set<std::string_view> known = kHold, fields;
  known.insert(api::fields_of_requests().begin(), api::fields_of_requests().end());
  for (const ConfigField& field : config_fields()) fields.insert(field.field);
  EXPECT_EQ(fields, known);
  EXPECT_EQ(known.size(), kHold.size() + api::fields_of_requests().size());
}

TEST(TcpOptions, WhatIsOfRequestsIsRefusedByItsName) {
  for (const std::string_view name : api::fields_of_requests()) {
    const std::string text = fmt::format("{}: {}\n", name, other_than_default(name));
    const Parsed http = parsed({}, text), tcp = parsed({"--mode=tcp"}, text);
    const bool needs_more = name == "cacheRedis" || name == "limitsWithoutRedis";
    EXPECT_TRUE(http.settings.has_value()) << text << http.err;
    EXPECT_EQ(tcp.exit, 2) << text;
    EXPECT_THAT(tcp.err, HasSubstr("mode tcp"));
    const auto field = std::ranges::find(config_fields(), name, &ConfigField::field);
    if (!needs_more) EXPECT_THAT(tcp.err, HasSubstr(std::string(field->flag))) << text;
  }
}

TEST(TcpOptions, TheFieldAndItsValueAreTold) {
  EXPECT_EQ(parsed({"--mode=tcp", "--deny=10.0.0.0/8", "--deny=::1"}).err,
            "error: --deny '10.0.0.0/8, ::1' (deny of a profile): of no effect in mode tcp, which "
            "has no requests\n");
  EXPECT_THAT(parsed({}, "mode: tcp\nsecurityHeaders: false\n").err,
              HasSubstr("--no-security-headers 'false' (securityHeaders of a profile)"));
  EXPECT_THAT(parsed({"--mode=tcp", "--make-trace"}).err, HasSubstr("--make-trace 'true'"));
  EXPECT_THAT(parsed({"--mode=tcp", "--concurrency-max=5"}).err,
              HasSubstr("--concurrency-max '5'"));
}

TEST(TcpOptions, DefaultsMayBeWritten) {
  std::string all = "mode: tcp\nbodyBytesMax: 0\n";
  for (const std::string_view name : api::fields_of_requests()) {
    if (const auto& otherwise = field_of(name).otherwise) {
      all += fmt::format("{}: {}\n", name, api::to_json(*otherwise));
    }
  }
  const Parsed out = parsed({}, all);
  EXPECT_TRUE(out.settings.has_value()) << out.err << all;
}

TEST(TcpOptions, WhatIsDeliveredWithoutBeingSaidIsTaken) {
  for (const char* limits : {"dry-run", "'on'", "'off'"}) {
    const Parsed out = parsed({}, fmt::format("mode: tcp\nlimits: {}\n", limits));
    EXPECT_TRUE(out.settings.has_value()) << out.err;
  }
}

TEST(TcpOptions, WhatHoldsIsTaken) {
  const Parsed out = parsed({},
                            "mode: tcp\nconnectionsMax: 10\nconnectSeconds: 1\n"
                            "tunnelIdleSeconds: 5\nheadSeconds: 3\ndrainSeconds: 2\n"
                            "watch: none\nstatsdListen: ':0'\nrumListen: ':0'\n");
  EXPECT_TRUE(out.settings.has_value()) << out.err;
}

}  // namespace
}  // namespace sidecar
