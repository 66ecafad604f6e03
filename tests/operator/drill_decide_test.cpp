#include "operator/drill_decide.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/drill_requests.h"

namespace op {
namespace {

using api::Node;
using cluster::DrillObject;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Node plan() {
  return *api::parse_json(R"({"apiVersion":"muster.dev/v1alpha1","kind":"RecoveryPlan",
    "metadata":{"name":"p","namespace":"shop","uid":"x"},
    "spec":{"objectives":{"rtoSeconds":30,"rpoSeconds":5},
      "timing":{"baselineSeconds":300},
      "profiles":{"quick":{"timing":{"baselineSeconds":10}}},
      "target":{"kubernetes":{"workloads":[{"name":"web","kind":"Deployment"}],
        "services":[{"name":"web","port":80},{"name":"api","service":"api-rw","port":80}]}}}})");
}

DrillObject drill(const std::string& phase) {
  DrillObject out;
  out.key = {"shop", "d"};
  out.uid = "u";
  out.plan = "p";
  out.spec = Node::map().set("planRef", Node::map().set("name", "p"));
  out.status = Node::map();
  if (!phase.empty()) out.status.set("phase", phase);
  return out;
}

DrillFacts facts() {
  DrillFacts out;
  out.plan = plan();
  return out;
}

template <class T>
bool is(const DrillDecision& decision) {
  return std::holds_alternative<T>(decision);
}

TEST(DrillDecide, ANewDrillOfAGoodPlanIsTaken) {
  EXPECT_TRUE(is<Take>(decide(drill(""), facts())));
  EXPECT_TRUE(is<Take>(decide(drill("Pending"), facts())));
}

TEST(DrillDecide, TheStatusOfOneThatIsTakenHasTheObjectivesThatAreAskedFor) {
  const auto has_rpo = [](const DrillFacts& facts) {
    const auto members = members_of(Take{}, drill(""), facts, {});
    return std::ranges::any_of(members, [](const auto& each) { return each.first == "rpo"; });
  };
  DrillFacts asked = facts();
  EXPECT_TRUE(has_rpo(asked));
  asked.plan->find("spec")->find("objectives")->erase("rpoSeconds");
  EXPECT_FALSE(has_rpo(asked));
}

TEST(DrillDecide, WithoutItsPlanItWaits) {
  DrillFacts without;
  const auto decision = decide(drill(""), without);
  ASSERT_TRUE(is<Hold>(decision));
  EXPECT_EQ(std::get<Hold>(decision).reason, "PlanNotFound");
  EXPECT_THAT(std::get<Hold>(decision).message, HasSubstr("'p' in namespace shop"));
}

TEST(DrillDecide, APlanThatCannotBeDrilledIsRefusedForGood) {
  DrillFacts wrong = facts();
  wrong.plan_problem = "spec.fault: no such workload";
  const auto decision = decide(drill(""), wrong);
  ASSERT_TRUE(is<Refuse>(decision));
  const auto members = members_of(decision, drill(""), wrong, {});
  const auto phase = std::find_if(members.begin(), members.end(),
                                  [](const auto& m) { return m.first == "phase"; });
  ASSERT_NE(phase, members.end());
  EXPECT_EQ(phase->second.as_string(), "Finished");
}

TEST(DrillDecide, OneDrillPerTarget) {
  DrillFacts busy = facts();
  busy.busy_with = "other";
  const auto decision = decide(drill(""), busy);
  ASSERT_TRUE(is<Hold>(decision));
  EXPECT_EQ(std::get<Hold>(decision).reason, "TargetBusy");
}

TEST(DrillDecide, OfTwoThatWereTakenAtOnceNoneGoesOnThatSeesTheOther) {
  DrillFacts busy;
  busy.busy_with = "other";
  EXPECT_TRUE(is<Hold>(decide(drill("Starting"), busy)));
  busy.guardian.exists = true;  // it was alone when it looked
  busy.guardian.node = "n1";
  EXPECT_TRUE(is<MakePod>(decide(drill("Starting"), busy)));
}

TEST(DrillDecide, WhatIsSaidIsNotWrittenAgain) {
  DrillFacts busy = facts();
  busy.busy_with = "other";
  DrillObject waiting = drill("");
  const auto decision = decide(waiting, busy);
  for (auto& [name, value] : members_of(decision, waiting, busy, {})) {
    waiting.status.set(name, value);
  }
  EXPECT_THAT(members_of(decide(waiting, busy), waiting, busy, base::WallTime(base::seconds(9))),
              IsEmpty());
}

TEST(DrillDecide, AbortedBeforeItBegan) {
  DrillObject aborted = drill("");
  aborted.abort = true;
  const auto decision = decide(aborted, facts());
  ASSERT_TRUE(is<Refuse>(decision));
  EXPECT_EQ(std::get<Refuse>(decision).reason, "Aborted");
}

TEST(DrillDecide, WhereDrillsAreStoppedNoneBegins) {
  DrillFacts stopped = facts();
  stopped.stopped = "ConfigMap muster-system/muster-stop stops all drills: incident 4711";
  for (const char* phase : {"", "Pending"}) {
    const auto decision = decide(drill(phase), stopped);
    ASSERT_TRUE(is<Refuse>(decision)) << phase;
    EXPECT_EQ(std::get<Refuse>(decision).reason, "Stopped");
    EXPECT_THAT(std::get<Refuse>(decision).message, HasSubstr("incident 4711"));
  }
}

TEST(DrillDecide, WhereDrillsAreStoppedWhatRunsIsToldToEndOnce) {
  DrillFacts stopped = facts();
  stopped.stopped = "stopped";
  DrillObject running = drill("Recovery");
  EXPECT_TRUE(is<Abort>(decide(running, stopped)));
  // Then its pods are looked after as before: they undo it.
  running.abort = true;
  EXPECT_TRUE(is<MakePod>(decide(running, stopped)));
  EXPECT_TRUE(is<Rest>(decide(drill("Finished"), stopped)));
}

TEST(DrillDecide, TheGuardianStandsBeforeTheRunner) {
  DrillFacts none;
  auto decision = decide(drill("Starting"), none);
  ASSERT_TRUE(is<MakePod>(decision));
  EXPECT_EQ(std::get<MakePod>(decision).role, PodRole::Guardian);
  none.guardian.exists = true;
  EXPECT_TRUE(is<Rest>(decide(drill("Starting"), none))) << "where is it? the runner keeps away";
  none.guardian.node = "n1";
  decision = decide(drill("Starting"), none);
  ASSERT_TRUE(is<MakePod>(decision));
  EXPECT_EQ(std::get<MakePod>(decision).role, PodRole::Runner);
  none.runner.exists = true;
  EXPECT_TRUE(is<Rest>(decide(drill("Starting"), none)));
}

TEST(DrillDecide, ARunnerThatHadTheDrillIsNeverMadeAgain) {
  DrillObject claimed = drill("Recovery");
  claimed.status.set("runner", Node::map().set("uid", "r"));
  DrillFacts gone;
  gone.guardian.exists = true;
  EXPECT_TRUE(is<Rest>(decide(claimed, gone)));
}

TEST(DrillDecide, AGuardianThatEndedTooEarlyIsReplaced) {
  DrillObject claimed = drill("Recovery");
  claimed.status.set("runner", Node::map().set("uid", "r"));
  DrillFacts ended;
  ended.guardian.exists = ended.guardian.ended = true;
  const auto decision = decide(claimed, ended);
  ASSERT_TRUE(is<RemovePod>(decision));
  EXPECT_EQ(std::get<RemovePod>(decision).role, PodRole::Guardian);
}

TEST(DrillDecide, AGuardianWhoseNodeIsLostIsReplacedWithoutAskingItsNode) {
  DrillObject claimed = drill("Recovery");
  claimed.status.set("runner", Node::map().set("uid", "r"));
  DrillFacts facts;
  facts.guardian.exists = facts.guardian.lost = true;
  facts.guardian.uid = "g";
  facts.runner.exists = facts.runner.lost = true;  // the guardian's business, not the operator's
  const auto decision = decide(claimed, facts);
  ASSERT_TRUE(is<RemovePod>(decision));
  EXPECT_EQ(std::get<RemovePod>(decision).role, PodRole::Guardian);
  EXPECT_TRUE(std::get<RemovePod>(decision).force);
  EXPECT_EQ(std::get<RemovePod>(decision).uid, "g") << "and no other pod of that name";
  facts.guardian = {};
  EXPECT_EQ(std::get<MakePod>(decide(claimed, facts)).role, PodRole::Guardian);
}

// The conditions of a pod with the containers guardian and vantage, as a kubelet and then the node
// controller and the taint eviction of a control plane write them (1.32 to 1.36).
constexpr const char* kReady = R"({"type":"Ready","status":"True"})";
constexpr const char* kContainersReady = R"({"type":"ContainersReady","status":"True"})";
// The node controller changes the status of this one alone, and gives no reason.
constexpr const char* kReadyTakenBack = R"({"type":"Ready","status":"False"})";
constexpr const char* kNotReady = R"({"type":"Ready","status":"False",
    "reason":"ContainersNotReady","message":"containers with unready status: [vantage]"})";
constexpr const char* kContainersNotReady = R"({"type":"ContainersReady","status":"False",
    "reason":"ContainersNotReady","message":"containers with unready status: [vantage]"})";
constexpr const char* kEvicted = R"({"type":"DisruptionTarget","status":"True",
    "reason":"DeletionByTaintManager","message":"Taint manager: deleting due to NoExecute taint"})";
constexpr const char* kDrained = R"({"type":"DisruptionTarget","status":"True",
    "reason":"EvictionByEvictionAPI","message":"Eviction API: evicting"})";

struct LostCase {
  const char* name;
  const char* phase;
  std::vector<std::string> conditions;
  bool lost;
};

bool is_lost(const LostCase& of) {
  std::string conditions = R"({"type":"PodScheduled","status":"True"})";
  for (const std::string& each : of.conditions) conditions += "," + each;
  const std::string pod = fmt::format(
      R"({{"metadata":{{"labels":{{"muster.dev/drill":"u"}}}},"status":{{
          "phase":"{}","conditions":[{}]}}}})",
      of.phase, conditions);
  return parse_drill_pod(pod)->state.lost;
}

TEST(DrillPodState, OfANodeThatSaysNothingIsLost) {
  const std::vector<LostCase> cases = {
      {"all is well", "Running", {kReady, kContainersReady}, false},
      {"nothing said yet", "Running", {}, false},
      {"a vantage that restarts", "Running", {kNotReady, kContainersNotReady}, false},
      {"its node is lost", "Running", {kReadyTakenBack, kContainersReady}, true},
      {"and then its eviction", "Running", {kReadyTakenBack, kContainersReady, kEvicted}, true},
      // Nothing but the eviction tells it from the third.
      {"a vantage that restarted when its node was lost",
       "Running",
       {kNotReady, kContainersNotReady, kEvicted},
       true},
      {"lost before its image had come",
       "Pending",
       {kNotReady, kContainersNotReady, kEvicted},
       true},
      {"drained by somebody", "Running", {kReady, kContainersReady, kDrained}, false},
      {"ended by its eviction", "Failed", {kNotReady, kContainersNotReady, kEvicted}, false},
  };
  for (const LostCase& each : cases) EXPECT_EQ(is_lost(each), each.lost) << each.name;
}

TEST(DrillDecide, ADrillThatIsDeletedWhileAFaultIsInForceKeepsItsGuardian) {
  DrillObject deleted = drill("Injection");
  deleted.deleting = true;
  deleted.status.set("runner", Node::map().set("uid", "r"));
  EXPECT_TRUE(is<Rest>(decide(deleted, {}))) << "nothing was touched: nothing is needed";
  deleted.has_finalizer = true;
  EXPECT_TRUE(is<MakePod>(decide(deleted, {}))) << "with or without a journal: one comes first";
}

TEST(DrillDecide, InANamespaceThatEndsTheFinalizerIsLetGo) {
  DrillObject deleted = drill("Injection");
  deleted.has_finalizer = true;
  DrillFacts ending;
  ending.space_ending = true;
  EXPECT_TRUE(is<MakePod>(decide(deleted, ending))) << "of one that is not deleted it is not";
  deleted.deleting = true;
  EXPECT_TRUE(is<LetGo>(decide(deleted, ending)));
  deleted.has_finalizer = false;
  EXPECT_TRUE(is<Rest>(decide(deleted, ending)));
}

TEST(DrillDecide, ARunnerThatDoesNotComeInTimeEndsTheDrill) {
  DrillObject starting = drill("Starting");
  DrillFacts late;
  late.overdue = late.guardian.exists = late.runner.exists = true;
  starting.status.set("conditions",
                      cluster::with_condition(Node(), "Running", "False", "ImagePullBackOff",
                                              "the runner pod does not start", "t", 1));
  const DrillDecision decision = decide(starting, late);
  ASSERT_TRUE(is<GiveUp>(decision));
  EXPECT_EQ(std::get<GiveUp>(decision).message,
            "its runner did not come in time: the runner pod does not start");
  bool finished = false;
  for (const auto& [name, value] : members_of(decision, starting, late, {})) {
    if (name == "phase") finished = value.as_string() == "Finished";
    if (name != "conditions") continue;
    EXPECT_EQ((*cluster::condition_of(value, "Running"))["reason"].as_string(), "NotBegun");
    EXPECT_EQ((*cluster::condition_of(value, "Undone"))["status"].as_string(), "True");
  }
  EXPECT_TRUE(finished);
  starting.status.set("runner", Node::map().set("uid", "r"));
  EXPECT_TRUE(is<Rest>(decide(starting, late))) << "it has come";
}

TEST(DrillDecide, ARunnerThatEndedWithoutTheDrillIsNotWaitedFor) {
  DrillFacts ended;
  ended.guardian.exists = ended.runner.exists = ended.runner.ended = true;
  EXPECT_TRUE(is<GiveUp>(decide(drill("Starting"), ended)));
}

TEST(DrillDecide, AFinishedDrillHasNeitherFinalizerNorPodsThatNeverStarted) {
  DrillObject finished = drill("Finished");
  DrillFacts waiting;
  waiting.runner.waiting = waiting.guardian.waiting = "ImagePullBackOff";
  ASSERT_TRUE(is<RemovePod>(decide(finished, waiting)));
  EXPECT_EQ(std::get<RemovePod>(decide(finished, waiting)).role, PodRole::Runner);
  waiting.runner.waiting.clear();
  EXPECT_EQ(std::get<RemovePod>(decide(finished, waiting)).role, PodRole::Guardian);
  finished.has_finalizer = true;
  EXPECT_TRUE(is<LetGo>(decide(finished, waiting)));
}

TEST(DrillDecide, APodThatDoesNotStartIsTold) {
  DrillFacts stuck;
  stuck.guardian.exists = stuck.runner.exists = true;
  stuck.runner.waiting = "ImagePullBackOff";
  const DrillObject starting = drill("Starting");
  const auto decision = decide(starting, stuck);
  ASSERT_TRUE(is<Report>(decision));
  EXPECT_EQ(std::get<Report>(decision).reason, "ImagePullBackOff");
}

TEST(DrillDecide, AFinishedDrillIsLeftAlone) {
  EXPECT_TRUE(is<Rest>(decide(drill("Finished"), {})));
  DrillObject deleting = drill("");
  deleting.deleting = true;
  EXPECT_TRUE(is<Rest>(decide(deleting, facts())));
}

TEST(DrillPlan, PartsAreWhatThePlanMayTouch) {
  EXPECT_THAT(parts_of(plan()), ElementsAre("Deployment/web", "Service/api-rw", "Service/web"));
}

/// A plan of pods with these labels, of each a map, or else of a Deployment of that name.
Node plan_of(const std::string& selector_or_name) {
  const bool pods = selector_or_name.starts_with('{');
  return *api::parse_json(fmt::format(
      R"({{"spec":{{"target":{{"kubernetes":{{"workloads":[{}]}}}}}}}})",
      pods ? fmt::format(
                 R"({{"name":"pg","kind":"Pods","count":1,"selector":{{"matchLabels":{}}}}})",
                 selector_or_name)
           : fmt::format(R"({{"name":"{}","kind":"Deployment"}})", selector_or_name)));
}
bool may_share(const std::string& one, const std::string& two) {
  const bool may = may_share_target(plan_of(one), plan_of(two));
  EXPECT_EQ(may_share_target(plan_of(two), plan_of(one)), may) << one << " " << two;
  return may;
}

TEST(DrillPlan, PodsByTheirLabelsMayBeThoseOfAnyWorkload) {
  const char* const primary = R"({"cluster":"pg","role":"primary"})";
  EXPECT_TRUE(may_share(primary, "web")) << "whose pods web has is not in its plan";
  EXPECT_TRUE(may_share(primary, R"({"cluster":"pg"})"));
  EXPECT_FALSE(may_share(primary, R"({"cluster":"other"})"));
  EXPECT_FALSE(may_share("web", "api"));
  EXPECT_TRUE(may_share("web", "web"));
  EXPECT_FALSE(may_share_target(plan_of(primary), Node::map())) << "of a plan without workloads";
  EXPECT_THAT(parts_of(plan_of(primary)), IsEmpty()) << "its name is the plan's own";
}

TEST(DrillPlan, ProfileAndOverridesAreApplied) {
  const Node spec = *api::parse_json(
      R"({"profile":"quick","objectives":{"rtoSeconds":20},"timing":{"validationSeconds":7}})");
  const auto mine = plan_for(plan(), spec);
  ASSERT_TRUE(mine.has_value()) << mine.error().message;
  EXPECT_EQ((*mine)["spec"]["objectives"]["rtoSeconds"].as_int(), 20);
  EXPECT_EQ((*mine)["spec"]["timing"]["baselineSeconds"].as_int(), 10);
  EXPECT_EQ((*mine)["spec"]["timing"]["validationSeconds"].as_int(), 7);
  EXPECT_FALSE((*mine)["metadata"].has("uid"));
}

TEST(DrillPlan, ADrillMayNotBeLessStrictThanItsPlan) {
  const auto mine = plan_for(plan(), *api::parse_json(R"({"objectives":{"rtoSeconds":31}})"));
  ASSERT_FALSE(mine.has_value());
  EXPECT_THAT(mine.error().message, HasSubstr("spec.objectives.rtoSeconds"));
}

TEST(DrillPlan, AProfileThatIsNotThereIsNamed) {
  const auto mine = plan_for(plan(), *api::parse_json(R"({"profile":"quik"})"));
  ASSERT_FALSE(mine.has_value());
  EXPECT_THAT(mine.error().message, HasSubstr("quik"));
}

}  // namespace
}  // namespace op
