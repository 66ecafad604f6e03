// The step waitFor, the command step, and the conditions that need no server: command, probe.
#include <map>

#include "aio/deadline.h"
#include "aio/task_group.h"
#include "driver_fixture.h"
#include "eventually.h"

namespace targets {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;

Node shell(const char* text) {
  return Node::map().set("argv", Node::strings({"/bin/bash", "-c", text})).set("timeoutSeconds", 5);
}

class CommandTest : public DriverTest {
 protected:
  Driver& step() { return driver("command", api::Use::Step); }
};

TEST_F(CommandTest, ConditionIsTheExitCode) {
  EXPECT_TRUE(holds("command", shell("exit 0")));
  const auto seen = check("command", shell("echo 'the disk is full' >&2; exit 4"));
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->holds);
  EXPECT_THAT(seen->detail, AllOf(HasSubstr("exit code 4"), HasSubstr("the disk is full")));
}

TEST_F(CommandTest, ConditionThatHangsIsFalseAndLeavesNothing) {
  Node params = shell("sleep 600 & sleep 600");
  params.set("timeoutSeconds", 1);
  const auto seen = check("command", params);
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->holds);
  EXPECT_TRUE(eventually([&] { return processes().empty(); }));
}

TEST_F(CommandTest, ConditionWithoutAProgramCannotBeJudged) {
  const auto seen = check("command", Node::map().set("argv", Node::strings({"/no/such/program"})));
  ASSERT_FALSE(seen);
  EXPECT_THAT(seen.error().message, HasSubstr("/no/such/program"));
}

TEST_F(CommandTest, ConditionRunsWithTheNamesOfTheTargetInItsFolder) {
  EXPECT_TRUE(holds("command", shell("[ \"$PWD\" = \"$MUSTER_HOME\" ] && [ -d \"$MUSTER_DIR\" ]")));
}

TEST_F(CommandTest, ConditionThatIsCancelledIsNoAnswer) {
  std::stop_source stop;
  stop.request_stop();
  const auto seen = check("command", shell("sleep 600"), stop.get_token());
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, base::Code::Cancelled);
}

TEST_F(CommandTest, StepIsUndoneByItsUndoAndTwice) {
  Node params = shell("touch \"$MUSTER_DIR/fenced\"; echo fenced a");
  params.set("undo", Node::strings({"/bin/bash", "-c", "rm -f \"$MUSTER_DIR/fenced\""}));
  EXPECT_EQ(step().rule(params), drill::Undo::IfNotPromoted);
  const auto prepared = prepare(step(), params);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(apply(step(), params, *prepared).value(), "/bin/bash: fenced a");
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/fenced"));
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(undo(step(), params, *prepared));
    EXPECT_FALSE(std::filesystem::exists(dir_ + "/fenced"));
  }
}

TEST_F(CommandTest, StepThatFailsIsKnownAndStepThatHangsIsNot) {
  const auto failed = apply(step(), shell("echo 'no route' >&2; exit 1"), Node());
  ASSERT_FALSE(failed);
  EXPECT_FALSE(outcome_unknown(failed.error()));
  EXPECT_THAT(failed.error().message, HasSubstr("no route"));
  Node hangs = shell("sleep 600");
  hangs.set("timeoutSeconds", 1);
  const auto late = apply(step(), hangs, Node());
  ASSERT_FALSE(late);
  EXPECT_TRUE(outcome_unknown(late.error()));
}

class Watch final : public ProbeWatch {
 public:
  std::optional<View> view(const std::string& probe) const override {
    const auto found = views.find(probe);
    return found == views.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<std::string, View> views;
};

class ProbeConditionTest : public DriverTest {
 protected:
  static Node is(const char* state, int seconds) {
    return Node::map().set("name", "orders").set("state", state).set("forSeconds", seconds);
  }
  Watch watch_;
};

TEST_F(ProbeConditionTest, WhatWasNotSeenDoesNotHold) {
  for (const char* state : {"Good", "Bad"}) {
    probes_ = nullptr;
    EXPECT_FALSE(holds("probe", is(state, 0)));
    probes_ = &watch_;
    const auto seen = check("probe", is(state, 0));
    ASSERT_TRUE(seen);
    EXPECT_FALSE(seen->holds);
    EXPECT_EQ(seen->detail, "probe orders has not answered yet");
  }
}

TEST_F(ProbeConditionTest, HoldsOnceTheStateHasLastedLongEnough) {
  probes_ = &watch_;
  watch_.views["orders"] = {false, base::millis(999)};
  EXPECT_FALSE(holds("probe", is("Bad", 1)));
  EXPECT_TRUE(holds("probe", is("Bad", 0)));
  EXPECT_FALSE(holds("probe", is("Good", 0)));
  watch_.views["orders"] = {false, base::seconds(1)};
  EXPECT_TRUE(holds("probe", is("Bad", 1)));
  watch_.views["orders"] = {true, base::seconds(7)};
  EXPECT_TRUE(holds("probe", is("Good", 7)));
  EXPECT_EQ(check("probe", is("Bad", 0))->detail, "probe orders is Good for 7.00 s");
}

/// Somebody who approves when asked for the n-th time.
class Person final : public Approvals {
 public:
  bool approved(const std::string& step) const override {
    return step == "promote" && ++looks > after;
  }
  void ask(const std::string& step, const std::string& message) override {
    said.push_back("ask " + step + ": " + message);
  }
  void answered(const std::string& step) override { said.push_back("answered " + step); }
  int after = 0;
  mutable int looks = 0;
  std::vector<std::string> said;
};

class ApprovalTest : public DriverTest {
 protected:
  Driver& step() { return driver("approval", api::Use::Step); }
  Person person_;
  Node params_ = Node::map().set("message", "is the standby the right one?");
};

TEST_F(ApprovalTest, WaitsUntilThePersonApprovesTheStepByItsName) {
  approvals_ = &person_;
  part_ = "promote";
  person_.after = 2;
  const auto done = apply(step(), params_, Node());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(*done, testing::StartsWith("approved after "));
  EXPECT_EQ(person_.looks, 3);
  EXPECT_THAT(person_.said, testing::ElementsAre("ask promote: is the standby the right one?",
                                                 "answered promote"));
  EXPECT_FALSE(step().changes_target());
}

TEST_F(ApprovalTest, WhoIsNotAnsweredInTimeSaysWhatItAskedFor) {
  approvals_ = &person_;
  part_ = "another";
  std::stop_source stop;
  stop.request_stop();
  const auto done = apply(step(), params_, Node(), stop.get_token());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, base::Code::Cancelled);
  EXPECT_THAT(done.error().message, HasSubstr("nobody has approved it: is the standby"));
  EXPECT_THAT(person_.said, testing::Contains("answered another"));
}

TEST_F(ApprovalTest, WhereNobodyCanBeAskedItFails) {
  EXPECT_FALSE(apply(step(), params_, Node()));
}

class WaitForTest : public DriverTest {
 protected:
  Driver& step() { return driver("waitFor", api::Use::Step); }
  std::optional<Context> waits_;
  static Node until(const char* process, const char* state) {
    return Node::map().set("process", Node::map().set("name", process).set("state", state));
  }
};

aio::Task<base::Result<>> start_later(aio::Clock& clock, LocalTarget& target, std::string name) {
  co_await aio::wait_for(clock, base::millis(150), {});
  co_return co_await target.start_process(std::move(name), {});
}

aio::Task<base::Result<std::string>> beside(Driver& step, Context& with, Node params,
                                            aio::Task<base::Result<>> other) {
  aio::TaskGroup group(co_await aio::asio::this_coro::executor);
  group.spawn(std::move(other));
  auto done = co_await step.apply(with, std::move(params), Node(), {});
  CO_TRY(co_await group.join());
  co_return done;
}

TEST_F(WaitForTest, GoesOnAsSoonAsTheConditionHolds) {
  Context with = context();
  const auto done =
      run(beside(step(), with, until("tree", "Running"), start_later(clock_, *target_, "tree")));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, "process tree is Running");
  EXPECT_FALSE(step().changes_target());
  EXPECT_EQ(step().rule(Node()), drill::Undo::None);
  EXPECT_TRUE(undo(step(), until("tree", "Running"), Node()));
  EXPECT_EQ(state("tree"), ProcessState::Running);
}

TEST_F(WaitForTest, SaysWhatItSawLastWhenItsTimeIsOver) {
  const auto late = run(aio::with_deadline(
      clock_, clock_.now() + base::millis(200), {}, "wait", [&](std::stop_token stop) {
        waits_.emplace(context());
        return step().apply(*waits_, until("tree", "Running"), Node(), std::move(stop));
      }));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, base::Code::DeadlineExceeded);
  EXPECT_THAT(late.error().message, HasSubstr("last seen: process tree is Gone"));
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = apply(step(), until("tree", "Running"), Node(), stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, base::Code::Cancelled);
  EXPECT_THAT(stopped.error().message, HasSubstr("nothing was seen yet"));
}

TEST_F(WaitForTest, DoesNotWaitForWhatCanNeverBe) {
  const auto unknown = apply(step(), until("nobody", "Running"), Node());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::Code::NotFound);
  const Node none = Node::map().set("weather", Node::map());
  const auto refused = prepare(step(), none);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::InvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("'weather' is no condition"));
}

}  // namespace
}  // namespace targets
