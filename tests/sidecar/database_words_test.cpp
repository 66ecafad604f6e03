#include "sidecar/database_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/families.h"

namespace sidecar {
namespace {

constexpr base::TimePoint kNow{base::seconds(1000)};

class DatabaseWordsTest : public testing::Test {
 protected:
  DatabaseWordsTest() {
    pool.size = 10;
    pool.idle = 1;
    pool.queries = 7;
    pool.waited_max = base::millis(1500);
  }
  DatabaseView view() {
    return {seen, pool, alert::judge_database(limits_of({}, {}), sample_of(seen, pool, {}, kNow)),
            kNow};
  }
  std::map<std::string, double> metrics() {
    std::map<std::string, double> out;
    for (const MetricFamily& family : read_families(database_exposition(view()))) {
      EXPECT_FALSE(family.help.empty()) << family.name;
      EXPECT_EQ(family.kind == FamilyKind::Counter, family.name.ends_with("_total"));
      for (const auto& [labels, value] : family.series) {
        out[family.name + (labels.empty() ? "" : "/" + labels.front().second)] = value.value;
      }
    }
    return out;
  }

  DatabaseSeen seen;
  probes::PgPoolStats pool;
};

TEST_F(DatabaseWordsTest, OfADatabaseThatAnswers) {
  seen.answer = DatabaseAnswer{"15.3", true, false, 7, 97, 2.5};
  seen.took = base::millis(4);
  seen.at = base::WallTime(base::seconds(1'800'000'000));
  const api::Node said = database_node(view());
  EXPECT_EQ(said["status"].as_string(), "degraded");
  EXPECT_EQ(said["issues"].items()[0]["name"].as_string(), "read_only");
  EXPECT_EQ(said["checkedAt"].as_string(), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(said["server"]["version"].as_string(), "15.3");
  EXPECT_TRUE(said["server"]["inRecovery"].as_bool());
  EXPECT_EQ(said["pool"]["size"].as_int(), 10);
  EXPECT_FALSE(said.has("error"));
  EXPECT_FALSE(said.has("pendingMs"));

  auto shown = metrics();
  EXPECT_EQ(shown["muster_db_up"], 1);
  EXPECT_EQ(shown["muster_db_health/degraded"], 1);
  EXPECT_EQ(shown["muster_db_health/healthy"], 0);
  EXPECT_EQ(shown["muster_db_answer_seconds"], 0.004);
  EXPECT_EQ(shown["muster_db_in_recovery"], 1);
  EXPECT_EQ(shown["muster_db_read_only"], 1);
  EXPECT_EQ(shown["muster_db_server_connections"], 7);
  EXPECT_EQ(shown["muster_db_server_connections_max"], 97);
  EXPECT_EQ(shown["muster_db_replication_lag_seconds"], 2.5);
  EXPECT_EQ(shown["muster_db_pool_size"], 10);
  EXPECT_EQ(shown["muster_db_pool_connections/idle"], 1);
  EXPECT_EQ(shown["muster_db_pool_queries_total"], 7);
  EXPECT_EQ(shown["muster_db_pool_wait_max_seconds"], 1.5);
}

TEST_F(DatabaseWordsTest, OfADatabaseThatIsGoneThereAreNoFiguresOfTheServer) {
  seen.error = "connection refused";
  seen.sqlstate = "57P03";
  seen.at = base::WallTime(base::seconds(1'800'000'000));
  seen.began = kNow - base::seconds(3);
  pool.last_error = "connection refused";
  const api::Node said = database_node(view());
  EXPECT_EQ(said["issues"].items()[0]["name"].as_string(), "unreachable");
  EXPECT_EQ(said["error"].as_string(), "connection refused");
  EXPECT_EQ(said["sqlstate"].as_string(), "57P03");
  EXPECT_EQ(said["pendingMs"].as_double(), 3000);
  EXPECT_EQ(said["pool"]["lastError"].as_string(), "connection refused");
  EXPECT_FALSE(said.has("server"));
  auto shown = metrics();
  EXPECT_EQ(shown["muster_db_up"], 0);
  EXPECT_FALSE(shown.contains("muster_db_server_connections"));
  EXPECT_FALSE(shown.contains("muster_db_answer_seconds"));
}

}  // namespace
}  // namespace sidecar
