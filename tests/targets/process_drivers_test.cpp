// The process fault, the steps startProcess and stopProcess, and the process condition, on real
// processes: effect, undo, undo twice, undo without an apply, and the cause of every refusal.
#include <algorithm>

#include "driver_fixture.h"
#include "eventually.h"

namespace targets {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;

Node on(const char* process, const char* signal, bool tree = true) {
  return Node::map().set("name", process).set("signal", signal).set("tree", tree);
}
Node named(const char* process) {
  return Node::map().set("name", process);
}
Node is(const char* process, const char* state) {
  return Node::map().set("name", process).set("state", state);
}
bool all(const std::vector<ProcessId>& processes, ProcessState state) {
  return std::all_of(processes.begin(), processes.end(),
                     [&](const ProcessId& id) { return state_of(id) == state; });
}

class ProcessFaultTest : public DriverTest {
 protected:
  Driver& fault() { return driver("process", api::Use::Fault); }
};

TEST_F(ProcessFaultTest, KillEndsTheWholeTreeAndItsUndoStartsItOnce) {
  start("tree");
  auto hit = children("tree");
  ASSERT_EQ(hit.size(), 2U);
  hit.push_back(root("tree"));
  const Node prepared = inject(fault(), on("tree", "KILL"));
  EXPECT_TRUE(all(hit, ProcessState::Gone));  // proven by apply(), not waited for here
  EXPECT_EQ(state("tree"), ProcessState::Gone);

  ASSERT_TRUE(undo(fault(), on("tree", "KILL"), prepared));
  EXPECT_EQ(state("tree"), ProcessState::Running);
  const ProcessId again = root("tree");
  ASSERT_TRUE(undo(fault(), on("tree", "KILL"), prepared));
  EXPECT_EQ(root("tree"), again);
}

TEST_F(ProcessFaultTest, WithoutTheTreeOnlyTheProcessItselfIsHit) {
  start("tree");
  const auto left = children("tree");
  ASSERT_EQ(left.size(), 2U);
  const Node params = on("tree", "KILL", false);
  const Node prepared = inject(fault(), params);
  EXPECT_EQ(state("tree"), ProcessState::Gone);
  EXPECT_TRUE(all(left, ProcessState::Running));
  EXPECT_TRUE(undo(fault(), params, prepared));
  EXPECT_EQ(state("tree"), ProcessState::Running);
}

TEST_F(ProcessFaultTest, StopSuspendsTheTreeAndItsUndoResumesTheSameProcess) {
  start("tree");
  const ProcessId before = root("tree");
  const auto with = children("tree");
  const Node params = on("tree", "STOP");
  const auto prepared = prepare(fault(), params);
  ASSERT_TRUE(prepared);
  const auto done = apply(fault(), params, *prepared);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(*done, HasSubstr("SIGSTOP to 3 processes of tree"));
  EXPECT_EQ(state("tree"), ProcessState::Stopped);
  EXPECT_TRUE(all(with, ProcessState::Stopped));
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(undo(fault(), params, *prepared));
    EXPECT_TRUE(eventually([&] { return state("tree") == ProcessState::Running; }));
    EXPECT_TRUE(eventually([&] { return all(with, ProcessState::Running); }));
  }
  EXPECT_EQ(root("tree"), before);
}

TEST_F(ProcessFaultTest, StopWithoutTheTreeLeavesItsChildrenAtWork) {
  start("tree");
  const auto with = children("tree");
  const Node params = on("tree", "STOP", false);
  const Node prepared = inject(fault(), params);
  EXPECT_EQ(state("tree"), ProcessState::Stopped);
  EXPECT_TRUE(all(with, ProcessState::Running));
  EXPECT_TRUE(undo(fault(), params, prepared));
  EXPECT_TRUE(eventually([&] { return state("tree") == ProcessState::Running; }));
}

TEST_F(ProcessFaultTest, StopNeedsNoStartCommandAndEverythingElseDoes) {
  start("bare");
  const auto refused = prepare(fault(), on("bare", "TERM"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::FailedPrecondition);
  EXPECT_THAT(refused.error().message, HasSubstr("'bare' has no start command"));
  EXPECT_EQ(state("bare"), ProcessState::Running);  // prepare changes nothing
  const Node prepared = inject(fault(), on("bare", "STOP"));
  EXPECT_EQ(state("bare"), ProcessState::Stopped);
  EXPECT_TRUE(undo(fault(), on("bare", "STOP"), prepared));
}

TEST_F(ProcessFaultTest, TermIsTheProcessesOwnToActOn) {
  start("tree");
  start("deaf");
  const auto with = children("tree");
  const Node tree = inject(fault(), on("tree", "TERM"));
  const Node deaf = inject(fault(), on("deaf", "TERM", false));
  EXPECT_TRUE(eventually([&] { return state("tree") == ProcessState::Gone; }));
  EXPECT_TRUE(eventually([&] { return all(with, ProcessState::Gone); }));
  EXPECT_EQ(state("deaf"), ProcessState::Running);  // which is why a plan proves its fault
  const ProcessId ignored = root("deaf");
  EXPECT_TRUE(undo(fault(), on("tree", "TERM"), tree));
  EXPECT_TRUE(undo(fault(), on("deaf", "TERM", false), deaf));
  EXPECT_EQ(state("tree"), ProcessState::Running);
  EXPECT_EQ(root("deaf"), ignored);
}

TEST_F(ProcessFaultTest, UndoWithoutAnApplyChangesNothing) {
  start("tree");
  const ProcessId before = root("tree");
  for (const char* signal : {"KILL", "STOP", "TERM"}) {
    const auto prepared = prepare(fault(), on("tree", signal));
    ASSERT_TRUE(prepared);
    EXPECT_TRUE(undo(fault(), on("tree", signal), *prepared)) << signal;
    EXPECT_EQ(root("tree"), before) << signal;
    EXPECT_EQ(state("tree"), ProcessState::Running) << signal;
  }
}

TEST_F(ProcessFaultTest, UndoFreesATreeThatACrashLeftOnItsWayToTheKill) {
  start("tree");
  const auto prepared = prepare(fault(), on("tree", "KILL"));
  ASSERT_TRUE(prepared);
  const auto frozen = freeze_tree({root("tree")});
  ASSERT_TRUE(frozen);
  ASSERT_TRUE(eventually([&] { return all(*frozen, ProcessState::Stopped); }));
  ASSERT_TRUE(undo(fault(), on("tree", "KILL"), *prepared));
  EXPECT_TRUE(eventually([&] { return all(*frozen, ProcessState::Running); }));
}

TEST_F(ProcessFaultTest, NamesWhatIsNotThere) {
  const auto gone = prepare(fault(), on("tree", "KILL"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, base::Code::FailedPrecondition);
  EXPECT_THAT(gone.error().message, AllOf(HasSubstr("'tree' does not run"), HasSubstr("tree.pid")));
  const auto unknown = prepare(fault(), on("nobody", "KILL"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::Code::NotFound);
  EXPECT_THAT(unknown.error().message, HasSubstr("'nobody'; it has tree, deaf, bare, slow"));
  const auto late = apply(fault(), on("tree", "KILL"), Node::map());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, base::Code::FailedPrecondition);
  EXPECT_FALSE(outcome_unknown(late.error()));
}

TEST_F(ProcessFaultTest, AnUndoThatFailsSaysWhyAndCanBeRepeated) {
  start("tree");
  const Node prepared = inject(fault(), on("tree", "KILL"));
  touch("refuse");
  const auto failed = undo(fault(), on("tree", "KILL"), prepared);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message,
              AllOf(HasSubstr("start of tree"), HasSubstr("exit code 3"), HasSubstr("no space")));
  remove("refuse");
  EXPECT_TRUE(undo(fault(), on("tree", "KILL"), prepared));
  EXPECT_EQ(state("tree"), ProcessState::Running);
}

class ProcessStepTest : public DriverTest {
 protected:
  Driver& starts() { return driver("startProcess", api::Use::Step); }
  Driver& stops() { return driver("stopProcess", api::Use::Step); }
};

TEST_F(ProcessStepTest, StopIsUndoneByAStart) {
  start("tree");
  const Node prepared = inject(stops(), named("tree"));
  EXPECT_EQ(state("tree"), ProcessState::Gone);
  ASSERT_TRUE(undo(stops(), named("tree"), prepared));
  const ProcessId again = root("tree");
  ASSERT_TRUE(undo(stops(), named("tree"), prepared));
  EXPECT_EQ(root("tree"), again);
}

TEST_F(ProcessStepTest, StartIsUndoneByAStop) {
  const Node prepared = inject(starts(), named("tree"));
  EXPECT_EQ(state("tree"), ProcessState::Running);
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(undo(starts(), named("tree"), prepared));
    EXPECT_EQ(state("tree"), ProcessState::Gone);
  }
}

TEST_F(ProcessStepTest, WhatWasSoBeforeStaysSoAndNeedsNoCommand) {
  const Node stopped = inject(stops(), named("tree"));
  touch("refuse");
  ASSERT_TRUE(undo(stops(), named("tree"), stopped));
  EXPECT_EQ(state("tree"), ProcessState::Gone);
  remove("refuse");
  start("tree");
  const ProcessId before = root("tree");
  const Node started = inject(starts(), named("tree"));
  touch("refuse");
  ASSERT_TRUE(undo(starts(), named("tree"), started));
  EXPECT_EQ(root("tree"), before);
}

TEST_F(ProcessStepTest, UndoWithoutAnApplyChangesNothing) {
  const auto prepared = prepare(starts(), named("tree"));
  ASSERT_TRUE(prepared);
  EXPECT_TRUE(undo(starts(), named("tree"), *prepared));
  EXPECT_EQ(state("tree"), ProcessState::Gone);
}

TEST_F(ProcessStepTest, NamesTheCommandThatIsMissing) {
  start("bare");
  for (Driver* step : {&starts(), &stops()}) {
    const auto refused = prepare(*step, named("bare"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::FailedPrecondition);
    EXPECT_THAT(refused.error().message, HasSubstr("'bare' has no start command"));
    EXPECT_EQ(prepare(*step, named("nobody")).error().code, base::Code::NotFound);
  }
}

TEST_F(ProcessStepTest, ACommandThatFailsOrHangsIsNamed) {
  touch("refuse");
  const auto failed = apply(starts(), named("slow"), Node::map().set("ran", false));
  ASSERT_FALSE(failed);
  EXPECT_FALSE(outcome_unknown(failed.error()));
  EXPECT_THAT(failed.error().message, AllOf(HasSubstr("start of slow"), HasSubstr("no space")));
  remove("refuse");
  touch("hang");
  const auto late = apply(starts(), named("slow"), Node::map().set("ran", false));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, base::Code::DeadlineExceeded);
  EXPECT_TRUE(outcome_unknown(late.error()));
  EXPECT_THAT(late.error().message, HasSubstr("start of slow"));
  EXPECT_EQ(processes().size(), 0U);  // the command was ended with what it had begun
}

class ProcessConditionTest : public DriverTest {};

TEST_F(ProcessConditionTest, TellsTheThreeStates) {
  EXPECT_TRUE(holds("process", is("tree", "Gone")));
  start("tree");
  EXPECT_TRUE(holds("process", is("tree", "Running")));
  EXPECT_FALSE(holds("process", is("tree", "Gone")));
  ASSERT_TRUE(send_signal(root("tree"), SIGSTOP).value());
  EXPECT_TRUE(eventually([&] { return holds("process", is("tree", "Stopped")); }));
  EXPECT_FALSE(holds("process", is("tree", "Running")));
  ASSERT_TRUE(send_signal(root("tree"), SIGKILL).value());
  EXPECT_TRUE(eventually([&] { return holds("process", is("tree", "Gone")); }));
  EXPECT_EQ(check("process", is("tree", "Running"))->detail, "process tree is Gone");
}

TEST_F(ProcessConditionTest, AnUnknownNameCannotBeJudged) {
  const auto seen = check("process", is("nobody", "Gone"));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, base::Code::NotFound);
}

}  // namespace
}  // namespace targets
