#include "sidecar/restart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Settings some() {
  Settings out;
  out.upstream = {"127.0.0.1", 8080};
  return out;
}

TEST(Restart, MostSettingsAreTakenAtOnce) {
  Settings wanted = some();
  wanted.body_bytes_max = 7;
  wanted.idle = base::seconds(3);
  wanted.drain = base::seconds(2);
  wanted.forwarded = Forwarded::Replace;
  wanted.protection.limiting = Limiting::DryRun;
  wanted.protection.deny = {"10.0.0.0/8"};
  const Change change = change_of(some(), wanted);
  EXPECT_THAT(change.needs_restart, IsEmpty());
  EXPECT_EQ(change.settings.body_bytes_max, 7U);
  EXPECT_EQ(change.settings.idle, base::seconds(3));
  EXPECT_EQ(change.settings.drain, base::seconds(2));
  EXPECT_EQ(change.settings.forwarded, Forwarded::Replace);
  EXPECT_EQ(change.settings.protection.limiting, Limiting::DryRun);
  EXPECT_THAT(change.settings.protection.deny, ElementsAre("10.0.0.0/8"));
}

TEST(Restart, WhatIsBuiltInKeepsItsValueAndIsToldByName) {
  Settings wanted = some();
  wanted.listen.port = 99;
  wanted.threads = 4;
  wanted.head_bytes_max = 8192;
  wanted.protection.keys_max = 2048;
  wanted.endpoints.rules = {"/a"};
  wanted.idle = base::seconds(3);
  const Change change = change_of(some(), wanted);
  EXPECT_THAT(change.needs_restart, ElementsAre("--listen", "--threads", "--head-bytes-max",
                                                "--limit-keys-max", "--endpoint"));
  EXPECT_EQ(change.settings.listen.port, some().listen.port);
  EXPECT_EQ(change.settings.threads, 0U);
  EXPECT_EQ(change.settings.head_bytes_max, some().head_bytes_max);
  EXPECT_EQ(change.settings.protection.keys_max, some().protection.keys_max);
  EXPECT_THAT(change.settings.endpoints.rules, IsEmpty());
  EXPECT_EQ(change.settings.idle, base::seconds(3));
}

TEST(Restart, EveryBuiltInSettingIsKnown) {
  Settings wanted = some();
  wanted.upstream.host = "::1";
  wanted.listen.host = "::1";
  wanted.admin_listen = ":1";
  wanted.mode = Mode::Tcp;
  wanted.tls_cert_file = "a";
  wanted.tls_key_file = "b";
  wanted.threads = 2;
  wanted.head_bytes_max = 4096;
  wanted.connections_max = 5;
  wanted.protection.keys_max = 2048;
  wanted.fingerprint_key_file = "c";
  wanted.drill_key_file = "d";
  wanted.endpoints = {{"/a"}, false, 7};
  wanted.watch = "none";
  wanted.memory_limit_bytes = 7;
  wanted.cpu_limit_cores = 0.5;
  wanted.pod_figures = "http://figures/pods/a/b";
  const Change change = change_of(some(), wanted);
  EXPECT_THAT(change.needs_restart,
              ElementsAre("--upstream", "--listen", "--admin-listen", "--mode", "--tls-cert-file",
                          "--tls-key-file", "--threads", "--head-bytes-max", "--connections-max",
                          "--limit-keys-max", "--fingerprint-key-file", "--drill-key-file",
                          "--endpoint", "--endpoints-max", "--no-automatic-endpoints", "--watch",
                          "--memory-limit-bytes", "--cpu-limit-cores", "--pod-figures"));
  EXPECT_THAT(change_of(some(), change.settings).needs_restart, IsEmpty());
}

TEST(Restart, OfAnomaliesToo) {
  Settings wanted = some();
  wanted.outlook = {false, 4, 5, {4, 2}};
  const Change change = change_of(some(), wanted);
  EXPECT_THAT(change.needs_restart,
              ElementsAre("--no-anomalies", "--anomaly-warning-score", "--anomaly-critical-score",
                          "--forecast-steps", "--forecast-ratio"));
  EXPECT_EQ(change.settings.outlook, some().outlook);
}

TEST(Restart, ThresholdsNeedNoneAndWhatIsKeptAndLookedAtDoes) {
  Settings wanted = some();
  wanted.alerts.thresholds[0] = {.warning = 1};
  wanted.alerts.errors_from = ErrorsFrom::Server;
  wanted.alerts.operations[0] = base::millis(1);
  wanted.alerts.encryption.field = base::millis(1);
  wanted.alerts.slow.api = 1;
  EXPECT_THAT(change_of(some(), wanted).needs_restart, IsEmpty());
  wanted.alerts.disk_paths = {"/data"};
  wanted.alerts.samples_kept = 60;
  wanted.alerts.cooldown = base::seconds(1);
  const Change change = change_of(some(), wanted);
  EXPECT_THAT(change.needs_restart,
              ElementsAre("--disk-path", "--samples-kept", "--alert-cooldown-seconds"));
  EXPECT_EQ(change.settings.alerts.thresholds[0], (alert::Threshold{.warning = 1}));
  EXPECT_EQ(change.settings.alerts.samples_kept, 1000U);
}

TEST(Restart, OfCacheAndRedisToo) {
  Settings wanted = some();
  wanted.redis = {"redis:6379", "shop", "p", true, "c", true, base::seconds(2)};
  wanted.cache = {1 << 20,         8, 7, base::seconds(9), {"/a"}, base::seconds(1), true,
                  base::seconds(3)};
  const Change change = change_of(some(), wanted);
  EXPECT_THAT(
      change.needs_restart,
      ElementsAre("--redis", "--redis-prefix", "--redis-password-file", "--redis-tls",
                  "--redis-ca-file", "--limits-without-redis", "--limits-closed-after-seconds",
                  "--cache-bytes-max", "--cache-entries-max", "--cache-seconds-max",
                  "--cache-entry-bytes-max", "--cache-route", "--cache-wait-seconds",
                  "--cache-redis", "--cache-redis-seconds"));
  EXPECT_THAT(change_of(some(), change.settings).needs_restart, IsEmpty());
}

TEST(Restart, UsersNeedNoneAndProxiesAndPathsNeitherWhateverLimitsThereAre) {
  Settings in_force = some();
  in_force.concurrency_max = 5;
  Settings wanted = in_force;
  wanted.protection.trusted_proxies = {"10.0.0.0/8"};
  wanted.protection.unlimited_paths = {"/probe"};
  wanted.users.mode = Limiting::On;
  wanted.users.gate.users.users_most = 24;
  const Change change = change_of(in_force, wanted);
  EXPECT_THAT(change.needs_restart, IsEmpty());
  EXPECT_THAT(change.settings.protection.trusted_proxies, ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(change.settings.protection.unlimited_paths, ElementsAre("/probe"));
  EXPECT_EQ(change.settings.users.mode, Limiting::On);
}

TEST(Restart, OfAdminPortAndDatabaseToo) {
  Settings wanted = some();
  wanted.admin_tls_cert_file = "a";
  wanted.admin_tls_key_file = "b";
  wanted.admin_client_ca_file = "c";
  const base::Duration other = base::seconds(77);
  wanted.database = {
      "postgresql://a@b", "p", 3, 7, other, other, other, other, other, other, other, false};
  const Change change = change_of(some(), wanted);
  EXPECT_THAT(change.needs_restart,
              ElementsAre("--admin-tls-cert-file", "--admin-tls-key-file", "--admin-client-ca-file",
                          "--database", "--database-password-file", "--database-pool-size",
                          "--database-attempts", "--database-attempt-gap-seconds",
                          "--database-connect-seconds", "--database-query-seconds",
                          "--database-slow-query-seconds", "--database-held-seconds",
                          "--database-check-seconds", "--database-lag-seconds-max",
                          "--database-may-be-read-only"));
  EXPECT_EQ(change.settings.database, some().database);
  EXPECT_THAT(change_of(some(), change.settings).needs_restart, IsEmpty());
}

}  // namespace
}  // namespace sidecar
