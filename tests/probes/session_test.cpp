// The streams of session and features probes against a real application.
#include <map>

#include <gtest/gtest.h>

#include "application.h"
#include "keeper.h"
#include "probes/feature_stream.h"
#include "probes/session_stream.h"

namespace probes {
namespace {

using base::millis;
using drill::Cause;
using drill::Outcome;

HttpExchange exchange_of(const char* method, const char* path, const char* body = "",
                         const char* contains = "") {
  HttpExchange out;
  out.method = method;
  out.path = path;
  out.body = body;
  out.body_contains = contains;
  return out;
}

SessionExchange sessions_of(std::uint64_t count) {
  return {exchange_of("POST", "/login", "user=drill-$session"),
          exchange_of("GET", "/session", "", "drill-$session;"), count};
}

class Applied : public testing::Test {
 protected:
  void TearDown() override { prober_.stop(); }

  drill::StreamId add(base::Result<std::unique_ptr<Operation>> operation) {
    EXPECT_TRUE(operation.has_value()) << operation.error().message;
    const auto id = prober_.add(spec_of("stream", Connections::New, millis(40), millis(1000)),
                                std::move(*operation));
    prober_.start(*id);
    return *id;
  }
  drill::StreamId add_sessions(std::uint64_t count) {
    return add(make_session_operation(application_.target(), sessions_of(count)));
  }
  /// The next `count` records that this is said of.
  void await_next(drill::StreamId stream, std::size_t count, Outcome outcome, Cause cause) {
    const auto before = keeper_.records(stream).size();
    ASSERT_TRUE(keeper_.await(stream, count,
                              [&](const auto& record) {
                                return record.seq > before && record.outcome == outcome &&
                                       record.cause == cause;
                              }))
        << "never " << drill::name(cause) << ", last "
        << drill::name(prober_.status(stream).last_cause);
  }

  Application application_;
  Keeper keeper_;
  Prober prober_{keeper_, nullptr};
};

TEST_F(Applied, SessionsAreMadeOnceAndCarriedOnInTurn) {
  const auto stream = add_sessions(3);
  ASSERT_TRUE(keeper_.await_outcome(stream, 12, Outcome::Ok));
  prober_.stop();
  for (const drill::Record& record : keeper_.records(stream)) {
    EXPECT_EQ(record.value, static_cast<std::int64_t>((record.seq - 1) % 3));
  }
  for (int session = 0; session < 3; ++session) {
    EXPECT_EQ(application_.asked("/login user=drill-" + std::to_string(session)), 1);
  }
  const api::Node counts = application_.tell();
  EXPECT_GE(counts["requests"]["/session"].as_int(), 9);
  EXPECT_EQ(counts["connections"].as_int(), counts["requests"]["/session"].as_int() + 3)
      << "a new connection for every operation";
  EXPECT_EQ(counts["cookies"][""].as_int(), 3) << "only who logs in has no cookie";
}

TEST_F(Applied, ASessionThatTheServerForgotIsLostAndNotMadeAgain) {
  const auto stream = add_sessions(2);
  ASSERT_TRUE(keeper_.await_outcome(stream, 6, Outcome::Ok));
  application_.tell(R"({"forget": true})");
  await_next(stream, 6, Outcome::Fail, Cause::Rejected);
  prober_.stop();
  EXPECT_EQ(application_.asked("/login user=drill-0"), 1);
  EXPECT_EQ(application_.asked("/login user=drill-1"), 1);
  EXPECT_EQ(keeper_.records(stream).back().cause, Cause::Rejected) << "and asked all the same";
}

TEST_F(Applied, OnlyAnExplicitDenialIsOne) {
  const auto stream = add_sessions(2);
  ASSERT_TRUE(keeper_.await_outcome(stream, 4, Outcome::Ok));
  const std::pair<const char*, Cause> cases[] = {
      {"401", Cause::Rejected},    {"403", Cause::Rejected},    {"404", Cause::Rejected},
      {"302", Cause::Rejected},    {"200", Cause::Rejected},    {"503", Cause::Unavailable},
      {"500", Cause::Unavailable}, {"429", Cause::Unavailable},
  };
  for (const auto& [status, cause] : cases) {
    SCOPED_TRACE(status);
    application_.tell(std::string(R"({"path": "/session", "body": "drill-7;", "status": )") +
                      status + "}");
    await_next(stream, 2, Outcome::Fail, cause);
  }
  application_.tell(R"({"clear": "/session"})");
  await_next(stream, 2, Outcome::Ok, Cause::None);
}

TEST_F(Applied, ALoginThatFailedIsTriedAgainAtTheSessionsNextTurn) {
  application_.tell(R"({"path": "/login", "status": 503})");
  const auto stream = add_sessions(2);
  await_next(stream, 2, Outcome::Info, Cause::Unavailable);
  EXPECT_EQ(keeper_.records(stream).front().value, 0);
  application_.tell(R"({"path": "/login", "status": 200, "body": "no cookie"})");
  await_next(stream, 2, Outcome::Info, Cause::Rejected);
  application_.tell(R"({"clear": "/login"})");
  await_next(stream, 4, Outcome::Ok, Cause::None);
  EXPECT_EQ(application_.asked("/session") > 0, true);
}

TEST_F(Applied, ALoginThatIsUnderWayIsNotBegunAnew) {
  application_.tell(R"({"path": "/login", "delay": 0.3})");
  const auto stream = add_sessions(1);
  ASSERT_TRUE(keeper_.await_outcome(stream, 2, Outcome::Ok));
  prober_.stop();
  EXPECT_EQ(application_.asked("/login user=drill-0"), 1);
  const auto records = keeper_.records(stream);
  EXPECT_EQ(records[1].cause, Cause::Blocked);
  EXPECT_EQ(records[1].outcome, Outcome::Fail);
  EXPECT_EQ(records[1].value, 0);
}

TEST_F(Applied, ASessionTakesTheCookiesThatItIsGivenOnItsWay) {
  const auto stream = add_sessions(1);
  ASSERT_TRUE(keeper_.await_outcome(stream, 2, Outcome::Ok));
  application_.tell(R"({"path": "/session", "status": 200, "body": "drill-0;", "headers": [
      ["Set-Cookie", "sid=rolled"], ["Set-Cookie", "theme=; Max-Age=0"]]})");
  await_next(stream, 4, Outcome::Ok, Cause::None);
  EXPECT_GT(application_.tell()["cookies"]["sid=rolled"].as_int(0), 0);
}

TEST_F(Applied, ASecuredFeatureLogsInInEveryOperation) {
  const auto stream = add(make_feature_operation(
      application_.target(),
      {exchange_of("GET", "/account", "", "hello me"), exchange_of("POST", "/login", "user=me")}));
  ASSERT_TRUE(keeper_.await_outcome(stream, 3, Outcome::Ok));
  prober_.stop();
  const api::Node counts = application_.tell();
  const auto asked = counts["requests"]["/account"].as_int();
  EXPECT_GE(counts["requests"]["/login user=me"].as_int(), asked);
  EXPECT_EQ(counts["connections"].as_int(), counts["requests"]["/login user=me"].as_int())
      << "the connection of the login serves the feature too";
  EXPECT_EQ(counts["cookies"][""].as_int(), counts["requests"]["/login user=me"].as_int())
      << "and no operation has the cookies of another";
}

TEST_F(Applied, AFeatureIsWhatItsAnswersAre) {
  const auto login = exchange_of("POST", "/login", "user=me");
  const auto open = add(make_feature_operation(
      application_.target(), {exchange_of("GET", "/orders", "", "ok"), std::nullopt}));
  const auto wrong = add(make_feature_operation(
      application_.target(), {exchange_of("GET", "/orders", "", "basket"), std::nullopt}));
  const auto secured =
      add(make_feature_operation(application_.target(), {exchange_of("GET", "/account"), login}));
  ASSERT_TRUE(keeper_.await_outcome(open, 2, Outcome::Ok));
  ASSERT_TRUE(keeper_.await_outcome(secured, 2, Outcome::Ok));
  await_next(wrong, 2, Outcome::Fail, Cause::Rejected);
  application_.tell(R"({"path": "/login", "status": 503})");
  await_next(secured, 2, Outcome::Info, Cause::Unavailable);
  // A login whose connection does not stay: the feature gets one of its own.
  application_.tell(R"({"path": "/login", "status": 200, "headers": [
      ["Connection", "close"], ["Set-Cookie", "sid=none"]]})");
  await_next(secured, 2, Outcome::Fail, Cause::Rejected);
}

TEST(SessionStream, RefusesWhatCannotBe) {
  const LinkTarget target{*net::Address::parse("127.0.0.1:1"), nullptr};
  EXPECT_FALSE(make_session_operation(target, sessions_of(0)));
  SessionExchange blank = sessions_of(1);
  blank.carry_on.path = "/a b";
  EXPECT_FALSE(make_session_operation(target, blank));
  EXPECT_FALSE(make_feature_operation(target, {exchange_of("PUT", "/"), std::nullopt}));
}

}  // namespace
}  // namespace probes
