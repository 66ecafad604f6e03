#include "api/drill_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/decode.h"
#include "api/plan_parse.h"
#include "api/tables.h"
#include "api/time_text.h"
#include "documents.h"
#include "test_catalog.h"

namespace api {
namespace {

using testing::HasSubstr;

constexpr const char* kDrill = R"(
apiVersion: muster.dev/v1alpha1
kind: Drill
metadata:
  name: tuesday
  namespace: shop
  uid: 6c1d
  generation: 3
  resourceVersion: "17"
  managedFields: [{manager: kubectl}]
spec:
  planRef: {name: database-failover}
  profile: quick
  objectives: {rtoSeconds: 120}
  timing: {baselineSeconds: 20}
  approvals: [promote]
status:
  phase: Baseline
)";

Node shipped_plan() {
  return document_of(read_file(source_path("dr-drills/database-failover.yaml")));
}

TEST(DrillResource, IsReadAsTheApiServerGivesIt) {
  const auto drill = parse_drill(document_of(kDrill), "drill");
  ASSERT_TRUE(drill) << format(drill.error());
  EXPECT_EQ(drill->name_space, "shop");
  EXPECT_EQ(drill->name, "tuesday");
  EXPECT_EQ(drill->uid, "6c1d");
  EXPECT_EQ(drill->generation, 3);
  EXPECT_EQ(drill->spec.plan, "database-failover");
  EXPECT_EQ(drill->spec.profile, "quick");
  EXPECT_EQ(drill->spec.rto_seconds, 120);
  EXPECT_EQ(drill->spec.rpo_seconds, std::nullopt);
  EXPECT_EQ(drill->spec.timing["baselineSeconds"].as_int(), 20);
  EXPECT_FALSE(drill->spec.abort);
  EXPECT_EQ(drill->spec.approvals, std::vector<std::string>{"promote"});
  EXPECT_EQ(drill->status.phase, "Baseline");
}

TEST(DrillResource, TellsWhatIsWrongAndWhatIsAllowed) {
  struct Case {
    const char *from, *to, *said;
  };
  for (const Case& one : {
           Case{"planRef: {name: database-failover}", "planRef: {name: Database}",
                "spec.planRef.name: \"Database\" is not allowed"},
           Case{"planRef: {name: database-failover}", "plan: x", "spec.planRef: is missing"},
           Case{"rtoSeconds: 120", "rtoSeconds: 0",
                "0 is out of range: an integer from 1 to 604800"},
           Case{"baselineSeconds: 20", "baselineSecond: 20",
                "spec.timing.baselineSecond: there is no field"},
           Case{"approvals: [promote]", "approvals: [Promote]",
                "spec.approvals[0]: \"Promote\" is not allowed"},
           Case{"approvals: [promote]", "abort: yes", "spec.abort: \"yes\" is a string"},
       }) {
    const auto drill = parse_drill(document_of(with(kDrill, one.from, one.to)), "drill");
    ASSERT_FALSE(drill) << one.to;
    EXPECT_THAT(format(drill.error()), HasSubstr(one.said));
  }
}

TEST(DrillResource, ItsPlanHasProfileTimingAndObjectivesOfTheDrill) {
  const auto drill = parse_drill(document_of(kDrill), "drill");
  ASSERT_TRUE(drill);
  const Node plan = shipped_plan();
  const auto changed = plan_of_drill(plan, drill->spec);
  ASSERT_TRUE(changed) << changed.error().message;
  const auto parsed = parse_plan(*changed, "plan", test_catalog());
  ASSERT_TRUE(parsed) << format(parsed.error());
  EXPECT_EQ(parsed->profile, "quick");
  EXPECT_EQ(parsed->timing.baseline_seconds, 20);    // the drill's, not the profile's 15
  EXPECT_EQ(parsed->timing.validation_seconds, 15);  // the profile's
  EXPECT_EQ(parsed->objectives.rto_seconds, 120);
  EXPECT_EQ(parsed->objectives.rpo_seconds, 60);
}

TEST(DrillResource, ObjectivesMayOnlyBeStricterThanThePlans) {
  const Node plan = shipped_plan();  // 300 and 60
  DrillSpec same{.plan = "p", .rto_seconds = 300, .rpo_seconds = 60};
  EXPECT_TRUE(plan_of_drill(plan, same));
  const auto rto = plan_of_drill(plan, {.plan = "p", .rto_seconds = 301});
  ASSERT_FALSE(rto);
  EXPECT_EQ(
      rto.error().message,
      "spec.objectives.rtoSeconds: 301 is not allowed: the plan has 300, and a drill may only "
      "be stricter (the value or less)");
  const auto rpo = plan_of_drill(plan, {.plan = "p", .rpo_seconds = 61});
  ASSERT_FALSE(rpo);
  EXPECT_THAT(rpo.error().message, HasSubstr("spec.objectives.rpoSeconds: 61"));
}

TEST(DrillResource, AProfileThatThePlanHasNotIsNamed) {
  const auto none = plan_of_drill(shipped_plan(), {.plan = "p", .profile = "quik"});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("Did you mean \"quick\"?"));
}

DrillStatus whole_status() {
  DrillStatus out;
  const auto at = [](int second) {
    return *parse_time("2026-11-21T04:42:00Z") + base::seconds(second);
  };
  out.observed_generation = 2;
  out.conditions = {{"Accepted", "True", "PlanFound", "", at(0), 2},
                    {"Succeeded", "False", "Missed", "RTO missed.", at(50), 2}};
  out.phase = "Finished";
  out.state = "Normal";
  out.id = "20261121-044200-a1";
  out.plan = shipped_plan();
  out.started = at(0);
  out.faulted = at(20) + base::millis(7);
  out.completed = at(50);
  out.verdict = "Missed";
  out.reason = "RTO missed";
  out.rto = {300, 312'000, 312'400, std::nullopt, "312–312.4 s", "Missed"};
  out.rpo = {60, 0, 400, 39, "0–0.4 s", "Met"};
  out.violations = {"RTO"};
  out.recommendations = {"automate"};
  out.evidence = {"PersistentVolumeClaim", "evidence", "a1"};
  out.runner = {"runner-0", "node-1", "u-1", at(49) + base::millis(250)};
  out.guardian = {"guardian-0", "node-2"};
  out.journal = "line 1\nline 2\n";
  out.fault_deadline = at(1800);
  out.problems = {"slow"};
  return out;
}

TEST(DrillResource, AStatusComesBackAsItWasWritten) {
  const DrillStatus status = whole_status();
  const auto text = to_json(to_node(status));
  const auto read = parse_json(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read_drill_status(*read), status);
  EXPECT_EQ(to_json(to_node(read_drill_status(*read))), text);
  EXPECT_EQ(to_node(DrillStatus{}), Node::map());
}

TEST(DrillResource, AStatusHasNoFieldThatItsTableLacks) {
  const Node node = to_node(whole_status());
  ActionCatalog none;
  Decoder decoder("status", none);
  decoder.decode(node, drill_status_table(), "status");
  EXPECT_TRUE(decoder.problems().empty()) << format(decoder.take());
  for (const FieldSpec& field : drill_status_table().fields) {
    EXPECT_TRUE(node.has(field.name)) << field.name;
  }
}

TEST(DrillResource, AStatusThatIsDamagedIsReadAsFarAsItGoes) {
  const DrillStatus status =
      read_drill_status(document_of("{phase: 7, startTime: yesterday, rto: [1], journal: undo}"));
  EXPECT_EQ(status.phase, "");
  EXPECT_EQ(status.started, std::nullopt);
  EXPECT_EQ(status.rto, ObjectiveStatus{});
  EXPECT_EQ(status.journal, "undo");
}

TEST(DrillResource, AConditionKeepsTheTimeOfItsTransition) {
  const base::WallTime first(base::seconds(100)), second(base::seconds(200));
  std::vector<StatusCondition> conditions;
  EXPECT_TRUE(set_condition(conditions, {"Running", "True", "Started", "", first, 1}));
  EXPECT_FALSE(set_condition(conditions, {"Running", "True", "Started", "", second, 1}));
  EXPECT_TRUE(set_condition(conditions, {"Running", "True", "Waiting", "", second, 1}));
  EXPECT_EQ(conditions.front().last_transition, first);
  EXPECT_TRUE(set_condition(conditions, {"Running", "False", "Ended", "", second, 1}));
  EXPECT_EQ(conditions.front().last_transition, second);
  EXPECT_EQ(conditions.size(), 1U);
}

TEST(DrillResource, AnObjectIsADocumentWithoutWhatTheServerAdds) {
  Node plan = shipped_plan();
  plan.find("metadata")->set("uid", "1").set("resourceVersion", "2");
  plan.set("status", Node::map().set("stale", true));
  EXPECT_FALSE(parse_plan(plan, "plan", test_catalog()));
  EXPECT_TRUE(parse_plan(as_written(plan), "plan", test_catalog()));
}

}  // namespace
}  // namespace api
