// Flags and fields of the database and of the admin port's TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

DatabaseSettings database(std::vector<std::string> flags) {
  const Parsed out = parsed(std::move(flags));
  EXPECT_TRUE(out.settings.has_value()) << out.err;
  return out.settings.value_or(Settings{}).database;
}

TEST(OptionsDatabase, TheDefaultsAreTheRequirement) {
  const DatabaseSettings defaults = database({});
  EXPECT_EQ(defaults, DatabaseSettings{});
  EXPECT_EQ(defaults.url, "");
  EXPECT_EQ(defaults.pool_size, 10U);
  EXPECT_EQ(defaults.attempts, 3);
  EXPECT_EQ(defaults.attempt_gap, base::seconds(2));
  EXPECT_EQ(defaults.connect, base::seconds(10));
  EXPECT_EQ(defaults.query, base::seconds(30));
  EXPECT_EQ(defaults.slow_query, base::seconds(1));
  EXPECT_EQ(defaults.held, base::seconds(5));
}

TEST(OptionsDatabase, EveryFigureCanBeSet) {
  const DatabaseSettings expected{.url = "postgresql://a@b",
                                  .password_file = "p",
                                  .pool_size = 3,
                                  .attempts = 4,
                                  .attempt_gap = base::seconds(5),
                                  .connect = base::seconds(6),
                                  .query = base::seconds(7),
                                  .slow_query = base::seconds(8),
                                  .held = base::seconds(9),
                                  .check_every = base::seconds(11),
                                  .lag_max = base::seconds(12),
                                  .must_be_writable = false};
  EXPECT_EQ(database({"--database",
                      "postgresql://a@b",
                      "--database-password-file",
                      "p",
                      "--database-pool-size",
                      "3",
                      "--database-attempts",
                      "4",
                      "--database-attempt-gap-seconds",
                      "5",
                      "--database-connect-seconds",
                      "6",
                      "--database-query-seconds",
                      "7",
                      "--database-slow-query-seconds",
                      "8",
                      "--database-held-seconds",
                      "9",
                      "--database-check-seconds",
                      "11",
                      "--database-lag-seconds-max",
                      "12",
                      "--database-may-be-read-only"}),
            expected);
  const Parsed file = parsed({},
                             "database: postgresql://a@b\n"
                             "databasePasswordFile: p\n"
                             "databasePoolSize: 3\n"
                             "databaseAttempts: 4\n"
                             "databaseAttemptGapSeconds: 5\n"
                             "databaseConnectSeconds: 6\n"
                             "databaseQuerySeconds: 7\n"
                             "databaseSlowQuerySeconds: 8\n"
                             "databaseHeldSeconds: 9\n"
                             "databaseCheckSeconds: 11\n"
                             "databaseLagSecondsMax: 12\n"
                             "databaseMayBeReadOnly: true\n");
  ASSERT_TRUE(file.settings.has_value()) << file.err;
  EXPECT_EQ(file.settings->database, expected);
}

TEST(OptionsDatabase, AnAddressThatIsNoneIsRefusedByTheFlag) {
  EXPECT_THAT(parsed({"--database", "shop"}).err, HasSubstr("--database: postgresql://USER@"));
  EXPECT_THAT(parsed({"--database-query-seconds", "0"}).err, HasSubstr("not in range"));
}

TEST(OptionsAdmin, ACertificateNeedsItsKeyAndAnAuthorityACertificate) {
  EXPECT_EQ(parsed({"--admin-tls-cert-file", "c"}).exit, kUsage);
  EXPECT_EQ(parsed({"--admin-tls-key-file", "k"}).exit, kUsage);
  EXPECT_EQ(parsed({"--admin-client-ca-file", "a"}).exit, kUsage);
  const Parsed whole =
      parsed({}, "adminTlsCertFile: c\nadminTlsKeyFile: k\nadminClientCaFile: a\n");
  ASSERT_TRUE(whole.settings.has_value()) << whole.err;
  EXPECT_EQ(whole.settings->admin_tls_cert_file, "c");
  EXPECT_EQ(whole.settings->admin_tls_key_file, "k");
  EXPECT_EQ(whole.settings->admin_client_ca_file, "a");
}

}  // namespace
}  // namespace sidecar
