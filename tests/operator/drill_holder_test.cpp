// A drill's runner against the API server in memory: what it leaves in the Drill when it ends.
#include "operator/drill_holder.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/objects.h"
#include "operator/drill_result.h"
#include "operator/log.h"
#include "simulated/simulated_pod.h"
#include "store/undo_journal.h"

namespace op {
namespace {

using api::Node;
using cluster::Member;
using testing::HasSubstr;

/// How a drill goes that has recorded one fault.
enum class Goes : std::uint8_t { Whole, NotWhole, Fails };

class OneFault final : public DrillHolder {
 public:
  OneFault(const PodOptions& options, PodEdge& edge, Goes goes, base::Error error)
      : DrillHolder(options, edge), goes_(goes), error_(std::move(error)) {}
  bool records = true;

 private:
  aio::Task<base::Result<std::vector<Member>>> drill() override {
    if (records) CO_TRY(record());
    if (goes_ == Goes::Fails) co_return tl::unexpected(error_);
    drill::Report report;
    report.ending = goes_ == Goes::Whole ? drill::Ending::Completed : drill::Ending::NotWhole;
    report.ending_reason = "as the test says";
    co_return result_of(report, {}, {}, drill_, clock_.wall_now());
  }
  base::Result<> record() {
    TRY(auto file, open_journal(""));
    TRY(store::UndoJournal journal, store::UndoJournal::create(std::move(file), "d"));
    TRY(journal.record({"fault:0", "gone", "scale", "{}", "{}", "Always"}));
    return goes_ == Goes::Whole ? journal.close(true, "") : base::Result<>{};
  }

  Goes goes_;
  base::Error error_;
};

struct Pod {
  PodOptions options;
  std::unique_ptr<SimulatedPod> edge;
  std::unique_ptr<OneFault> program;
};

class Holder : public testing::Test {
 protected:
  Holder() {
    listen_to_log([](const std::string&) {});
    server.serve(cluster::kDrills);
    server.serve({"events.k8s.io", "v1", "Event", "events", true});
    server.put(cluster::kDrills,
               Node::map()
                   .set("apiVersion", cluster::kDrills.api_version())
                   .set("kind", cluster::kDrills.kind)
                   .set("metadata", Node::map().set("name", "d").set("namespace", "shop"))
                   .set("status", Node::map().set("phase", "Starting")));
  }
  ~Holder() override {
    machine.end_all();
    listen_to_log({});
  }

  /// Runs it to its end.
  void run(Goes goes, bool records = true, base::Error error = {}) {
    sim::Process& process = machine.make("runner");
    auto pod = std::make_shared<Pod>();
    pod->options.ns = "shop";
    pod->options.drill = "d";
    pod->options.pod = pod->options.pod_uid = "runner";
    pod->edge = std::make_unique<SimulatedPod>(link, process);
    pod->program = std::make_unique<OneFault>(pod->options, *pod->edge, goes, std::move(error));
    pod->program->records = records;
    bool ended = false;
    OneFault& program = *pod->program;
    // Only the process keeps it: what it waits with goes with the process.
    process.run(std::move(pod), program.run(), [&](const base::Result<bool>&) { ended = true; });
    ASSERT_TRUE(machine.run_until([&] { return ended; }, machine.now() + base::seconds(120)));
  }
  cluster::DrillObject drill() const {
    return *cluster::parse_drill(api::to_json(*server.find(cluster::kDrills, {"shop", "d"})));
  }
  std::string reason(const char* type) const {
    const cluster::DrillObject now = drill();
    const Node* one = cluster::condition_of(now.status["conditions"], type);
    return one == nullptr ? "" : (*one)["reason"].as_string();
  }

  sim::Machine machine;
  sim::ApiServer server{[this] { return machine.wall_now(); }};
  sim::ApiLink link{machine, server, 1};
};

TEST_F(Holder, WhatIsWholeIsLetGo) {
  run(Goes::Whole);
  EXPECT_TRUE(drill().finished());
  EXPECT_FALSE(drill().has_finalizer);
}

/// Else a Drill that is deleted then would be gone at once, and its journal with it.
TEST_F(Holder, WhatIsNotWholeKeepsItsFinalizer) {
  run(Goes::NotWhole);
  EXPECT_EQ(drill().phase(), "NotWhole");
  EXPECT_TRUE(drill().has_finalizer);
  server.handle(
      {"DELETE", kube::path_of(cluster::kDrills, {"shop", "d"}), "application/json", "{}"});
  ASSERT_NE(server.find(cluster::kDrills, {"shop", "d"}), nullptr);
  EXPECT_TRUE(cluster::may_need_undo(drill()));
}

/// It did not come to a report, and what it has recorded may be in force.
TEST_F(Holder, AFailureWithAFaultInTheJournalIsLeftToTheGuardian) {
  run(Goes::Fails, true, {base::Code::Unavailable, "the disk is full"});
  EXPECT_FALSE(drill().finished());
  EXPECT_TRUE(drill().has_finalizer);
  EXPECT_EQ(reason("Undone"), "NotWhole");
}

TEST_F(Holder, WhyNothingCouldBeginIsNamed) {
  run(Goes::Fails, false, {base::Code::NotFound, "get deployments shop/web: not found (404)"});
  EXPECT_TRUE(drill().finished());
  EXPECT_FALSE(drill().has_finalizer);
  EXPECT_EQ(reason("Running"), "TargetNotFound");
  EXPECT_EQ(reason("Succeeded"), "TargetNotFound");
  EXPECT_EQ(reason("Undone"), "Whole");
  EXPECT_THAT(drill().status["reason"].as_string(), HasSubstr("shop/web"));
}

}  // namespace
}  // namespace op
