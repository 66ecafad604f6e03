#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.h"

namespace sidecar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void expect_all(const Parsed& from) {
  ASSERT_TRUE(from.settings) << from.err;
  const UserSettings& users = from.settings->users;
  EXPECT_EQ(users.mode, Limiting::DryRun);
  EXPECT_EQ(users.header, "X-User");
  EXPECT_EQ(users.cookie, "session");
  EXPECT_THAT(users.high, ElementsAre("ann", "bob"));
  EXPECT_THAT(users.low, ElementsAre("192.0.2.1"));
  const alert::UserGateSettings& gate = users.gate;
  EXPECT_EQ(gate.waiting_max, 3U);
  EXPECT_EQ(gate.wait_max, base::seconds(4));
  EXPECT_EQ(gate.users.users_most, 24U);
  EXPECT_EQ(gate.users.strategy, alert::Strategy::Adaptive);
  EXPECT_EQ(gate.users.quota.concurrent_requests, 6);
  EXPECT_EQ(gate.users.quota.memory_bytes, 5e7);
  EXPECT_EQ(gate.users.quota.cpu_percent, 12.5);
  EXPECT_EQ(gate.users.quota.database_connections, 4);
}

TEST(UserOptions, AreOffWithTheQuotasOfTwelveUsers) {
  const Parsed none = parsed({});
  ASSERT_TRUE(none.settings) << none.err;
  const UserSettings& users = none.settings->users;
  EXPECT_EQ(users.mode, Limiting::Off);
  EXPECT_EQ(users.header + users.cookie, "");
  EXPECT_EQ(users.gate.waiting_max, 10U);
  EXPECT_EQ(users.gate.wait_max, base::seconds(10));
  EXPECT_EQ(users.gate.users.users_most, 12U);
  EXPECT_EQ(users.gate.users.strategy, alert::Strategy::FairShare);
  EXPECT_EQ(users.gate.users.quota.concurrent_requests, 5);
  EXPECT_EQ(users.gate.users.quota.memory_bytes, 1e8);
  EXPECT_EQ(users.gate.users.quota.cpu_percent, 8.33);
  EXPECT_EQ(users.gate.users.quota.database_connections, 2);
}

TEST(UserOptions, AreFlagsAndFields) {
  expect_all(parsed({"--users=dry-run", "--user-header=X-User", "--user-cookie=session",
                     "--users-max=24", "--user-requests-max=6", "--user-memory-bytes-max=50000000",
                     "--user-cpu-percent-max=12.5", "--user-database-connections-max=4",
                     "--user-strategy=adaptive", "--user-high=ann", "--user-high=bob",
                     "--user-low=192.0.2.1", "--user-queue-max=3", "--user-wait-seconds=4"}));
  expect_all(parsed({},
                    "users: dry-run\nuserHeader: X-User\nuserCookie: session\nusersMax: 24\n"
                    "userRequestsMax: 6\nuserMemoryBytesMax: 50000000\nuserCpuPercentMax: 12.5\n"
                    "userDatabaseConnectionsMax: 4\nuserStrategy: adaptive\nuserHigh: [ann, bob]\n"
                    "userLow: ['192.0.2.1']\nuserQueueMax: 3\nuserWaitSeconds: 4\n"));
}

TEST(UserOptions, ANumberMayBeWhole) {
  EXPECT_EQ(parsed({}, "userCpuPercentMax: 12\n").settings->users.gate.users.quota.cpu_percent, 12);
  EXPECT_THAT(parsed({}, "userCpuPercentMax: much\n").err, HasSubstr("a number belongs"));
}

TEST(UserOptions, TellWhatIsWrong) {
  const auto error_of = [](std::vector<std::string> arguments) {
    const Parsed out = parsed(std::move(arguments));
    EXPECT_EQ(out.exit, 2);
    return out.err;
  };
  EXPECT_THAT(error_of({"--users=maybe"}), HasSubstr("--users"));
  EXPECT_THAT(error_of({"--user-header=a b"}), HasSubstr("--user-header 'a b'"));
  EXPECT_THAT(error_of({"--user-cookie=a;b"}), HasSubstr("--user-cookie 'a;b'"));
  EXPECT_THAT(error_of({"--users=on", "--mode=tcp"}), HasSubstr("mode tcp has no requests"));
  EXPECT_THAT(error_of({"--users-max=257"}), HasSubstr("256"));
  EXPECT_THAT(error_of({"--user-requests-max=0"}), HasSubstr("--user-requests-max"));
  EXPECT_THAT(error_of({"--user-requests-max=1.5"}), HasSubstr("--user-requests-max"));
  EXPECT_THAT(error_of({"--user-cpu-percent-max=0"}), HasSubstr("--user-cpu-percent-max"));
  EXPECT_THAT(error_of({"--user-wait-seconds=61"}), HasSubstr("60"));
}

}  // namespace
}  // namespace sidecar
