#include "targets/process.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/process.h"
#include "eventually.h"

namespace targets {
namespace {

using aio::asio::io_context;

// A program of ours that ends with the test, whatever becomes of it.
class Script {
 public:
  explicit Script(const std::string& text) : child_(spawn(context_, text)) {}
  ~Script() {
    const auto root = identify(child_.pid());
    if (root) {
      const auto tree = freeze_tree({*root});
      if (tree) {
        (void)aio::run(context_, kill_all(clock_, *tree, base::seconds(5), {}));
      }
    }
  }
  std::string line() {
    auto text = aio::run(context_, child_.read_line({}));
    return text ? *text : "error: " + text.error().message;
  }
  ProcessId root() { return identify(child_.pid()).value(); }
  base::Result<> kill(const std::vector<ProcessId>& processes) {
    return aio::run(context_, kill_all(clock_, processes, base::seconds(5), {}));
  }

 private:
  static aio::Child spawn(io_context& context, const std::string& text) {
    aio::Command command;
    command.argv = {"/bin/bash", "-c", text};
    return std::move(aio::Child::spawn(context.get_executor(), command, {})).value();
  }
  io_context context_;
  aio::SystemClock clock_;
  aio::Child child_;
};

TEST(ProcessStat, ReadsNamesWithBlanksAndParentheses) {
  const auto stat = parse_stat(
      "4711 (a) b (c) S 12 4711 4711 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1 1\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->id, (ProcessId{4711, 987654}));
  EXPECT_EQ(stat->parent, 12);
  EXPECT_EQ(stat->state, 'S');
}

TEST(ProcessStat, RefusesWhatIsCutOff) {
  for (const char* text : {"", "12", "12 (", "12 (a)", "12 (a) S 1", "x (a) S 1 1 1"}) {
    EXPECT_FALSE(parse_stat(text)) << text;
  }
}

TEST(PidFile, TakesTheFirstLineAndNamesWhatIsWrong) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("pid-{}", ::getpid());
  std::ofstream(path) << "4711\n/var/lib/data\n";
  EXPECT_EQ(read_pid_file(path).value(), 4711);
  for (const char* text : {"", "\n", "abc\n", "-3\n", "0\n", "1\n", "99999999999\n"}) {
    std::ofstream(path) << text;
    const auto pid = read_pid_file(path);
    ASSERT_FALSE(pid) << text;
    EXPECT_EQ(pid.error().code, base::Code::DataLoss);
    EXPECT_THAT(pid.error().message, testing::HasSubstr(path.string()));
  }
  std::filesystem::remove(path);
  EXPECT_EQ(read_pid_file(path).error().code, base::Code::NotFound);
}

TEST(ProcessTree, KillsChildrenInSessionsOfTheirOwn) {
  Script script("setsid -w bash -c 'setsid -w sleep 600' & sleep 600 & echo ready; wait");
  ASSERT_EQ(script.line(), "ready");
  const ProcessId root = script.root();
  // Below the shell: setsid, the sleep in its session, the plain sleep.
  ASSERT_TRUE(eventually([&] { return descendants({root}).size() >= 3; }));
  const auto tree = freeze_tree({root});
  ASSERT_TRUE(tree) << tree.error().message;
  EXPECT_GE(tree->size(), 4U);
  EXPECT_EQ(tree->front(), root);
  const auto done = script.kill(*tree);
  ASSERT_TRUE(done) << done.error().message;
  for (const ProcessId& id : *tree) {
    EXPECT_EQ(state_of(id), ProcessState::Gone) << id.pid;
  }
}

TEST(Commands, AreKnownByTheirEnvironmentAndServersAreNotMeant) {
  const std::string mark = fmt::format("MUSTER_DIR=/nowhere/{}", ::getpid());
  Script script("export " + mark +
                "; sleep 600 & echo c $!; setsid -w bash -c 'sleep 600 & echo s $!; wait' & wait");
  const pid_t command = std::stoi(script.line().substr(2));
  const pid_t server = std::stoi(script.line().substr(2));
  const auto is_command = [&](pid_t pid) {
    const auto found = commands_with(mark);
    return std::any_of(found.begin(), found.end(),
                       [&](const ProcessId& id) { return id.pid == pid; });
  };
  EXPECT_TRUE(eventually([&] { return is_command(command); }));
  EXPECT_FALSE(is_command(server));
  EXPECT_TRUE(commands_with(mark + "x").empty());
}

TEST(ProcessTree, LeavesNoneOfAForkingStorm) {
  const std::string mark = fmt::format("storm-{}", ::getpid());
  // Each of four loops forks without pause; whatever escaped would go on sleeping.
  Script script(fmt::format(
      "for i in 1 2 3 4; do (while :; do (exec -a {} sleep 20) & done) & done; echo ready; wait",
      mark));
  ASSERT_EQ(script.line(), "ready");
  ASSERT_TRUE(eventually([&] { return descendants({script.root()}).size() >= 40; }));
  const auto tree = freeze_tree({script.root()});
  ASSERT_TRUE(tree);
  ASSERT_TRUE(script.kill(*tree));
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string text;
    std::getline(file, text, '\0');
    if (text == mark) {
      const pid_t pid = std::stoi(entry.path().filename().string());
      EXPECT_FALSE(identify(pid)) << "escaped: " << pid;
      ::kill(pid, SIGKILL);
    }
  }
}

TEST(ProcessTree, SuspendsAndResumes) {
  Script script("sleep 600 & echo ready; wait");
  ASSERT_EQ(script.line(), "ready");
  const auto tree = freeze_tree({script.root()});
  ASSERT_TRUE(tree);
  ASSERT_EQ(tree->size(), 2U);
  for (const ProcessId& id : *tree) {
    EXPECT_TRUE(eventually([&] { return state_of(id) == ProcessState::Stopped; }));
    EXPECT_TRUE(send_signal(id, SIGCONT).value());
    EXPECT_TRUE(eventually([&] { return state_of(id) == ProcessState::Running; }));
  }
}

TEST(ProcessId, NeverSignalsAReusedPid) {
  Script script("echo ready; sleep 600");
  ASSERT_EQ(script.line(), "ready");
  ProcessId earlier = script.root();
  earlier.start_ticks -= 1;  // the process that had this pid before
  EXPECT_EQ(state_of(earlier), ProcessState::Gone);
  EXPECT_FALSE(send_signal(earlier, SIGKILL).value());
  EXPECT_TRUE(freeze_tree({earlier}).value().empty());
  EXPECT_TRUE(script.kill({earlier}));
  EXPECT_EQ(state_of(script.root()), ProcessState::Running);
}

TEST(ProcessId, AZombieIsGone) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(0);
  }
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(identify(child));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

}  // namespace
}  // namespace targets
