#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/cross_check.h"
#include "api/plan_edit.h"
#include "api/plan_parse.h"
#include "api/plan_resolve.h"
#include "documents.h"
#include "test_catalog.h"

namespace api {
namespace {

const ActionCatalog& catalog() {
  static const ActionCatalog kCatalog = test_catalog();
  return kCatalog;
}

std::string shipped(const std::string& name) {
  return read_file(source_path("dr-drills/" + name + ".yaml"));
}

LocalSystem system_of(const std::string& name) {
  const std::string file = source_path("dr-drills/systems/" + name + "/system.yaml");
  auto system = parse_local_system(document_of(read_file(file)), file);
  EXPECT_TRUE(system);
  return system ? *system : LocalSystem{};
}

RecoveryPlan plan_of(const std::string& text) {
  auto plan = parse_plan(document_of(text), "p.yaml", catalog());
  EXPECT_TRUE(plan) << format(plan.error());
  return plan ? *plan : RecoveryPlan{};
}

std::string refused(const std::string& text) {
  const auto plan = parse_plan(document_of(text), "p.yaml", catalog());
  return plan ? "" : format(plan.error());
}

std::string refused_with(const std::string& from, const std::string& to) {
  return refused(with(shipped("database-failover"), from, to));
}

std::string unmatched_with(const std::string& from, const std::string& to) {
  const RecoveryPlan plan = plan_of(with(shipped("database-failover"), from, to));
  return format(cross_check(plan, system_of("postgres-pair"), catalog()));
}

class ShippedPlan : public testing::TestWithParam<const char*> {};

TEST_P(ShippedPlan, ParsesFitsItsSystemAndHoldsTheDocumentedFigures) {
  const RecoveryPlan plan = plan_of(shipped(GetParam()));
  EXPECT_EQ(plan.name, GetParam());
  EXPECT_EQ(format(cross_check(plan, system_of(plan.target.local->system), catalog())), "");
  EXPECT_EQ(plan.objectives.rto_seconds, 300);
  EXPECT_EQ(plan.objectives.rpo_seconds, 60);
  EXPECT_EQ(plan.timing.baseline_seconds, 300);
  EXPECT_EQ(plan.timing.validation_seconds, 600);
  EXPECT_EQ(plan.timing.deadline_seconds, 1800);
  EXPECT_EQ(plan.load->users, 6);
  EXPECT_EQ(plan.load->operations_per_minute, 120);
  EXPECT_EQ(plan.load->timeout_seconds, 30);
  ASSERT_EQ(plan.load->mix.size(), 3U);
  EXPECT_EQ(plan.load->mix[2].share, 10);
  EXPECT_EQ(plan.degraded.size(), 5U);
  EXPECT_EQ(plan.validation.size(), 4U);
  EXPECT_EQ(plan.monitoring.size(), 5U);
  EXPECT_EQ(plan.faults[0].proven_by->kind, "process");
  EXPECT_EQ(plan.phase_targets.detected_millis, 30'000);
}

TEST_P(ShippedPlan, QuickProfileFitsInTheTimeOfADemo) {
  Node document = document_of(shipped(GetParam()));
  ASSERT_TRUE(apply_profile(document, "quick"));
  const auto plan = parse_plan(document, "p.yaml", catalog());
  ASSERT_TRUE(plan) << format(plan.error());
  EXPECT_EQ(plan->profile, "quick");
  EXPECT_EQ(plan->timing.baseline_seconds, 15);
  EXPECT_LT(
      plan->timing.baseline_seconds + plan->timing.hold_seconds + plan->timing.validation_seconds,
      100);
  EXPECT_EQ(plan->objectives.rto_seconds, 300);
}

TEST_P(ShippedPlan, ReadsBackFromItsOwnDocument) {
  const RecoveryPlan plan = plan_of(shipped(GetParam()));
  EXPECT_EQ(plan_of(to_yaml(plan.document)).document, plan.document);
  EXPECT_EQ(parse_json(to_json(plan.document)).value(), plan.document);
}

INSTANTIATE_TEST_SUITE_P(All, ShippedPlan,
                         testing::Values("database-failover", "database-failover-sync",
                                         "database-failover-patroni"),
                         [](const auto& info) { return std::to_string(info.index); });

TEST(Plan, ReadsStepsWithTheirActions) {
  const RecoveryPlan plan = plan_of(shipped("database-failover"));
  ASSERT_EQ(plan.recovery.size(), 5U);
  EXPECT_EQ(plan.recovery[0].action.kind, "waitFor");
  EXPECT_EQ(one_of(plan.recovery[0].action.params).kind, "probe");
  const Step& promote = plan.recovery[2];
  EXPECT_TRUE(promote.forward_only);
  EXPECT_EQ(promote.phase, "BackupActivation");
  EXPECT_EQ(promote.target_millis, 180'000);
  EXPECT_EQ(promote.action.params["statement"].as_string(), "select pg_promote()");
  EXPECT_EQ(plan.failback[0].phase, "Failback");
  EXPECT_EQ(plan.faults[0].action.params["tree"].as_bool(), true) << "the kind's default";
  EXPECT_EQ(plan.validation[3].target, 1.0);
  EXPECT_FALSE(plan.validation[2].at_most);
}

TEST(Plan, AmountsMayBeDecimalStrings) {
  const RecoveryPlan plan =
      plan_of(with(shipped("database-failover"), "atLeast: 100}", "atLeast: \"99.9\"}"));
  EXPECT_DOUBLE_EQ(plan.validation[2].target, 99.9);
  EXPECT_NE(refused_with("atLeast: 100}", "atLeast: 99.9}").find("99.9 is a number"),
            std::string::npos);
  EXPECT_NE(refused_with("atLeast: 100}", "atLeast: \"1e2\"}"), "");
}

TEST(Plan, ACriterionMayNameOneOperationOfTheLoad) {
  const RecoveryPlan plan = plan_of(with(shipped("database-failover"), "QueryMillis, atMost: 500}",
                                         "QueryMillis, operation: heavy, atMost: 500}"));
  EXPECT_EQ(plan.degraded[1].operation, "heavy");
  EXPECT_NE(refused_with("QueryMillis, atMost: 500}", "QueryMillis, operation: havy, atMost: 500}")
                .find("spec.criteria.degraded[1].operation: there is no operation \"havy\" in "
                      "spec.load.mix. Did you mean \"heavy\"? There are: read, write, heavy"),
            std::string::npos);
  EXPECT_NE(
      refused_with("ConsistencyPercent, atLeast", "ConsistencyPercent, operation: read, atLeast")
          .find("ConsistencyPercent is not measured by operation"),
      std::string::npos);
  EXPECT_EQ(refused_with("- {metric: QueryMillis, atMost: 500}",
                         "- {metric: QueryMillis, atMost: 500}\n"
                         "    - {metric: QueryMillis, operation: heavy, atMost: 750}"),
            "")
      << "all of them, and one of them";
}

TEST(Plan, RefusesTargetsThatItsOwnLoadCanNeverMeet) {
  EXPECT_NE(refused_with("users: 6", "users: 5")
                .find("spec.criteria.degraded[2].atLeast: 6 users can never be met: "
                      "spec.load.users is 5"),
            std::string::npos);
  EXPECT_NE(refused_with("RequestsPerSecond, atLeast: 10}",
                         "RequestsPerSecond, operation: heavy, atLeast: 10}")
                .find("spec.load.operationsPerMinute (120) and the share of heavy (10 %) make 0.2"),
            std::string::npos);
}

TEST(Plan, WarnsOfCriteriaThatNothingMeasures) {
  const auto said = [](const std::string& from, const std::string& to) {
    std::string all;
    for (const std::string& one : warnings(plan_of(with(shipped("database-failover"), from, to)))) {
      all += one + "\n";
    }
    return all;
  };
  EXPECT_NE(said("metric: QueryMillis, atMost: 500", "metric: RenderMillis, atMost: 500")
                .find("spec.criteria.degraded[1]: RenderMillis will be missed as NotMeasured"),
            std::string::npos);
  EXPECT_NE(said("    - {metric: ApiResponseMillis, atMost: 1000}\n", "")
                .find("SatisfactionPercent will be missed as NotMeasured: its T is the target of "
                      "ApiResponseMillis in spec.criteria.validation"),
            std::string::npos);
  EXPECT_EQ(said("users: 6", "users: 6").find("NotMeasured"), std::string::npos);
}

TEST(Plan, WatchesNothingThatItDoesNotKnow) {
  const std::string refusal = refused_with("PoolHealth", "PoolHelth");
  EXPECT_NE(refusal.find("spec.monitoring[3]: \"PoolHelth\" is not allowed: it must be one of"),
            std::string::npos)
      << refusal;
  EXPECT_NE(refusal.find("Did you mean \"PoolHealth\"?"), std::string::npos) << refusal;
}

TEST(Plan, RefusesBadFieldsWithPlaceValueAndWhatIsAllowed) {
  EXPECT_EQ(refused_with("rtoSeconds: 300", "rtoSeconds: 0"),
            "p.yaml:13:28: spec.objectives.rtoSeconds: 0 is out of range: an integer from 1 to "
            "604800 (in seconds, written without a unit) is allowed\n");
  EXPECT_EQ(refused_with("rtoSeconds: 300", "rtoSeconds: 5m"),
            "p.yaml:13:28: spec.objectives.rtoSeconds: \"5m\" is a string: an integer from 1 to "
            "604800 (in seconds, written without a unit) is allowed\n");
  EXPECT_EQ(refused_with("rtoSeconds: 300, ", ""),
            "p.yaml:13:15: spec.objectives.rtoSeconds: is missing: an integer from 1 to 604800 (in "
            "seconds, written without a unit) is required\n");
  EXPECT_NE(refused_with("rpoSeconds: 60", "rpoSecond: 60").find("Did you mean \"rpoSeconds\"?"),
            std::string::npos);
  EXPECT_EQ(refused_with("signal: KILL", "signal: KIL"),
            "p.yaml:32:42: spec.fault.process.signal: \"KIL\" is not allowed: it must be one of "
            "KILL, STOP, TERM. Did you mean \"KILL\"?\n");
  EXPECT_NE(refused_with("replicationDelayMillis: \"400\"", "replicationDelayMillis: 400")
                .find("400 is an integer: a string is allowed; write it in quotes: \"400\""),
            std::string::npos);
}

TEST(Plan, ReportsSeveralProblemsAtOnce) {
  const std::string text =
      with(with(with(shipped("database-failover"), "users: 6", "users: none"), "KILL", "BOOM"),
           "phase: FailureAssessment", "phase: Failback");
  const std::string problems = refused(text);
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 3) << problems;
}

TEST(Plan, RefusesKindsThatDoNotExistOrAreTooMany) {
  EXPECT_NE(refused_with("    process: {name: \"{primary}\", signal: KILL}\n", "")
                .find("spec.fault: has none: exactly one kind of fault is needed, of process, "
                      "network, command"),
            std::string::npos);
  EXPECT_NE(refused_with("route: {service: proxy, remove", "rout: {service: proxy, remove")
                .find("spec.recovery.fence.rout: there is no field \"rout\" here. Did you mean "
                      "\"route\"?"),
            std::string::npos);
  EXPECT_NE(refused_with("waitFor: {postgres:", "waitFor: {postgre:")
                .find("there is no kind of condition \"postgre\". Did you mean \"postgres\"?"),
            std::string::npos);
  EXPECT_NE(refused_with("remove: \"{primary}\"}", "remove: \"{primary}\", to: b}")
                .find("has 2 of to, remove: exactly one is needed"),
            std::string::npos);
  EXPECT_NE(refused_with("provenBy: {process:", "provenBy: {probe: {}, process:")
                .find("has 2 keys: exactly one kind of condition"),
            std::string::npos);
}

TEST(Plan, RulesHoldItsPartsTogether) {
  EXPECT_NE(refused_with("share: 70", "share: 60").find("the shares sum to 90"), std::string::npos);
  EXPECT_NE(refused_with("name: fence", "name: assess").find("taken by line 35"),
            std::string::npos);
  EXPECT_NE(refused_with("name: rejoin", "name: fence").find("taken by a step of spec.recovery"),
            std::string::npos);
  EXPECT_NE(refused_with("failover: Orchestrate", "failover: Observe")
                .find("spec.recovery.fence.route: with failover Observe"),
            std::string::npos);
  EXPECT_NE(refused_with("ApiResponseMillis, atMost: 1500", "ApiResponseMillis, atLeast: 1500")
                .find("judged by atMost, not by atLeast"),
            std::string::npos);
  EXPECT_NE(refused_with("atMost: 1500", "atMost: 0").find("0 is out of range"), std::string::npos);
  EXPECT_NE(refused_with("atMost: 1500", "atMost: 99999999999999").find("goes up to 604800000"),
            std::string::npos);
  EXPECT_NE(refused_with("atLeast: 70", "atLeast: 101").find("go up to 100"), std::string::npos);
  EXPECT_NE(refused_with("metric: QueryMillis", "metric: ApiResponseMillis").find("judged twice"),
            std::string::npos);
  EXPECT_NE(refused_with("deadlineSeconds: 1800", "deadlineSeconds: 900").find("is too short"),
            std::string::npos);
  EXPECT_NE(refused_with("targetMillis: 5000", "targetMillis: 61000").find("timeout of 60 s"),
            std::string::npos);
  EXPECT_NE(refused_with("forwardOnly: true",
                         "forwardOnly: true\n    undo: {sql: {instance: a, "
                         "statement: x}}")
                .find("cannot have an undo"),
            std::string::npos);
  EXPECT_EQ(refused_with("atMost: 1}", "atMost: 0}"), "") << "no error at all is a sensible target";
}

TEST(Plan, CrossCheckNamesWhatExists) {
  EXPECT_EQ(unmatched_with("process: {name: \"{primary}\", signal", "process: {name: c, signal"),
            "p.yaml:32:21: spec.fault.process.name: there is no process \"c\". There are: a, b, "
            "proxy\n");
}

TEST(Plan, CrossCheckFollowsRolesPlaceholdersAndParameters) {
  EXPECT_NE(unmatched_with("standby: b", "standby: c").find("spec.roles.standby"),
            std::string::npos);
  EXPECT_NE(unmatched_with("standby: b", "standby: c")
                .find("spec.recovery.promote.sql.instance: there is no instance \"c\""),
            std::string::npos);
  EXPECT_NE(unmatched_with("\"{primary}\", state: Gone", "\"{prim}\", state: Gone")
                .find("{prim} stands for nothing here"),
            std::string::npos);
  EXPECT_NE(unmatched_with("./rejoin.sh", "\"{port.x}\"").find("{port.x} stands for nothing"),
            std::string::npos);
  EXPECT_NE(unmatched_with("replicationDelayMillis:", "replicationDelay:").find("parameter"),
            std::string::npos);
  EXPECT_NE(unmatched_with("instances: [a, b]", "instances: [a, x]")
                .find("spec.probes.orders.postgres.instances[1]: there is no instance \"x\""),
            std::string::npos);
  EXPECT_NE(unmatched_with("users: 6", "probe: order\n    users: 6").find("spec.load.probe"),
            std::string::npos);
}

TEST(Plan, CrossCheckWantsANameServerForADnsProbe) {
  const auto with_probe = [](const std::string& fields) {
    return plan_of(with(shipped("database-failover"), "  probes:\n",
                        "  probes:\n  - {name: names, dns: {name: shop.example" + fields + "}}\n"));
  };
  LocalSystem system = system_of("postgres-pair");
  const auto problems = cross_check(with_probe(""), system, catalog());
  ASSERT_EQ(problems.size(), 1U) << format(problems);
  EXPECT_EQ(problems[0].field, "spec.probes.names.dns.server");
  EXPECT_TRUE(cross_check(with_probe(", server: \"127.0.0.1:53\""), system, catalog()).empty());
  system.resolver = {"127.0.0.1:53"};
  EXPECT_TRUE(cross_check(with_probe(""), system, catalog()).empty());
}

TEST(Plan, CrossCheckHoldsFaultsWithinTheBlastRadius) {
  const std::string second =
      "  faults:\n  - {name: one, process: {name: a}}\n  - {name: two, process: {name: b}}\n";
  const std::string text = shipped("database-failover");
  const std::size_t from = text.find("  fault:\n");
  const std::size_t to = text.find("  recovery:\n");
  const std::string changed = text.substr(0, from) + second + text.substr(to);
  const auto problems = cross_check(plan_of(changed), system_of("postgres-pair"), catalog());
  ASSERT_EQ(problems.size(), 1U) << format(problems);
  EXPECT_EQ(problems[0].field, "spec.guard.maxTargets");
}

TEST(Plan, WarnsOfTargetsThatCannotBeMetTogether) {
  const auto all = warnings(plan_of(shipped("database-failover")));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_NE(all[0].find("sum to 395000 ms, more than the RTO of 300000 ms"), std::string::npos);
  EXPECT_TRUE(warnings(plan_of(shipped("database-failover-patroni"))).empty());
}

TEST(Plan, ResolvesNamesAndAddressesEachInItsPlace) {
  RecoveryPlan plan =
      plan_of(with(with(shipped("database-failover"), "route: {service: proxy, remove",
                        "route: {service: \"{service}\", remove"),
                   "./rejoin.sh", "\"{service}\""));
  const auto resolved =
      resolve_plan(std::move(plan), {{"address.proxy", "127.0.0.1:7"}}, catalog());
  ASSERT_TRUE(resolved) << resolved.error().message;
  EXPECT_EQ(resolved->recovery[1].action.params["service"].as_string(), "proxy");
  EXPECT_EQ(resolved->failback[1].action.params["argv"].as_strings(),
            (std::vector<std::string>{"127.0.0.1:7", "a"}));
  EXPECT_EQ(resolved->recovery[1].action.params["remove"].as_string(), "a");
  EXPECT_EQ(resolved->faults[0].proven_by->params["name"].as_string(), "a");
  EXPECT_EQ(resolved->guard.abort_when[0].params["name"].as_string(), "b");
}

TEST(PlanEdit, SetsValuesByNameAndIndexAndKeepsText) {
  Node document = document_of(shipped("database-failover"));
  for (const char* set : {"spec.timing.baselineSeconds=10", "spec.recovery.promote.targetMillis=1",
                          "spec.criteria.degraded[0].atMost=900", "spec.roles.primary=b",
                          "spec.target.local.parameters.orders=100"}) {
    const auto done = apply_set(document, set);
    EXPECT_TRUE(done) << done.error().message;
  }
  const auto plan = parse_plan(document, "p.yaml", catalog());
  ASSERT_TRUE(plan) << format(plan.error());
  EXPECT_EQ(plan->timing.baseline_seconds, 10);
  EXPECT_EQ(plan->recovery[2].target_millis, 1);
  EXPECT_EQ(plan->degraded[0].target, 900.0);
  EXPECT_EQ(plan->roles.at("primary"), "b");
  EXPECT_EQ(plan->target.local->parameters.at("orders"), "100");
}

TEST(PlanEdit, RefusesWhatCannotBeSetAndChangesNothing) {
  const Node before = document_of(shipped("database-failover"));
  Node document = before;
  const auto error = [&](const char* set) {
    const auto done = apply_set(document, set);
    return done ? std::string() : done.error().message;
  };
  EXPECT_EQ(error("spec.recovery.promot.targetMillis=1"),
            "--set spec.recovery.promot.targetMillis: there is no item \"promot\". Did you mean "
            "\"promote\"? There are: assess, fence, promote, synced, switch, or [0] to [4]");
  EXPECT_NE(error("spec.timing"), "");
  EXPECT_NE(error("=1"), "");
  EXPECT_NE(error("a..b=1"), "");
  EXPECT_NE(error("a.=1"), "");
  EXPECT_NE(error("spec.recovery[9].name=x"), "");
  EXPECT_NE(error("spec.recovery[x=1"), "");
  EXPECT_NE(error("spec.failureType.x=1"), "");
  EXPECT_NE(error("spec.new[0]=1"), "");
  EXPECT_NE(error("spec.timing.baselineSeconds={"), "");
  EXPECT_EQ(document, before);
}

TEST(PlanEdit, WhatIsJudgedMayOnlyGetStricter) {
  const std::string text =
      "metadata: {name: p}\n"
      "spec:\n"
      "  objectives: {rtoSeconds: 300, rpoSeconds: 60}\n"
      "  probes: [{name: orders, postgres: {deadlineMillis: 250}}]\n"
      "  fault: {name: f, provenBy: {process: {name: a, state: Gone}}}\n"
      "  monitoring: [PoolHealth]\n"
      "  criteria: {degraded: [{metric: QueryMillis, atMost: 500}, {metric: Users, atLeast: 6}]}\n"
      "  phaseTargets: {detectedMillis: 30000}\n"
      "  guard: {abortWhen: [{process: {name: b, state: Gone}}]}\n";
  const char* const weaker[] = {"spec.objectives.rtoSeconds=301",
                                "spec.objectives.maxAgeDays=91",
                                "spec.objectives.zeroPoint=Declared",
                                "spec.objectives.decidedBy=[orders/R]",
                                "spec.objectives={rtoSeconds: 300, rpoSeconds: 61}",
                                "spec.criteria.degraded[0].atMost=501",
                                "spec.criteria.degraded[1].atLeast=5",
                                "spec.criteria.degraded=[]",
                                "spec.criteria={}",
                                "spec.criteria.degraded[0].metric=RenderMillis",
                                "spec.phaseTargets.detectedMillis=0",
                                "spec.phaseTargets.detectedMillis=30001",
                                "spec.probes.orders.postgres.deadlineMillis=251",
                                "spec.probes=[]",
                                "spec.fault.provenBy={process: {name: b, state: Gone}}",
                                "spec.monitoring=[]",
                                "metadata.name=q",
                                "spec.guard.maxTargets=2",
                                "spec.guard.silenceSeconds=61",
                                "spec.guard.silenceSeconds=0",
                                "spec.vantages=1",
                                "spec.guard.abortWhen=[]"};
  for (const char* set : weaker) {
    Node document = document_of(text);
    const auto done = apply_set(document, set);
    ASSERT_FALSE(done) << set;
    EXPECT_THAT(done.error().message, testing::HasSubstr("stricter")) << set;
    EXPECT_EQ(document, document_of(text)) << set;
  }
  for (const char* set :
       {"spec.objectives.rtoSeconds=299", "spec.criteria.degraded[0].atMost=400",
        "spec.criteria.degraded[1].atLeast=7", "spec.phaseTargets.decidedMillis=1",
        "spec.guard.maxTargets=1", "spec.guard.silenceSeconds=10", "spec.timing.baselineSeconds=1",
        "spec.vantages=2", "spec.probes.orders.postgres.deadlineMillis=200"}) {
    Node document = document_of(text);
    EXPECT_TRUE(apply_set(document, set)) << set;
  }
}

TEST(PlanEdit, UnknownProfileNamesThoseThatExist) {
  Node document = document_of(shipped("database-failover"));
  EXPECT_EQ(apply_profile(document, "quik").error().message,
            "there is no profile \"quik\". Did you mean \"quick\"? The plan has: quick, full");
}

TEST(Plan, AnRpoNeedsWhatMeasuresIt) {
  const std::string database = shipped("database-failover");
  const std::string with_http =
      with(database,
           "postgres: {service: proxy, instances: [a, b], writesPerSecond: 100, intervalMillis: "
           "100, deadlineMillis: 250}",
           "http: {url: \"http://{service}/\"}");
  EXPECT_THAT(refused(with_http),
              testing::HasSubstr("spec.objectives.rpoSeconds: 60 cannot be measured: no probe of "
                                 "the plan keeps a ledger of acknowledged writes. A postgres probe "
                                 "does; without one leave rpoSeconds out"));
  const RecoveryPlan without = plan_of(with(database, ", rpoSeconds: 60", ""));
  EXPECT_EQ(without.objectives.rpo_seconds, std::nullopt) << "a ledger alone asks for nothing";
  EXPECT_TRUE(keeps_ledger(without));
  EXPECT_NE(refused_with("rpoSeconds: 60", "rpoSeconds: 0"), "");
}

TEST(Plan, OneThatADrillHasBegunWithIsReadWithoutAnRpoThatNothingMeasures) {
  const Node database = document_of(shipped("database-failover"));
  EXPECT_EQ(without_unmeasured_rpo(database), database);
  Node begun = database;
  begun.find("spec")->set("probes", Node::sequence({Node::map().set("tcp", Node::map())}));
  const Node kept = without_unmeasured_rpo(begun);
  EXPECT_FALSE(kept["spec"]["objectives"].has("rpoSeconds"));
  EXPECT_EQ(kept["spec"]["objectives"]["rtoSeconds"].as_int(), 300);
  for (const char* odd : {"{}", "[]", R"({"spec":[]})", R"({"spec":{"objectives":3}})"}) {
    EXPECT_EQ(without_unmeasured_rpo(*parse_json(odd)), *parse_json(odd));
  }
}

}  // namespace
}  // namespace api
