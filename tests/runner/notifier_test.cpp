// Deliveries to real receivers: an HTTP server on the loopback, programs.
#include "runner/notifier.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/yaml.h"
#include "net/http_server.h"

namespace runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr base::BackoffPolicy kSoon{base::millis(5), base::millis(20), 2.0, 0.5};

report::NotificationMessage message(report::Moment moment) {
  report::NotificationMessage out;
  out.moment = moment;
  out.drill_id = "failover-1";
  out.plan = "failover \"x\"";
  out.phase = "Preflight";
  out.state = "Normal";
  out.rto.objective = base::seconds(300);
  return out;
}

/// JSON is YAML.
api::Node parsed(const std::string& json) {
  const auto documents = api::parse_yaml(json, "message");
  EXPECT_TRUE(documents && documents->size() == 1) << json;
  return documents && documents->size() == 1 ? documents->front() : api::Node();
}

class NotifierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/muster-notifier-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static api::Notification to(std::vector<std::string> on) {
    api::Notification out;
    out.name = "ops";
    out.on = std::move(on);
    return out;
  }
  api::Notification program(const std::string& script) const {
    api::Notification out = to({"Start", "Miss", "End"});
    out.argv = {"sh", "-c", script};
    return out;
  }
  Notifier::Options options(api::Notification one) const {
    Notifier::Options out;
    out.notifications = {std::move(one)};
    out.directory = folder_.string();
    out.backoff = kSoon;
    return out;
  }
  std::string read(const char* file) const {
    std::ostringstream out;
    out << std::ifstream(folder_ / file).rdbuf();
    return out.str();
  }

  /// Tells the moments and waits for what became of it.
  std::vector<std::string> tell(Notifier& notifier, const std::vector<report::Moment>& moments,
                                base::Duration within = base::seconds(60)) {
    const auto problems =
        aio::run(context_,
                 [](Notifier& n, std::vector<report::Moment> each,
                    base::Duration limit) -> aio::Task<base::Result<std::vector<std::string>>> {
                   for (const report::Moment moment : each) n.tell(message(moment));
                   co_return co_await n.finish(limit, {});
                 }(notifier, moments, within));
    return problems.value_or(std::vector<std::string>{"failed"});
  }

  boost::asio::io_context context_;
  aio::SystemClock clock_;
  std::filesystem::path folder_;
};

/// Answers 503 so many times before it takes what it is sent.
struct Receiver {
  int failures = 0;
  std::vector<net::HttpRequest> requests;
  std::unique_ptr<net::HttpServer> server;

  Receiver(aio::Clock& clock, boost::asio::io_context& context, int fails) : failures(fails) {
    server = *net::HttpServer::listen(clock, context.get_executor(), "127.0.0.1:0",
                                      [this](const net::HttpRequest& request) {
                                        requests.push_back(request);
                                        const bool bad = failures-- > 0;
                                        return net::HttpReply{bad ? 503U : 204U, "text/plain", ""};
                                      });
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server->port()) + "/hook?a=b";
  }
};

/// The server serves while the notifier tells.
std::vector<std::string> tell_over(boost::asio::io_context& context, Receiver& receiver,
                                   Notifier& notifier, report::Moment moment) {
  const auto problems =
      aio::run(context,
               [](boost::asio::io_context& io, Receiver& r, Notifier& n,
                  report::Moment what) -> aio::Task<base::Result<std::vector<std::string>>> {
                 aio::TaskGroup serving(io.get_executor());
                 serving.spawn(r.server->serve(serving.token()));
                 n.tell(message(what));
                 auto out = co_await n.finish(base::seconds(60), {});
                 serving.cancel();
                 static_cast<void>(co_await serving.join());
                 co_return out;
               }(context, receiver, notifier, moment));
  return problems.value_or(std::vector<std::string>{"failed"});
}

TEST_F(NotifierTest, AWebhookThatFailsTwiceIsTriedAThirdTime) {
  Receiver receiver(clock_, context_, 2);
  api::Notification hook = to({"Miss"});
  hook.url = receiver.url();
  hook.headers = {{"X-Team", "db"}};
  Notifier notifier(clock_, context_.get_executor(), options(hook));
  EXPECT_THAT(tell_over(context_, receiver, notifier, report::Moment::Miss), ElementsAre());
  ASSERT_EQ(receiver.requests.size(), 3U);
  EXPECT_EQ(receiver.requests[2].method, "POST");
  EXPECT_EQ(receiver.requests[2].target, "/hook?a=b");
  const auto body = parsed(receiver.requests[2].body);
  EXPECT_EQ(body["moment"].as_string(), "Miss");
  EXPECT_EQ(body["plan"].as_string(), "failover \"x\"");
  EXPECT_TRUE(body["verdict"].is_null());
  EXPECT_EQ(body["rto"]["objectiveSeconds"].as_double(), 300.0);
}

TEST_F(NotifierTest, AWebhookThatAlwaysFailsIsAProblemAfterThreeTries) {
  Receiver receiver(clock_, context_, 1000);
  api::Notification hook = to({"End"});
  hook.url = receiver.url();
  Notifier notifier(clock_, context_.get_executor(), options(hook));
  std::vector<std::string> heard;
  notifier.on_failure([&](const std::string& problem) { heard.push_back(problem); });
  const auto problems = tell_over(context_, receiver, notifier, report::Moment::End);
  EXPECT_THAT(problems,
              ElementsAre("notification ops of End was not delivered in 3 tries: it answered 503"));
  EXPECT_EQ(heard, problems);
  EXPECT_EQ(receiver.requests.size(), 3U);
}

TEST_F(NotifierTest, NobodyListensAndNoSecretIsTold) {
  api::Notification hook = to({"Start"});
  hook.url = "http://127.0.0.1:1/?token=secret";
  Notifier notifier(clock_, context_.get_executor(), options(hook));
  const auto problems = tell(notifier, {report::Moment::Start});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(problems[0].find("secret"), std::string::npos);
}

TEST_F(NotifierTest, AProgramGetsTheMessageOnItsStdinInThePlansFolder) {
  Notifier notifier(clock_, context_.get_executor(), options(program("cat > told")));
  EXPECT_THAT(tell(notifier, {report::Moment::Start}), ElementsAre());
  const auto told = parsed(read("told"));
  EXPECT_EQ(told["drillId"].as_string(), "failover-1");
  EXPECT_EQ(told["version"].as_int(), 1);
}

TEST_F(NotifierTest, OnlyTheMomentsThatAreWantedAreTold) {
  api::Notification only = program("cat >> told");
  only.on = {"End"};
  Notifier notifier(clock_, context_.get_executor(), options(only));
  EXPECT_THAT(tell(notifier, {report::Moment::Start, report::Moment::Miss, report::Moment::End}),
              ElementsAre());
  EXPECT_EQ(parsed(read("told"))["moment"].as_string(), "End");
}

TEST_F(NotifierTest, AProgramThatFailsIsTriedThreeTimesAndSaysWhy) {
  Notifier notifier(clock_, context_.get_executor(),
                    options(program("echo x >> tries; echo no pager >&2; exit 3")));
  const auto problems = tell(notifier, {report::Moment::Start});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], HasSubstr("in 3 tries: exit code 3: no pager"));
  EXPECT_EQ(read("tries"), "x\nx\nx\n");
}

TEST_F(NotifierTest, AProgramThatHangsIsEndedAndTheOthersAreToldMeanwhile) {
  api::Notification hangs = program("sleep 600");
  hangs.timeout_seconds = 300;
  Notifier::Options both = options(hangs);
  both.notifications.push_back(program("cat > told"));
  Notifier notifier(clock_, context_.get_executor(), std::move(both));
  const base::TimePoint begun = clock_.now();
  const auto problems = tell(notifier, {report::Moment::End}, base::millis(500));
  EXPECT_LT(clock_.now() - begun, base::seconds(20)) << "given up";
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], HasSubstr("was not delivered in 1 try"));
  EXPECT_THAT(read("told"), HasSubstr("\"End\""));
}

TEST_F(NotifierTest, AProgramThatIsNotThereIsAProblemOnly) {
  api::Notification missing = program("");
  missing.argv = {"/nowhere/pager"};
  Notifier notifier(clock_, context_.get_executor(), options(missing));
  EXPECT_EQ(tell(notifier, {report::Moment::Start}).size(), 1U);
}

}  // namespace
}  // namespace runner
