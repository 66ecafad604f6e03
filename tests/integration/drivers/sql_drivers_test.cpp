// The sql step and the postgres condition on a real PostgreSQL primary and its standby, through the
// same client that a drill uses.
#include <gtest/gtest.h>

#include "integration/postgres_fixture.h"
#include "runner/sql_client.h"
#include "targets/driver_fixture.h"
#include "targets/eventually.h"

namespace targets {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;

class SqlDriversTest : public DriverTest {
 protected:
  static void SetUpTestSuite() {
    auto primary = testing_postgres::Server::start({.cluster_name = "a", .settings = {}});
    ASSERT_TRUE(primary) << primary.error().message;
    primary_ = std::make_unique<testing_postgres::Server>(std::move(*primary));
    auto standby =
        testing_postgres::Server::standby_of(*primary_, {.cluster_name = "b", .settings = {}});
    ASSERT_TRUE(standby) << standby.error().message;
    standby_ = std::make_unique<testing_postgres::Server>(std::move(*standby));
  }
  static void TearDownTestSuite() {
    standby_.reset();
    primary_.reset();
  }

  void SetUp() override {
    DriverTest::SetUp();
    probes::PgAddress nowhere = at(*primary_);
    nowhere.port = 1;
    instances_.emplace(clock_, std::map<std::string, probes::PgAddress>{
                                   {"a", at(*primary_)}, {"b", at(*standby_)}, {"gone", nowhere}});
    client_.emplace(*instances_);
    sql_ = &*client_;
  }

  static probes::PgAddress at(const testing_postgres::Server& server) {
    probes::PgAddress address;
    address.port = server.port();
    return address;
  }
  Driver& step() { return driver("sql", api::Use::Step); }
  static Node statement(const char* instance, const char* text) {
    return Node::map().set("instance", instance).set("statement", text).set("timeoutSeconds", 10);
  }
  static Node is(const char* instance, const char* state, std::int64_t within = 0) {
    return Node::map().set("instance", instance).set("state", state).set("withinBytes", within);
  }
  std::string answer(const char* instance, const char* text) {
    const auto done = apply(step(), statement(instance, text), Node());
    return done ? *done : "error: " + done.error().message;
  }

  static std::unique_ptr<testing_postgres::Server> primary_;
  static std::unique_ptr<testing_postgres::Server> standby_;
  std::optional<probes::PgInstances> instances_;
  std::optional<runner::SqlOverInstances> client_;
};
std::unique_ptr<testing_postgres::Server> SqlDriversTest::primary_;
std::unique_ptr<testing_postgres::Server> SqlDriversTest::standby_;

TEST_F(SqlDriversTest, StepTellsWhatTheServerAnswered) {
  EXPECT_EQ(answer("a", "select 7"), "a answered '7'");
  EXPECT_EQ(answer("a", "select null"), "a answered 'NULL'");
  EXPECT_EQ(answer("a", "create table written (n int)"), "done on a");
  EXPECT_EQ(answer("a", "drop table written"), "done on a");
  EXPECT_EQ(step().rule(Node()), drill::Undo::None);
  EXPECT_TRUE(undo(step(), statement("a", "select 7"), Node()));
}

TEST_F(SqlDriversTest, StepFailsWhereTheAnswerIsNotTheExpectedOne) {
  const Node wanted = statement("a", "select pg_is_in_recovery()").set("expect", "f");
  EXPECT_TRUE(apply(step(), wanted, Node()));
  const Node other = statement("b", "select pg_is_in_recovery()").set("expect", "f");
  const auto wrong = apply(step(), other, Node());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, base::Code::FailedPrecondition);
  EXPECT_EQ(wrong.error().message, "b answered 't', expected 'f'");
  const auto none =
      apply(step(), statement("a", "select 1 where false").set("expect", "1"), Node());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("'no row'"));
}

TEST_F(SqlDriversTest, StepTellsRefusedFromUnreachableFromUnknown) {
  const auto refused = apply(step(), statement("b", "create table written (n int)"), Node());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::FailedPrecondition);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("b"), HasSubstr("25006")));
  const auto unreachable = apply(step(), statement("gone", "select 1"), Node());
  ASSERT_FALSE(unreachable);
  EXPECT_EQ(unreachable.error().code, base::Code::Unavailable);
  EXPECT_FALSE(outcome_unknown(unreachable.error()));
  const Node slow = statement("a", "select pg_sleep(30)").set("timeoutSeconds", 1);
  const auto unknown = apply(step(), slow, Node());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::Code::DeadlineExceeded);
  EXPECT_TRUE(outcome_unknown(unknown.error()));
  EXPECT_EQ(apply(step(), statement("nobody", "select 1"), Node()).error().code,
            base::Code::NotFound);
}

TEST_F(SqlDriversTest, WithoutAClientNothingIsClaimed) {
  sql_ = nullptr;
  EXPECT_EQ(prepare(step(), statement("a", "select 1")).error().code,
            base::Code::FailedPrecondition);
  EXPECT_EQ(check("postgres", is("a", "Up")).error().code, base::Code::FailedPrecondition);
}

TEST_F(SqlDriversTest, ConditionTellsRolesAsAClientSeesThem) {
  EXPECT_TRUE(holds("postgres", is("a", "Up")));
  EXPECT_TRUE(holds("postgres", is("a", "Primary")));
  EXPECT_FALSE(holds("postgres", is("a", "Standby")));
  EXPECT_FALSE(holds("postgres", is("a", "CaughtUp", 1 << 20)));  // it is no standby
  EXPECT_TRUE(holds("postgres", is("b", "Up")));
  EXPECT_TRUE(holds("postgres", is("b", "Standby")));
  EXPECT_FALSE(holds("postgres", is("b", "Primary")));
  EXPECT_TRUE(holds("postgres", is("gone", "Down")));
  EXPECT_FALSE(holds("postgres", is("gone", "Up")));
  EXPECT_THAT(check("postgres", is("gone", "Up"))->detail,
              AllOf(HasSubstr("instance gone is Down"), HasSubstr("refused")));
  EXPECT_EQ(check("postgres", is("nobody", "Up")).error().code, base::Code::NotFound);
}

TEST_F(SqlDriversTest, ConditionSeesAStandbyFallBehindAndCatchUp) {
  ASSERT_TRUE(eventually([&] { return holds("postgres", is("b", "CaughtUp")); }));
  ASSERT_EQ(answer("b", "select pg_wal_replay_pause()"), "b answered ''");
  ASSERT_EQ(answer("a", "create table bulk as select generate_series(1, 20000) n"), "done on a");
  EXPECT_FALSE(holds("postgres", is("b", "CaughtUp", 100'000)));
  EXPECT_TRUE(holds("postgres", is("b", "CaughtUp", std::int64_t{1} << 30)));
  EXPECT_THAT(check("postgres", is("b", "CaughtUp"))->detail, HasSubstr("bytes behind"));
  ASSERT_EQ(answer("b", "select pg_wal_replay_resume()"), "b answered ''");
  EXPECT_TRUE(eventually([&] { return holds("postgres", is("b", "CaughtUp")); }));
  ASSERT_EQ(answer("a", "drop table bulk"), "done on a");
}

TEST_F(SqlDriversTest, ConditionTakesAServerThatHangsForDown) {
  standby_->freeze();
  const auto seen = check("postgres", is("b", "Down"));
  standby_->thaw();
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_TRUE(seen->holds);
  EXPECT_THAT(seen->detail, HasSubstr("no answer within 2.00 s"));
  EXPECT_TRUE(eventually([&] { return holds("postgres", is("b", "Up")); }));
}

}  // namespace
}  // namespace targets
