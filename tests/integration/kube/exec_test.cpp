// Commands in a container, through a real API server to Kubernetes' own streaming server.
#include "kube/exec.h"

#include <csignal>

#include <fmt/format.h>

#include "node.h"

namespace kube {
namespace {

using base::Code;
using testing::HasSubstr;

class ExecTest : public NodeTest {
 protected:
  ExecRequest shell(const std::string& script) const { return request({"sh", "-c", script}); }
  base::Result<ExecOutcome> exec_as(Client& who, ExecRequest asked,
                                    base::Duration limit = base::seconds(60)) {
    return aio::run(context, exec(clock, who, std::move(asked), clock.now() + limit, {}));
  }
  base::Result<ExecOutcome> run_exec(ExecRequest asked, base::Duration limit = base::seconds(60)) {
    return exec_as(*client, std::move(asked), limit);
  }

  /// One that runs until something happens to it.
  void begin(base::Duration limit = base::seconds(60)) {
    asio::co_spawn(context,
                   exec(clock, *client, shell("touch '" + file_path("began") + "'; exec sleep 300"),
                        clock.now() + limit, stop.get_token()),
                   [this](std::exception_ptr, base::Result<ExecOutcome> outcome) {
                     ended = std::move(outcome);
                   });
    ASSERT_TRUE(until([this] { return ended || aio::file_exists(file_path("began")); }));
    ASSERT_FALSE(ended.has_value()) << ended->error().message;
  }
  /// How what began has ended: an error, after which nobody knows what the command has done.
  base::Error unknown_end() {
    EXPECT_TRUE(until([this] { return ended.has_value(); }));
    if (!ended) return {};
    if (*ended) {
      ADD_FAILURE() << "it ended with exit code " << (*ended)->exit_code;
      return {};
    }
    EXPECT_TRUE(may_have_run(ended->error())) << ended->error().message;
    return ended->error();
  }
  /// An API server of before 1.30.
  std::unique_ptr<Client> old_server() {
    Config direct = config();
    direct.cluster.server = fmt::format("https://127.0.0.1:{}", node_port());
    direct.cluster.authority = {};
    direct.cluster.insecure = true;
    return connect(direct);
  }

  std::stop_source stop;
  std::optional<base::Result<ExecOutcome>> ended;
};

TEST_F(ExecTest, TellsBothOutputsAndTheExitCode) {
  const auto outcome = run_exec(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
  EXPECT_EQ(outcome->err, "err\n");
  EXPECT_FALSE(outcome->truncated);
  EXPECT_EQ(outcome->protocol, "v5.channel.k8s.io");
  const auto quiet = run_exec(request({"true"}));
  ASSERT_TRUE(quiet.has_value()) << quiet.error().message;
  EXPECT_EQ(quiet->exit_code, 0);
}

TEST_F(ExecTest, ArgumentsArriveAsTheyAre) {
  const auto outcome =
      run_exec(request({"printf", "%s|", "a b", "", "&c=d?", "\u00fc", "%2F", "--", "e\nf"}));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->out, "a b||&c=d?|\u00fc|%2F|--|e\nf|");
}

TEST_F(ExecTest, OfMuchOutputTheBeginningIsKeptAndTheCommandRunsToItsEnd) {
  ExecRequest asked = shell("yes | head -c 20000000; echo last >&2; exit 5");
  asked.output_bytes_max = 1000;
  const auto outcome = run_exec(std::move(asked));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->out.size(), 1000U);
  EXPECT_TRUE(outcome->out.starts_with("y\ny\n"));
  EXPECT_TRUE(outcome->truncated);
  EXPECT_EQ(outcome->err, "last\n");
  EXPECT_EQ(outcome->exit_code, 5);
  const auto all = run_exec(shell("yes | head -c 1000000"));
  ASSERT_TRUE(all.has_value()) << all.error().message;
  EXPECT_EQ(all->out.size(), 1'000'000U);
  EXPECT_FALSE(all->truncated);
}

TEST_F(ExecTest, WhatTheServerRefusesWasNotRun) {
  const auto refused = [this](Client& who, const std::string& pod, const std::string& container) {
    ExecRequest asked = request({"touch", file_path("ran")});
    asked.pod.name = pod;
    asked.container = container;
    const auto outcome = exec_as(who, std::move(asked));
    EXPECT_FALSE(outcome.has_value());
    if (outcome) return Code::Internal;
    EXPECT_FALSE(may_have_run(outcome.error())) << outcome.error().message;
    EXPECT_THAT(outcome.error().message, HasSubstr("exec touch in " + space + "/" + pod));
    return outcome.error().code;
  };
  EXPECT_EQ(refused(*client, "none", "main"), Code::NotFound);
  EXPECT_EQ(refused(*client, "web", "none"), Code::InvalidArgument);
  EXPECT_EQ(refused(*client, "web", ""), Code::InvalidArgument) << "one of three must be named";
  Config as = config();
  as.user.impersonate.user = "somebody";
  EXPECT_EQ(refused(*connect(as), "web", "main"), Code::PermissionDenied);
  EXPECT_FALSE(run_exec(request({})).has_value());
  EXPECT_FALSE(aio::file_exists(file_path("ran")));
}

TEST_F(ExecTest, ACommandThatCannotBeStartedIsNoExitCode) {
  ExecRequest asked = request({"true"});
  asked.container = "broken";
  const auto broken = run_exec(asked);
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().message, HasSubstr("memory is full"));
  EXPECT_TRUE(may_have_run(broken.error())) << "only the node knows";
  asked.container = "absent";
  const auto absent = run_exec(asked);
  ASSERT_FALSE(absent.has_value());
  EXPECT_THAT(absent.error().message, HasSubstr("container not found"));
  const auto no_program = run_exec(request({"no-such-program"}));
  ASSERT_FALSE(no_program.has_value());
  EXPECT_THAT(no_program.error().message, HasSubstr("executable file not found"));
}

TEST_F(ExecTest, ANodeThatDiesInTheMiddleIsNoExitCodeOrAFalseSuccessOfTheServer) {
  begin();
  kill_node();
  ASSERT_TRUE(until([this] { return ended.has_value(); }));
  if (*ended) {
    EXPECT_EQ((*ended)->exit_code, 0) << "what exec.h says of it";
  } else {
    EXPECT_TRUE(may_have_run(ended->error())) << ended->error().message;
  }
}

TEST_F(ExecTest, AnApiServerThatDiesInTheMiddleLeavesTheEndUnknown) {
  begin();
  ApiServer::instance().tell("kill apiserver");
  EXPECT_EQ(unknown_end().code, Code::Unavailable);
  const auto dead = run_exec(request({"true"}));
  ApiServer::instance().tell("start apiserver");
  ASSERT_FALSE(dead.has_value());
  EXPECT_EQ(dead.error().code, Code::Unavailable);
  EXPECT_FALSE(may_have_run(dead.error())) << "nobody was there to be asked";
  const auto again = run_exec(request({"true"}));
  EXPECT_TRUE(again.has_value()) << again.error().message;
}

TEST_F(ExecTest, ACommandThatTakesTooLongIsGivenUpAndMayHaveRun) {
  begin(base::seconds(3));
  const base::Error error = unknown_end();
  EXPECT_EQ(error.code, Code::DeadlineExceeded);
  EXPECT_THAT(error.message, HasSubstr("exec sh in " + space + "/web"));
}

TEST_F(ExecTest, ANodeThatIsSilentIsGivenUp) {
  signal_node(SIGSTOP);
  const auto outcome = run_exec(request({"true"}), base::seconds(1));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::DeadlineExceeded);
  EXPECT_TRUE(may_have_run(outcome.error()));
}

TEST_F(ExecTest, ACommandThatSaysNothingIsWaitedForAndAnApiServerThatSaysNothingIsNot) {
  const auto hasty = connect(config(), {.silence = base::seconds(2)});
  const auto quiet = exec_as(*hasty, shell("sleep 5; exit 3"));
  ASSERT_TRUE(quiet.has_value()) << quiet.error().message;
  EXPECT_EQ(quiet->exit_code, 3);
  asio::co_spawn(context,
                 exec(clock, *hasty, shell("touch '" + file_path("began") + "'; exec sleep 300"),
                      clock.now() + base::seconds(60), {}),
                 [this](std::exception_ptr, base::Result<ExecOutcome> outcome) {
                   ended = std::move(outcome);
                 });
  ASSERT_TRUE(until([this] { return ended || aio::file_exists(file_path("began")); }));
  ApiServer::instance().tell("pause apiserver");
  const base::Error error = unknown_end();
  ApiServer::instance().tell("resume apiserver");
  EXPECT_EQ(error.code, Code::Unavailable);
  EXPECT_THAT(error.message, HasSubstr("silent"));
}

TEST_F(ExecTest, AStopEndsTheWaitingAtOnce) {
  begin();
  const auto began = clock.now();
  stop.request_stop();
  EXPECT_EQ(unknown_end().code, Code::Cancelled);
  EXPECT_LT(clock.now() - began, base::seconds(2));
}

TEST_F(ExecTest, AServerWithV4AloneRunsCommands) {
  const auto old = old_server();
  const auto outcome = exec_as(*old, shell("echo out; exit 3"));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->protocol, "v4.channel.k8s.io");
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
}

}  // namespace
}  // namespace kube
