// The http condition against a real server, through the client that a drill uses.
#include "aio/task_group.h"
#include "net/http_server.h"
#include "probes/responder_process.h"
#include "runner/http_client.h"
#include "targets/driver_fixture.h"

namespace targets {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;

class HttpConditionTest : public DriverTest {
 protected:
  void SetUp() override {
    DriverTest::SetUp();
    client_.emplace(clock_, io_.get_executor(), nullptr);
    http_ = &*client_;
    auto server = net::HttpServer::listen(clock_, io_.get_executor(), "127.0.0.1:0",
                                          [](const net::HttpRequest& request) {
                                            const bool ready = request.target == "/ready";
                                            return net::HttpReply{ready ? 200U : 503U, "", "x"};
                                          });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    tasks_.emplace(io_.get_executor());
    tasks_->spawn(server_->serve(tasks_->token()));
  }
  void TearDown() override {
    tasks_->cancel();
    EXPECT_TRUE(run(tasks_->join()));
    DriverTest::TearDown();
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  static Node answers(const std::string& url, int status, int millis = 2000) {
    return Node::map().set("url", url).set("status", status).set("timeoutMillis", millis);
  }

  std::optional<runner::HttpGet> client_;
  std::unique_ptr<net::HttpServer> server_;
  std::optional<aio::TaskGroup> tasks_;
};

TEST_F(HttpConditionTest, IsTheStatusOfTheAnswer) {
  EXPECT_TRUE(holds("http", answers(url("/ready"), 200)));
  EXPECT_FALSE(holds("http", answers(url("/ready"), 503)));
  EXPECT_TRUE(holds("http", answers(url("/other"), 503)));
  EXPECT_EQ(check("http", answers(url("/other"), 200))->detail, url("/other") + " answered 503");
}

TEST_F(HttpConditionTest, AServerThatIsNotThereIsAViewWithItsCause) {
  const auto seen = check("http", answers("http://127.0.0.1:1/", 200));
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->holds);
  EXPECT_THAT(seen->detail, HasSubstr("refused"));
}

TEST_F(HttpConditionTest, AServerThatHangsIsGivenUp) {
  auto responder = run(probes::ResponderProcess::start(clock_, {MUSTER_TEST_RESPONDER}, {}, {}));
  ASSERT_TRUE(responder) << responder.error().message;
  const std::string address = "http://" + responder->reference_address() + "/";
  EXPECT_TRUE(holds("http", answers(address, 200)));
  ASSERT_TRUE(
      responder->command({drill::ReferenceOutage::Kind::Hang, base::seconds(2)}).has_value());
  std::string detail;
  for (int looks = 0; looks < 20 && detail.empty(); ++looks) {
    const auto seen = check("http", answers(address, 200, 300));
    ASSERT_TRUE(seen);
    if (!seen->holds) detail = seen->detail;
  }
  EXPECT_THAT(detail, AllOf(HasSubstr(address), HasSubstr("no answer in 300 ms")));
  EXPECT_TRUE(run(responder->next({})));
  EXPECT_TRUE(holds("http", answers(address, 200)));
  EXPECT_TRUE(run(responder->finish(clock_)));
}

TEST_F(HttpConditionTest, WhatIsNoAddressCannotBeJudged) {
  const auto seen = check("http", answers("ftp://127.0.0.1/", 200));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, base::Code::InvalidArgument);
  EXPECT_THAT(seen.error().message, HasSubstr("ftp://127.0.0.1/"));
  http_ = nullptr;
  EXPECT_EQ(check("http", answers(url("/"), 200)).error().code, base::Code::FailedPrecondition);
}

TEST_F(HttpConditionTest, CancellingIsNoAnswer) {
  std::stop_source stop;
  stop.request_stop();
  const auto seen = check("http", answers(url("/ready"), 200), stop.get_token());
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, base::Code::Cancelled);
}

}  // namespace
}  // namespace targets
