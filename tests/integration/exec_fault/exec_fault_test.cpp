// A process in a container is killed or stopped by a command, as a fault: recorded, done, proven
// and undone as a drill does it, through the real API server to Kubernetes' own streaming server.
// The pod is named by its labels, and its processes are those of this machine: one that we started
// is hit.
#include <csignal>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "aio/task_group.h"
#include "cluster/cluster_target.h"
#include "cluster/kinds.h"
#include "kube/node.h"
#include "runner/actuator.h"
#include "runner/memory_file.h"

namespace cluster {
namespace {

using api::Node;
using testing::HasSubstr;

constexpr drill::PartId kFault{drill::PartId::Kind::Fault, 0};

class ExecFault : public kube::NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    group_.emplace(context.get_executor());
    change(kNamespaces, {"", space}, R"({"metadata":{"labels":{"muster.dev/drills":"enabled"}}})");
    change(kPods, {space, "web"}, R"({"metadata":{"labels":{"app":"web"}}})");
    change(kPods, {space, "web"},
           R"({"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})",
           "status");
    api::KubernetesTargetSpec spec;
    const Node selector = Node::map().set("matchLabels", Node::map().set("app", "web"));
    spec.workloads.push_back({"web", api::kPodSet, selector, 1});
    auto opened = aio::run(
        context, ClusterTarget::open(clock, *client, names_, {space, "plan", std::move(spec)}, {}));
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    target_ = std::move(*opened);
    group_->spawn(target_->follow(group_->token()));
    ASSERT_TRUE(aio::run(context, target_->known(base::seconds(20), {})).has_value());
  }
  void TearDown() override {
    if (victim_) {
      victim_->signal(SIGCONT);
      victim_->signal(SIGKILL);
      static_cast<void>(aio::run(context, victim_->wait({})));
    }
    group_->cancel();
    static_cast<void>(aio::run(context, group_->join()));
    target_.reset();
    NodeTest::TearDown();
  }

  /// A shell that says "ready", and then runs until something happens to it.
  void start(const std::string& first) {
    aio::Command command;
    command.argv = {"sh", "-c", first + "; echo ready; while :; do sleep 1; done"};
    auto child = aio::Child::spawn(context.get_executor(), command, {});
    ASSERT_TRUE(child.has_value()) << child.error().message;
    victim_.emplace(std::move(*child));
    ASSERT_EQ(aio::run(context, victim_->read_line({})).value_or("nothing"), "ready");
  }
  bool is_stopped() const {
    const auto text = aio::read_file(fmt::format("/proc/{}/stat", victim_->pid()), 4096);
    return text && text->find(") T ") != std::string::npos;
  }
  Node command(const std::string& script) const {
    return Node::map()
        .set("workload", "web")
        .set("container", "main")
        .set("timeoutSeconds", 20)
        .set("argv", Node::strings({"sh", "-c", script}));
  }
  std::string is_in(const std::string& states) const {
    return fmt::format("grep -q '^State:.[{}]' /proc/{}/status", states, victim_->pid());
  }
  /// A zombie, which is ours to ask for, or nothing.
  std::string has_ended() const { return "! " + is_in("^ZX"); }
  /// A signal as the fault.
  void plan(const std::string& signal, const std::string& proof) {
    api::Fault fault;
    fault.name = "signalled";
    fault.action = {
        "exec",
        command(fmt::format("kill -{} {}", signal, victim_->pid()))
            .set("undo", Node::strings({"kill", "-CONT", std::to_string(victim_->pid())}))
            .set("undoWhen", "Always"),
        {}};
    fault.proven_by = api::Action{"exec", command(proof), {}};
    plan_.faults = {fault};
    auto journal = store::UndoJournal::create(std::make_unique<runner::MemoryFile>(), "drill");
    ASSERT_TRUE(journal.has_value());
    journal_.emplace(std::move(*journal));
    what_.emplace(targets::Context{*target_, clock, catalog_});
    actuator_.emplace(plan_, *what_, *journal_);
  }
  template <class Event>
  Event await(aio::Task<Event> task) {
    return *aio::run(context, wrapped(std::move(task)));
  }
  void inject() {
    ASSERT_TRUE(aio::run(context, actuator_->preflight({})).has_value());
    const auto recorded = await(actuator_->record(kFault, base::seconds(20), {}));
    ASSERT_TRUE(recorded.ok) << recorded.why;
    const auto applied = await(actuator_->apply(kFault, {}));
    ASSERT_EQ(applied.result, drill::DoResult::Ok) << applied.detail;
  }
  drill::event::Proven prove(base::Duration limit) {
    return await(actuator_->prove(kFault, limit, {}));
  }

  std::optional<aio::Child> victim_;
  std::optional<runner::Actuator> actuator_;

 private:
  template <class Event>
  static aio::Task<base::Result<Event>> wrapped(aio::Task<Event> task) {
    co_return co_await std::move(task);
  }
  void change(const kube::Resource& resource, kube::Key key, const std::string& text,
              const std::string& subresource = "") {
    kube::WriteOptions options;
    options.subresource = subresource;
    ASSERT_TRUE(ok(
        run(client->patch(resource, std::move(key), kube::PatchType::Merge, text, options, {}))));
  }

  std::optional<aio::TaskGroup> group_;
  std::shared_ptr<net::Names> names_ =
      std::make_shared<net::Names>(clock, boost::asio::ip::udp::endpoint());
  std::unique_ptr<ClusterTarget> target_;
  targets::Catalog catalog_ = cluster_catalog();
  api::RecoveryPlan plan_;
  std::optional<store::UndoJournal> journal_;
  std::optional<targets::Context> what_;
};

TEST_F(ExecFault, AProcessIsStoppedAndGoesOnWhenItIsUndone) {
  ASSERT_NO_FATAL_FAILURE(start(":"));
  ASSERT_NO_FATAL_FAILURE(plan("STOP", is_in("T")));
  ASSERT_NO_FATAL_FAILURE(inject());
  const auto proven = prove(base::seconds(20));
  EXPECT_TRUE(proven.ok) << proven.detail;
  EXPECT_TRUE(is_stopped());
  const auto restored = await(actuator_->restore({kFault, 1}, base::seconds(20), {}));
  EXPECT_TRUE(restored.ok) << restored.detail;
  EXPECT_TRUE(until([&] { return !is_stopped(); }));
}

TEST_F(ExecFault, AProcessIsKilled) {
  ASSERT_NO_FATAL_FAILURE(start(":"));
  ASSERT_NO_FATAL_FAILURE(plan("KILL", has_ended()));
  ASSERT_NO_FATAL_FAILURE(inject());
  const auto proven = prove(base::seconds(20));
  EXPECT_TRUE(proven.ok) << proven.detail;
}

/// As PID 1 of a container ignores what it has no handler for: the command is content, the process
/// lives, and nothing proves the fault, which makes the drill Invalid.
TEST_F(ExecFault, AProcessThatIgnoresItsSignalProvesNothing) {
  ASSERT_NO_FATAL_FAILURE(start("trap '' TERM"));
  ASSERT_NO_FATAL_FAILURE(plan("TERM", has_ended()));
  ASSERT_NO_FATAL_FAILURE(inject());
  const auto proven = prove(base::seconds(2));
  EXPECT_FALSE(proven.ok);
  EXPECT_THAT(proven.detail, HasSubstr("exit code 1"));
  EXPECT_EQ(kill(victim_->pid(), 0), 0);
}

}  // namespace
}  // namespace cluster
