// Commands that are spoken with, through a real API server to Kubernetes' own streaming server.
#include "kube/exec_session.h"

#include <csignal>

#include "node.h"

namespace kube {
namespace {

using base::Code;
using testing::HasSubstr;

class ExecSessionTest : public NodeTest {
 protected:
  base::Result<std::unique_ptr<ExecSession>> open(ExecRequest asked) {
    return aio::run(context, ExecSession::open(*client, std::move(asked), {}));
  }
  std::unique_ptr<ExecSession> opened(const std::string& script) {
    auto session = open(request({"sh", "-c", script}));
    EXPECT_TRUE(session.has_value()) << session.error().message;
    return session ? std::move(*session) : nullptr;
  }
  base::Result<> write(ExecSession& session, std::string text) {
    return aio::run(context, session.write(std::move(text), {}));
  }
  base::Result<std::string> read(ExecSession& session, std::stop_token stop = {}) {
    return aio::run(context, session.read(std::move(stop)));
  }
  /// Until there is so much of it.
  std::string read_all(ExecSession& session, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) {
      const auto more = read(session);
      if (!more || more->empty()) break;
      out += *more;
    }
    return out;
  }
  void close(ExecSession& session) {
    asio::co_spawn(context, session.close({}), [](std::exception_ptr) {});
    context.restart();
    context.run_for(std::chrono::milliseconds(200));
  }
};

TEST_F(ExecSessionTest, WhatIsWrittenIsReadAndAnswered) {
  const auto session = opened("while read line; do echo \"<$line>\"; done");
  ASSERT_TRUE(session);
  for (const char* line : {"one", "two", "three"}) {
    ASSERT_TRUE(write(*session, std::string(line) + "\n").has_value());
    EXPECT_EQ(read_all(*session, std::string(line).size() + 3), "<" + std::string(line) + ">\n");
  }
  close(*session);
}

TEST_F(ExecSessionTest, MuchIsCarriedBothWays) {
  const auto session = opened("head -c 3000000 | tee /dev/null");
  ASSERT_TRUE(session);
  std::string sent;
  while (sent.size() < 3'000'000) sent += std::to_string(sent.size()) + "\n";
  sent.resize(3'000'000);
  base::Result<> written;
  bool done = false;
  asio::co_spawn(context, session->write(sent, {}),
                 [&](std::exception_ptr, base::Result<> outcome) {
                   written = outcome;
                   done = true;
                 });
  EXPECT_EQ(read_all(*session, sent.size()), sent);
  EXPECT_TRUE(until([&] { return done; }));
  EXPECT_TRUE(written.has_value());
  EXPECT_EQ(read(*session).value_or("an error"), "") << "it has ended well";
}

TEST_F(ExecSessionTest, HowItEndedIsTold) {
  const auto session = opened("echo last; echo 'no such socket' >&2; exit 3");
  ASSERT_TRUE(session);
  EXPECT_EQ(read_all(*session, 5), "last\n");
  const auto end = read(*session);
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, Code::Unavailable);
  EXPECT_THAT(end.error().message, HasSubstr("exec sh in " + space + "/web: exit code 3"));
  EXPECT_THAT(end.error().message, HasSubstr("no such socket"));
}

TEST_F(ExecSessionTest, WhatTheServerRefusesIsAnError) {
  ExecRequest asked = request({"cat"});
  asked.pod.name = "none";
  const auto none = open(asked);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, Code::NotFound);
  EXPECT_FALSE(open(request({})).has_value());
}

TEST_F(ExecSessionTest, AStopEndsAReadAtOnce) {
  const auto session = opened("sleep 300");
  ASSERT_TRUE(session);
  std::stop_source stop;
  std::optional<base::Result<std::string>> ended;
  asio::co_spawn(
      context, session->read(stop.get_token()),
      [&](std::exception_ptr, base::Result<std::string> outcome) { ended = std::move(outcome); });
  EXPECT_FALSE(until([&] { return ended.has_value(); }, base::millis(300)));
  stop.request_stop();
  ASSERT_TRUE(until([&] { return ended.has_value(); }));
  EXPECT_EQ(ended->error().code, Code::Cancelled);
}

TEST_F(ExecSessionTest, ANodeThatDiesEndsIt) {
  const auto session = opened("cat");
  ASSERT_TRUE(session);
  ASSERT_TRUE(write(*session, "alive\n").has_value());
  EXPECT_EQ(read_all(*session, 6), "alive\n");
  kill_node();
  // A server may take it for a success (exec.h); either way nothing more comes.
  EXPECT_EQ(read(*session).value_or(""), "");
}

}  // namespace
}  // namespace kube
