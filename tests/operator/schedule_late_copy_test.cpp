// Schedules whose operator hears late, or not at all, of what became of drills: the watch of Drills
// falls silent, as it does on bad networks, and two minutes pass before that is noticed.
#include <memory>
#include <optional>

#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/task_group.h"
#include "cluster/objects.h"
#include "operator/log.h"
#include "operator/schedule_controller.h"
#include "scheduling/state.h"
#include "sim/api_client.h"

namespace op {
namespace {

using api::Node;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const kube::Resource kEvents{"events.k8s.io", "v1", "Event", "events", true};
constexpr const char* kSpace = "shop";
constexpr const char* kSchedule = "often";

struct Running {
  std::unique_ptr<kube::Client> client;
  std::optional<kube::EventRecorder> events;
  std::optional<DrillController> drills;
  std::optional<ScheduleController> schedules;
  std::stop_source stop;
};

aio::Task<base::Result<bool>> run(Running& running) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor, running.stop.get_token());
  group.spawn(running.drills->follow(group.token()));
  group.spawn(running.schedules->follow(group.token()));
  group.spawn(running.events->run(group.token()));
  group.spawn(running.schedules->work(group.token()));
  CO_TRY(co_await group.join());
  co_return true;
}

/// The schedules' controller alone works: a drill is what its test makes of it.
class ScheduleOfALateCopy : public testing::Test {
 protected:
  ScheduleOfALateCopy() {
    listen_to_log([](const std::string&) {});
    for (const kube::Resource& each : {cluster::kDrills, cluster::kPlans, cluster::kSchedules,
                                       cluster::kPods, cluster::kNamespaces, kEvents}) {
      server.serve(each);
    }
    server.on_change = [this](const kube::Resource& resource, const sim::ApiServer::Object& before,
                              const sim::ApiServer::Object& after) {
      if (resource.plural != "drills" || before) return;
      const std::string& slot = (*after)["metadata"]["annotations"]["muster.dev/slot"].as_string();
      if (!slot.empty()) made.push_back(slot);
    };
  }
  ~ScheduleOfALateCopy() override {
    machine.end_all();
    listen_to_log({});
  }

  void begin() {
    sim::Process& process = machine.make("operator");
    const auto running = std::make_shared<Running>();
    running->client = sim::connect(link, process, process.executor(), {});
    running->events.emplace(process.clock(), *running->client,
                            kube::Reporter{"muster.dev/operator", "operator"});
    running->drills.emplace(process.clock(), *running->client, *running->events,
                            ControllerSettings{});
    running->schedules.emplace(process.clock(), *running->client, *running->events,
                               *running->drills, ControllerSettings{});
    running->drills->on_drill = [at = running.get()](const kube::Key& key) {
      at->schedules->changed_in(key.space);
    };
    process.run(running, run(*running), {});
    wait(base::seconds(2));
  }

  static Node object(const kube::Resource& resource, const std::string& name, Node spec) {
    return Node::map()
        .set("apiVersion", resource.api_version())
        .set("kind", resource.kind)
        .set("metadata", Node::map().set("name", name).set("namespace", kSpace))
        .set("spec", std::move(spec));
  }
  /// Every minute, with more of a spec.
  void schedule(Node spec) {
    spec.set("schedule", "* * * * *")
        .set("drill", Node::map().set("planRef", Node::map().set("name", "p")));
    server.put(cluster::kSchedules, object(cluster::kSchedules, kSchedule, std::move(spec)));
  }
  void drill(const std::string& name, Node more = Node::map()) {
    Node out =
        object(cluster::kDrills, name, Node::map().set("planRef", Node::map().set("name", "p")));
    Node meta = out["metadata"];
    for (const api::Entry& entry : more["metadata"].entries()) meta.set(entry.key, entry.value);
    out.set("metadata", std::move(meta));
    if (more.has("status")) out.set("status", more["status"]);
    server.put(cluster::kDrills, std::move(out));
  }
  /// What makes a drill one that the schedule made for a slot of an hour of today, and that ended.
  Node ended_slot(int minute) {
    const Node owner = Node::map()
                           .set("apiVersion", cluster::kSchedules.api_version())
                           .set("kind", cluster::kSchedules.kind)
                           .set("name", kSchedule)
                           .set("uid", at(cluster::kSchedules, kSchedule)["metadata"]["uid"]);
    const std::string slot = "2027-01-15T07:0" + std::to_string(minute) + ":00Z";
    return Node::map()
        .set("metadata", Node::map()
                             .set("ownerReferences", Node::sequence({owner}))
                             .set("annotations", Node::map().set("muster.dev/slot", slot)))
        .set("status", Node::map().set("phase", "Finished").set("verdict", "Missed"));
  }

  Node at(const kube::Resource& resource, const std::string& name) const {
    const auto found = server.find(resource, {kSpace, name});
    return found ? *found : Node();
  }
  void change(const kube::Resource& resource, const std::string& name, const std::string& part,
              Node value) {
    Node now = at(resource, name);
    server.put(resource, std::move(now.set(part, std::move(value))));
  }
  /// From now on nobody is told of drills; until they are asked for anew.
  void silence() {
    server.put(cluster::kDrills, object(cluster::kDrills, "unheard", Node::map()));
    link.weather.watch_silent = 1;
    change(cluster::kDrills, "unheard", "status", Node::map().set("phase", "Finished"));
    link.weather.watch_silent = 0;
    server.erase(cluster::kDrills, {kSpace, "unheard"});
  }
  void wait(base::Duration length) {
    bool over = false;
    machine.after(length, nullptr, [&over] { over = true; });
    machine.run_until([&over] { return over; }, base::kNever);
  }

  sim::Machine machine;
  sim::ApiServer server{[this] { return machine.wall_now(); }};
  sim::ApiLink link{machine, server, 1};
  std::vector<std::string> made;  // slots, of each drill that a schedule made
};

TEST_F(ScheduleOfALateCopy, NoSlotStartsBesideADrillThatTheCopyHasNotSeen) {
  schedule(Node::map().set("concurrencyPolicy", "Forbid"));
  begin();
  silence();
  drill("by-hand");
  wait(base::seconds(90));  // a slot in it
  EXPECT_THAT(made, IsEmpty());
  change(cluster::kDrills, "by-hand", "status", Node::map().set("phase", "Finished"));
  ASSERT_TRUE(machine.run_until([&] { return !made.empty(); }, machine.now() + base::seconds(200)));
}

TEST_F(ScheduleOfALateCopy, WhatWasMadeAndIsGoneUnseenHoldsNoSlotUp) {
  schedule(Node::map().set("concurrencyPolicy", "Forbid"));
  begin();
  silence();
  ASSERT_TRUE(
      machine.run_until([&] { return made.size() == 1; }, machine.now() + base::seconds(70)));
  for (const auto& each : server.all(cluster::kDrills)) {
    server.erase(cluster::kDrills, {kSpace, (*each)["metadata"]["name"].as_string()});
  }
  EXPECT_TRUE(
      machine.run_until([&] { return made.size() == 2; }, machine.now() + base::seconds(70)));
}

TEST_F(ScheduleOfALateCopy, OfTwoSlotsTheSecondWaitsThoughTheFirstWasNotSeen) {
  schedule(Node::map().set("concurrencyPolicy", "Forbid"));
  begin();
  silence();
  wait(base::seconds(110));
  EXPECT_EQ(made.size(), 1U) << "its drill still runs";
}

TEST_F(ScheduleOfALateCopy, TheHistoryLimitDeletesNoDrillThatWasMadeAnewUnderTheName) {
  schedule(Node::map().set("suspend", true).set("failedDrillsHistoryLimit", 2));
  drill("older", ended_slot(1));
  drill("newer", ended_slot(2));
  begin();
  silence();
  server.erase(cluster::kDrills, {kSpace, "older"});
  drill("older");
  const std::string uid = at(cluster::kDrills, "older")["metadata"]["uid"].as_string();
  Node spec = at(cluster::kSchedules, kSchedule)["spec"];
  change(cluster::kSchedules, kSchedule, "spec", spec.set("failedDrillsHistoryLimit", 1));
  wait(base::seconds(20));
  EXPECT_EQ(at(cluster::kDrills, "older")["metadata"]["uid"].as_string(), uid);
}

TEST_F(ScheduleOfALateCopy, TheHistoryLimitDeletesTheOldest) {
  schedule(Node::map().set("suspend", true).set("failedDrillsHistoryLimit", 1));
  drill("older", ended_slot(1));
  drill("newer", ended_slot(2));
  drill("by-hand", Node::map().set("status", ended_slot(0)["status"]));
  begin();
  wait(base::seconds(10));
  std::vector<std::string> left;
  for (const auto& each : server.all(cluster::kDrills)) {
    left.push_back((*each)["metadata"]["name"].as_string());
  }
  EXPECT_THAT(left, ElementsAre("by-hand", "newer"));
}

TEST_F(ScheduleOfALateCopy, WhoDecidedToReplaceMayDieBeforeItAborts) {
  schedule(Node::map().set("concurrencyPolicy", "Replace"));
  drill("runs");
  wait(base::seconds(1));
  scheduling::State state;
  const auto now = scheduling::whole_second(machine.wall_now());
  state.since = now - scheduling::Seconds(120);
  const auto slot = scheduling::parse_time("2027-01-15T08:16:00Z", scheduling::Zone::utc());
  state = state.with({scheduling::Outcome::Replacing, *slot, *slot, 1, now, "replaces runs"});
  change(cluster::kSchedules, kSchedule, "status",
         Node::map().set("state", scheduling::to_json(state, kSchedule)));
  begin();
  EXPECT_TRUE(at(cluster::kDrills, "runs")["spec"]["abort"].as_bool());
  drill("begun-later");
  wait(base::seconds(10));  // no slot in it
  EXPECT_FALSE(at(cluster::kDrills, "begun-later")["spec"]["abort"].as_bool());
}

TEST_F(ScheduleOfALateCopy, AStateThatCannotBeReadIsSaid) {
  schedule(Node::map());
  change(cluster::kSchedules, kSchedule, "status", Node::map().set("state", "{"));
  begin();
  const Node ready = at(cluster::kSchedules, kSchedule)["status"]["conditions"].items().at(0);
  EXPECT_EQ(ready["reason"].as_string(), "StateDamaged");
  EXPECT_THAT(ready["message"].as_string(), HasSubstr("not the state of a schedule"));
}

}  // namespace
}  // namespace op
