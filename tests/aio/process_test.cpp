// Real programs (sh, cat, sleep): outputs, limits, process groups, lifelines.
#include "aio/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/deadline.h"
#include "aio/descriptor.h"

namespace aio {
namespace {

using base::Code;
using base::millis;
using base::Result;
using base::seconds;

Command shell(std::string script) {
  Command command;
  command.argv = {"sh", "-c", std::move(script)};
  command.timeout = seconds(20);
  return command;
}

Result<ProcessOutcome> run_now(Command command) {
  asio::io_context context;
  SystemClock clock;
  return run(context, run_process(clock, std::move(command), {}));
}

bool alive(pid_t pid) {
  return kill(pid, 0) == 0;
}

/// Waits (up to 10 s) for the end of a process that has been killed; its death is asynchronous.
bool ends(pid_t pid) {
  const Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd watched{pidfd.get(), POLLIN, 0};
  return !pidfd.valid() || poll(&watched, 1, 10'000) == 1;
}

TEST(Process, GivesExitCodeAndBothOutputs) {
  const auto outcome = run_now(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
  EXPECT_EQ(outcome->err, "err\n");
  EXPECT_FALSE(outcome->ok());
  EXPECT_EQ(outcome->summary(), "exit code 3: err");
}

TEST(Process, GivesTheSignalThatEndedIt) {
  const auto outcome = run_now(shell("kill -KILL $$"));
  EXPECT_EQ(outcome->signal, SIGKILL);
  EXPECT_EQ(outcome->summary(), "ended by SIGKILL");
}

TEST(Process, HandsOverInputEnvironmentAndFolder) {
  Command command = shell("cat; printf '%s %s' \"$MUSTER_X\" \"$(pwd)\"");
  command.input = std::string(300'000, 'i') + "\n";  // more than a pipe holds
  command.output_bytes_max = 1U << 20U;
  command.env = {{"MUSTER_X", "x y"}};
  command.cwd = "/";
  const auto outcome = run_now(command);
  EXPECT_EQ(outcome->out, command.input + "x y /");
}

TEST(Process, KeepsTheFirstBytesOfALongOutput) {
  Command command = shell("head -c 100000 /dev/zero");
  command.output_bytes_max = 1000;
  const auto outcome = run_now(command);
  EXPECT_TRUE(outcome->ok());
  EXPECT_EQ(outcome->out.size(), 1000U);
  EXPECT_TRUE(outcome->truncated);
}

TEST(Process, IgnoredInputIsNoError) {
  Command command = shell("exit 0");
  command.input = std::string(300'000, 'i');
  EXPECT_TRUE(run_now(command)->ok());
}

TEST(Process, NamesAProgramThatIsNotThere) {
  Command command;
  command.argv = {"muster-no-such-program"};
  const auto outcome = run_now(command);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::NotFound);
  EXPECT_THAT(outcome.error().message, testing::HasSubstr("muster-no-such-program"));
}

TEST(Process, ADaemonThatKeepsThePipeOpenDoesNotHoldUp) {
  Command command = shell("sleep 100 & echo $!");
  command.timeout = seconds(60);
  const auto outcome = run_now(command);
  ASSERT_TRUE(outcome->ok());
  const pid_t daemon = std::stoi(outcome->out);
  EXPECT_TRUE(alive(daemon));
  EXPECT_LT(outcome->took, seconds(30));
  kill(daemon, SIGKILL);
}

TEST(Process, TimeoutKillsTheWholeGroupEvenWhenItIgnoresTerm) {
  Command command = shell("trap '' TERM; sleep 100 & echo $!; echo $$; while :; do wait; done");
  command.timeout = millis(300);
  command.grace = millis(50);
  const auto outcome = run_now(command);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_TRUE(outcome->timed_out);
  EXPECT_EQ(outcome->signal, SIGKILL);
  int sleeper = 0;
  int self = 0;
  ASSERT_EQ(sscanf(outcome->out.c_str(), "%d %d", &sleeper, &self), 2) << outcome->out;
  EXPECT_TRUE(ends(sleeper));
  EXPECT_TRUE(ends(self));
}

Task<Result<>> stop_after_first_line(Clock& clock, std::string line_wanted, pid_t& pid,
                                     std::string& line_got) {
  const auto executor = co_await asio::this_coro::executor;
  CO_TRY(Child child, Child::spawn(executor, shell("read x; echo got $x; sleep 100"), {}));
  pid = child.pid();
  CO_TRY(child.write_line(line_wanted));
  CO_TRY(line_got, co_await child.read_line({}));
  CO_TRY(const auto outcome, co_await child.stop(clock, seconds(5)));
  EXPECT_EQ(outcome.signal, SIGTERM);
  co_return Result<>{};
}

TEST(Child, TalksInLinesAndStops) {
  asio::io_context context;
  SystemClock clock;
  pid_t pid = 0;
  std::string line;
  const auto outcome = run(context, stop_after_first_line(clock, "hello", pid, line));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(line, "got hello");
  EXPECT_TRUE(ends(pid));
}

TEST(Child, EndsWhenItsLifelineIsClosed) {
  asio::io_context context;
  std::optional<Child> child;
  child.emplace(*Child::spawn(context.get_executor(), shell("cat >/dev/null; exit 7"), {}));
  SystemClock clock;
  // stop() closes the lifeline first; cat ends by itself or by SIGTERM, whichever comes first.
  const auto outcome = run(context, child->stop(clock, seconds(10)));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->exit_code == 7 || outcome->signal == SIGTERM);
}

TEST(Child, DestroyingItLeavesNothingBehind) {
  asio::io_context context;
  pid_t pid = 0;
  {
    const auto child = Child::spawn(context.get_executor(), shell("sleep 100; true"), {});
    ASSERT_TRUE(child.has_value());
    pid = child->pid();
    EXPECT_TRUE(alive(pid));
  }
  EXPECT_TRUE(ends(pid));
}

Task<Result<ProcessOutcome>> run_stopped(Clock& clock, Command command) {
  const auto executor = co_await asio::this_coro::executor;
  Deadline soon(clock, executor, clock.now() + millis(100), {});
  co_return co_await run_process(clock, std::move(command), soon.token());
}

TEST(Process, CancellationEndsIt) {
  asio::io_context context;
  SystemClock clock;
  const auto outcome = run(context, run_stopped(clock, shell("sleep 100")));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::Cancelled);
}

}  // namespace
}  // namespace aio
