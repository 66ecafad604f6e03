// TCP, HTTP and HTTPS streams against real processes: the responder, which refuses and hangs for
// known times, and OpenSSL's own server.
#include <filesystem>
#include <map>
#include <signal.h>
#include <stdlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "aio/process.h"
#include "keeper.h"
#include "probes/http_stream.h"
#include "probes/prober.h"
#include "probes/responder_process.h"
#include "probes/tcp_stream.h"

namespace probes {
namespace {

using base::millis;
using base::seconds;
using drill::Cause;
using drill::Outcome;
using Kind = drill::ReferenceOutage::Kind;
namespace asio = boost::asio;

LinkTarget plain(const std::string& address) {
  return {*net::Address::parse(address), nullptr};
}

class Real : public testing::Test {
 protected:
  void SetUp() override {
    auto started = aio::run(
        context_, ResponderProcess::start(clock_, {MUSTER_TEST_RESPONDER}, ResponderOptions{}, {}));
    ASSERT_TRUE(started.has_value()) << started.error().message;
    responder_.emplace(std::move(*started));
  }
  void TearDown() override {
    prober_.stop();
    if (responder_) {
      EXPECT_TRUE(aio::run(context_, responder_->finish(clock_)).has_value());
    }
  }

  drill::StreamId add(const char* name, Connections connections,
                      base::Result<std::unique_ptr<Operation>> operation) {
    EXPECT_TRUE(operation.has_value()) << operation.error().message;
    const auto id =
        prober_.add(spec_of(name, connections, millis(20), millis(200)), std::move(*operation));
    prober_.start(*id);
    return *id;
  }
  drill::StreamId add_tcp(const char* name, Connections connections, TcpExchange exchange) {
    return add(name, connections,
               make_tcp_operation(plain(responder_->reference_address()), std::move(exchange),
                                  connections));
  }
  drill::StreamId add_http(const char* name, Connections connections, HttpExchange exchange) {
    return add(name, connections,
               make_http_operation(plain(responder_->reference_address()), std::move(exchange),
                                   connections, servers_));
  }
  drill::ReferenceOutage outage(Kind kind, base::Duration length) {
    EXPECT_TRUE(responder_->command({kind, length}).has_value());
    const auto made = aio::run(context_, responder_->next({}));
    EXPECT_TRUE(made.has_value());
    return *made;
  }
  /// Every stream is good (again).
  void await_good(const std::vector<drill::StreamId>& streams) {
    for (const auto stream : streams) {
      const auto before = keeper_.records(stream).size();
      ASSERT_TRUE(keeper_.await(stream, 10,
                                [before](const auto& record) {
                                  return record.seq > before && record.outcome == Outcome::Ok;
                                }))
          << prober_.status(stream).info.name << ": "
          << drill::name(prober_.status(stream).last_cause);
    }
  }
  std::map<Cause, int> causes_between(drill::StreamId stream, base::TimePoint from,
                                      base::TimePoint to) {
    std::map<Cause, int> out;
    for (const auto& record : keeper_.records(stream)) {
      if (record.invoked >= from && record.invoked < to) {
        ++out[record.cause];
      }
    }
    return out;
  }

  asio::io_context context_;
  aio::SystemClock clock_;
  ServerTable servers_;
  Keeper keeper_;
  Prober prober_{keeper_, nullptr};
  std::optional<ResponderProcess> responder_;
};

/// Not sent in time on a busy machine, or under way when the prober was stopped.
bool of_the_instrument(Cause cause) {
  return cause == Cause::NotSent || cause == Cause::Stopped;
}

TEST_F(Real, ARefusalIsFailOnEveryStreamAndNothingElse) {
  HttpExchange http;
  http.server_header = "X-Server";
  const std::vector streams = {
      add_tcp("connect", Connections::New, {}),
      add_tcp("echo", Connections::New, {"ping", "ping", true}),
      add_tcp("echo open", Connections::Open, {"ping", "ping", true}),
      add_http("http", Connections::New, http),
      add_http("http open", Connections::Open, http),
  };
  await_good(streams);
  const auto made = outage(Kind::Refuse, millis(400));
  EXPECT_GE(made.length, millis(400));
  await_good(streams);
  prober_.stop();
  for (const auto stream : streams) {
    SCOPED_TRACE(prober_.status(stream).info.name);
    const auto causes = causes_between(stream, made.began, made.began + made.length);
    EXPECT_GE(causes.count(Cause::Refused), 1U);
    EXPECT_GE(causes.at(Cause::Refused), 15);
    EXPECT_EQ(causes.count(Cause::None), 0U);
    for (const auto& record : keeper_.records(stream)) {
      if (record.cause == Cause::Refused) {
        EXPECT_EQ(record.outcome, Outcome::Fail);
      } else if (record.cause != Cause::None && !of_the_instrument(record.cause)) {
        // In flight when the port went: reset after sending.
        EXPECT_EQ(record.outcome, Outcome::Info);
        EXPECT_EQ(record.cause, Cause::Reset);
      }
    }
  }
  const auto last = keeper_.records(streams[4]).back();
  ASSERT_NE(last.server_id, 0);
  EXPECT_EQ(servers_.all()[last.server_id].name, "responder");
}

TEST_F(Real, AHangIsUnknownAndBlocksOpenConnections) {
  const std::vector streams = {
      add_tcp("echo", Connections::New, {"ping", "ping", true}),
      add_tcp("echo open", Connections::Open, {"ping", "ping", true}),
      add_http("http", Connections::New, {}),
      add_http("http open", Connections::Open, {}),
  };
  await_good(streams);
  const auto made = outage(Kind::Hang, millis(700));
  await_good(streams);
  prober_.stop();
  for (const auto stream : streams) {
    SCOPED_TRACE(prober_.status(stream).info.name);
    // Until D before its end: whatever is invoked then cannot be answered within D.
    const auto causes =
        causes_between(stream, made.began + millis(40), made.began + made.length - millis(240));
    EXPECT_GE(causes.count(Cause::Timeout) + causes.count(Cause::Blocked), 1U);
    for (const auto& record : keeper_.records(stream)) {
      if (of_the_instrument(record.cause)) continue;
      EXPECT_EQ(record.outcome == Outcome::Info, record.cause == Cause::Timeout)
          << drill::name(record.cause);
      EXPECT_EQ(record.outcome == Outcome::Fail, record.cause == Cause::Blocked)
          << drill::name(record.cause);
    }
  }
}

TEST_F(Real, TheControlPortStaysUpDuringBoth) {
  const auto control = add(
      "control", Connections::New,
      make_http_operation(plain(responder_->control_address()), {}, Connections::New, servers_));
  await_good({control});
  outage(Kind::Refuse, millis(200));
  outage(Kind::Hang, millis(200));
  await_good({control});
  prober_.stop();
  for (const auto& record : keeper_.records(control)) {
    EXPECT_EQ(record.cause, Cause::None);
  }
}

TEST_F(Real, AnUnexpectedAnswerIsARejection) {
  HttpExchange wrong_status;
  wrong_status.statuses = {201};
  HttpExchange wrong_body;
  wrong_body.body_contains = "healthy";
  HttpExchange post = wrong_status;
  post.method = "POST";
  post.body = "x";
  const auto a = add_http("status", Connections::Open, wrong_status);
  const auto b = add_http("body", Connections::New, wrong_body);
  const auto c = add_http("post", Connections::New, post);
  ASSERT_TRUE(keeper_.await_cause(a, 3, Cause::Rejected));
  ASSERT_TRUE(keeper_.await_cause(b, 3, Cause::Rejected));
  ASSERT_TRUE(keeper_.await_cause(c, 3, Cause::Rejected));
  EXPECT_EQ(keeper_.records(a)[0].outcome, Outcome::Fail);
  EXPECT_EQ(keeper_.records(b)[0].outcome, Outcome::Fail);
  EXPECT_EQ(keeper_.records(c)[0].outcome, Outcome::Info) << "something may have been done";
}

TEST_F(Real, APinnedStreamDoesNotConnectAgain) {
  TcpExchange pinned{"ping", "ping", false};
  const auto stream = add_tcp("pinned", Connections::Open, pinned);
  await_good({stream});
  const auto made = outage(Kind::Refuse, millis(100));
  const auto after = made.began + made.length;
  ASSERT_TRUE(keeper_.await(stream, 20, [after](const auto& r) { return r.invoked > after; }));
  prober_.stop();
  EXPECT_EQ(causes_between(stream, after, base::kNever).count(Cause::None), 0U);
}

TEST_F(Real, TheResponderEndsWithItsStarter) {
  aio::Command command;
  command.argv = {MUSTER_TEST_RESPONDER};
  auto child = aio::Child::spawn(context_.get_executor(), command, {});
  ASSERT_TRUE(child.has_value());
  ASSERT_TRUE(aio::run(context_, child->read_line({})).has_value());
  const auto ended = aio::run(context_, child->stop(clock_, seconds(10)));
  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(ended->exit_code == 0 || ended->signal == SIGTERM);
}

class RealTls : public testing::Test {
 protected:
  RealTls() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~RealTls() override {
    prober_.stop();
    std::filesystem::remove_all(folder_);
  }
  void SetUp() override {
    aio::Command make;
    make.argv = {"openssl",
                 "req",
                 "-x509",
                 "-newkey",
                 "ec",
                 "-pkeyopt",
                 "ec_paramgen_curve:prime256v1",
                 "-nodes",
                 "-days",
                 "2",
                 "-keyout",
                 folder_ + "/key",
                 "-out",
                 folder_ + "/cert",
                 "-subj",
                 "/CN=localhost",
                 "-addext",
                 "subjectAltName=DNS:localhost"};
    const auto made = aio::run(context_, aio::run_process(clock_, make, {}));
    ASSERT_TRUE(made.has_value() && made->ok()) << (made ? made->summary() : made.error().message);
    aio::Command serve;
    serve.argv = {"openssl", "s_server",        "-accept", "127.0.0.1:0",   "-www",
                  "-cert",   folder_ + "/cert", "-key",    folder_ + "/key"};
    server_.emplace(*aio::Child::spawn(context_.get_executor(), serve, {{}, "/dev/null", true}));
    std::string line;
    while (!line.starts_with("ACCEPT ")) {
      const auto next = aio::run(context_, server_->read_line({}));
      ASSERT_TRUE(next.has_value()) << next.error().message;
      line = *next;
    }
    port_ = line.substr(line.rfind(':') + 1);
  }
  drill::StreamId add(const net::TlsOptions& options) {
    const LinkTarget target{*net::Address::parse("127.0.0.1:" + port_),
                            *net::make_tls_context(options)};
    const auto id = prober_.add(spec_of("https", Connections::New, millis(50), seconds(5)),
                                *make_http_operation(target, {}, Connections::New, servers_));
    prober_.start(*id);
    return *id;
  }

  std::string folder_ = testing::TempDir() + "muster-tls-XXXXXX";
  asio::io_context context_;
  aio::SystemClock clock_;
  std::optional<aio::Child> server_;
  std::string port_;
  ServerTable servers_;
  Keeper keeper_;
  Prober prober_{keeper_, nullptr};
};

TEST_F(RealTls, ATrustedCertificateOfTheRightNameIsAccepted) {
  const auto stream = add({folder_ + "/cert", "localhost", false});
  EXPECT_TRUE(keeper_.await_outcome(stream, 2, Outcome::Ok))
      << drill::name(prober_.status(stream).last_cause);
}

TEST_F(RealTls, AnUntrustedOrMisnamedCertificateIsATlsFailureUnlessInsecure) {
  const auto untrusted = add({"", "localhost", false});
  const auto misnamed = add({folder_ + "/cert", "db.example", false});
  const auto insecure = add({"", "", true});
  EXPECT_TRUE(keeper_.await_cause(untrusted, 2, Cause::Tls));
  EXPECT_TRUE(keeper_.await_cause(misnamed, 2, Cause::Tls));
  EXPECT_TRUE(keeper_.await_outcome(insecure, 2, Outcome::Ok));
  EXPECT_EQ(keeper_.records(untrusted)[0].outcome, Outcome::Fail);
}

TEST(TlsContext, NamesACaFileThatIsNotThere) {
  const auto context = net::make_tls_context({"/no/such/ca", "", false});
  ASSERT_FALSE(context.has_value());
  EXPECT_THAT(context.error().message, testing::HasSubstr("/no/such/ca"));
}

TEST(Responder, UnderstandsItsWordsAndCommands) {
  ResponderOptions options;
  options.seed = 7;
  options.deadline = millis(500);
  const auto parsed = ResponderOptions::parse(options.words());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->words(), options.words());
  for (const char* word : {"seed", "seed=x", "settle-millis=0", "deadline-millis=3600001", "x=1"}) {
    EXPECT_FALSE(ResponderOptions::parse({word}).has_value()) << word;
  }
  EXPECT_EQ(parse_responder_command("hang 250\r")->outage,
            (PlannedOutage{Kind::Hang, millis(250)}));
  EXPECT_FALSE(parse_responder_command("stop")->outage.has_value());
  for (const char* line : {"", "hang", "hang ", "hang -1", "hang 0", "refuse 1 2", "kill 5"}) {
    EXPECT_FALSE(parse_responder_command(line).has_value()) << line;
  }
}

TEST(Responder, PlansHangsLongerThanTheDeadlineAndTwoIntervals) {
  base::Random random(1);
  ResponderOptions options;
  for (int i = 0; i < 1000; ++i) {
    const auto hang = next_outage(random, options, true);
    EXPECT_GT(hang.length, options.deadline + 2 * options.interval);
    EXPECT_GT(next_outage(random, options, false).length, 2 * options.interval);
  }
}

}  // namespace
}  // namespace probes
