// How an answer of the database is read and judged, without a database.
#include "sidecar/database_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr base::TimePoint kNow{base::seconds(1000)};

probes::PgResult row(std::vector<std::optional<std::string>> cells) {
  probes::PgResult out;
  out.rows.push_back(std::move(cells));
  return out;
}

DatabaseSeen answered(base::Duration took = base::millis(5)) {
  DatabaseSeen out;
  out.answer = DatabaseAnswer{.version = "15.3", .connections = 4, .connections_max = 16};
  out.took = took;
  out.at = base::WallTime(base::seconds(1'800'000'000));
  return out;
}

DatabaseSeen failed(std::string sqlstate) {
  DatabaseSeen out = answered();
  out.answer.reset();
  out.error = "refused";
  out.sqlstate = std::move(sqlstate);
  return out;
}

alert::DatabaseSample judged(const DatabaseSeen& seen) {
  return sample_of(seen, {}, {}, kNow);
}

TEST(DatabaseCheck, ReadsWhatTheServerSays) {
  const auto answer = read_database_answer(row({"15.3", "t", "f", "7", "97", "2.5"}));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(*answer, (DatabaseAnswer{"15.3", true, false, 7, 97, 2.5}));
  const auto primary = read_database_answer(row({"15.3", "f", "t", "7", "97", std::nullopt}));
  ASSERT_TRUE(primary.has_value());
  EXPECT_EQ(*primary, (DatabaseAnswer{"15.3", false, true, 7, 97, std::nullopt}));
}

TEST(DatabaseCheck, NobodyIsAheadOfThePrimary) {
  EXPECT_EQ(read_database_answer(row({"15.3", "t", "f", "7", "97", "-0.25"}))->lag_seconds, 0.0);
}

TEST(DatabaseCheck, AnAnswerOfAnotherShapeIsNone) {
  EXPECT_FALSE(read_database_answer({}).has_value());
  EXPECT_FALSE(read_database_answer(row({"15.3", "t", "f", "7", "97"})).has_value());
  const auto strange = read_database_answer(row({"15.3", "t", "f", "many", "97", "0"}));
  ASSERT_FALSE(strange.has_value());
  EXPECT_THAT(strange.error().message, HasSubstr("'many' is no number"));
  EXPECT_FALSE(read_database_answer(row({"15.3", "t", "f", "7", "97", "nan"})).has_value());
}

TEST(DatabaseCheck, BeforeTheFirstLookNothingIsKnown) {
  DatabaseSeen seen;
  EXPECT_FALSE(judged(seen).answers.has_value());
  seen.began = kNow - base::seconds(10);
  EXPECT_FALSE(judged(seen).answers.has_value());
  seen.began = kNow - base::seconds(11);
  EXPECT_EQ(judged(seen).answers, false);
}

TEST(DatabaseCheck, AnAnswerIsWhatTheLastLookFound) {
  const alert::DatabaseSample sample = judged(answered());
  EXPECT_EQ(sample.answers, true);
  EXPECT_EQ(sample.answer_ms, 5.0);
  EXPECT_EQ(sample.connections_percent, 25.0);
  EXPECT_EQ(sample.waiting, 0.0);
  EXPECT_EQ(sample.writable, true);
  EXPECT_FALSE(sample.lag_seconds.has_value());
}

TEST(DatabaseCheck, AStandbyAndAReadOnlyPrimaryTakeNoWrites) {
  DatabaseSeen seen = answered();
  seen.answer->in_recovery = true;
  seen.answer->lag_seconds = 3;
  EXPECT_EQ(judged(seen).writable, false);
  EXPECT_EQ(judged(seen).lag_seconds, 3.0);
  seen = answered();
  seen.answer->read_only = true;
  EXPECT_EQ(judged(seen).writable, false);
}

TEST(DatabaseCheck, ALookThatHangsIsALateAnswerAndThenNone) {
  DatabaseSeen seen = answered();
  seen.began = kNow - base::seconds(1);
  EXPECT_EQ(judged(seen).answer_ms, 5.0);  // as long as a query that is not called slow
  seen.began = kNow - base::seconds(2);
  EXPECT_EQ(judged(seen).answers, true);
  EXPECT_EQ(judged(seen).answer_ms, 2000.0);
  seen.began = kNow - base::seconds(11);
  EXPECT_EQ(judged(seen).answers, false);
  EXPECT_FALSE(judged(seen).answer_ms.has_value());
}

TEST(DatabaseCheck, WhatFailedSaysNothingOfTheServerButThatItIsFull) {
  EXPECT_EQ(judged(failed("28P01")).answers, false);
  EXPECT_FALSE(judged(failed("28P01")).connections_percent.has_value());
  EXPECT_FALSE(judged(failed("28P01")).writable.has_value());
  EXPECT_EQ(judged(failed("53300")).connections_percent, 100.0);
}

TEST(DatabaseCheck, WhoWaitsForThePoolIsCounted) {
  probes::PgPoolStats pool;
  pool.waiting = 3;
  EXPECT_EQ(sample_of(answered(), pool, {}, kNow).waiting, 3.0);
}

TEST(DatabaseCheck, TheLimitsAreTheSettings) {
  DatabaseSettings settings;
  EXPECT_EQ(limits_of(settings, {}).connections, (alert::Threshold{.warning = 80}));
  EXPECT_EQ(limits_of(settings, {}).answer_ms, 200);
  AlertSettings alerts;
  alerts.thresholds[index(alert::Measure::DatabaseConnections)] = {.critical = 60};
  alerts.operations[static_cast<std::size_t>(alert::OperationKind::DatabaseQuery)] =
      base::millis(50);
  EXPECT_EQ(limits_of(settings, alerts).connections, (alert::Threshold{.critical = 60}));
  EXPECT_EQ(limits_of(settings, alerts).answer_ms, 50);
  EXPECT_EQ(limits_of(settings, {}).lag_seconds, 30);
  EXPECT_TRUE(limits_of(settings, {}).must_be_writable);
  settings.lag_max = base::seconds(7);
  settings.must_be_writable = false;
  EXPECT_EQ(limits_of(settings, {}).lag_seconds, 7);
  EXPECT_FALSE(limits_of(settings, {}).must_be_writable);
}

}  // namespace
}  // namespace sidecar
