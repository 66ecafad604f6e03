// The plans, schedules and profiles for a cluster that ship are such as the operator takes.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/yaml.h"
#include "cluster/kinds.h"
#include "operator/drill_decide.h"
#include "operator/validation.h"
#include "runner/drill_target.h"

namespace op {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<api::Node> documents(const std::string& kind) {
  std::vector<api::Node> out;
  for (const char* folder : {"/dr-drills/kubernetes", "/dr-drills/kubernetes-sites"}) {
    for (const auto& entry : fs::directory_iterator(std::string(MUSTER_SOURCE_DIR) + folder)) {
      std::ifstream stream(entry.path());
      std::ostringstream text;
      text << stream.rdbuf();
      auto parsed = api::parse_yaml(text.str(), entry.path().string());
      EXPECT_TRUE(parsed.has_value()) << entry.path();
      if (!parsed) continue;
      for (api::Node& document : *parsed) {
        if (document["kind"].as_string() == kind) out.push_back(std::move(document));
      }
    }
  }
  return out;
}

TEST(ClusterPlans, EachIsTakenInEveryProfile) {
  const targets::Catalog catalog = cluster::cluster_catalog();
  const std::vector<api::Node> plans = documents("RecoveryPlan");
  ASSERT_GE(plans.size(), 6U);
  for (const api::Node& plan : plans) {
    for (const char* spec : {"{}", R"({"profile":"quick"})", R"({"profile":"full"})"}) {
      const auto mine = plan_for(plan, *api::parse_json(spec));
      ASSERT_TRUE(mine.has_value()) << mine.error().message;
      const auto read = runner::read_cluster_plan(*mine, "plan", catalog);
      EXPECT_TRUE(read.has_value()) << (read ? "" : api::format(read.error()));
    }
  }
}

struct Figures {
  std::int64_t rto, rpo, users, operations;
  std::vector<double> degraded;  // in the order that the scenario names them
};

/// Rendering is left out everywhere: this application does not report it.
Figures figures_of(const std::string& failure_type) {
  if (failure_type == "CompleteSiteFailure") return {1800, 300, 4, 80, {2000, 1000, 4, 8, 60}};
  if (failure_type == "ApplicationServerFailure") return {180, 30, 8, 180, {1200, 750, 8, 15}};
  return {300, 60, 6, 120, {1500, 500, 6, 10, 70}};
}

TEST(ClusterPlans, HaveTheFiguresOfTheScenario) {
  const targets::Catalog catalog = cluster::cluster_catalog();
  for (const api::Node& document : documents("RecoveryPlan")) {
    SCOPED_TRACE(document["metadata"]["name"].as_string());
    const auto mine = plan_for(document, api::Node::map());
    ASSERT_TRUE(mine.has_value());
    const auto read = runner::read_cluster_plan(*mine, "plan", catalog);
    ASSERT_TRUE(read.has_value()) << api::format(read.error());
    const api::RecoveryPlan& plan = read->plan;
    const Figures figures = figures_of(plan.failure_type);
    EXPECT_EQ(plan.objectives.rto_seconds, figures.rto);
    EXPECT_EQ(plan.objectives.rpo_seconds, figures.rpo);
    EXPECT_TRUE(api::keeps_ledger(plan)) << "nothing else measures an RPO";
    ASSERT_TRUE(plan.load.has_value());
    EXPECT_EQ(plan.load->users, figures.users);
    EXPECT_EQ(plan.load->operations_per_minute, figures.operations);
    std::vector<double> degraded;
    for (const api::Criterion& each : plan.degraded) degraded.push_back(each.target);
    // This one shows a workload of pods by their labels, and judges validation alone.
    if (plan.name != "database-pods") EXPECT_EQ(degraded, figures.degraded);
    for (const api::Step& step : plan.recovery) {
      if (step.phase != "FailureAssessment") continue;
      EXPECT_LE(step.target_millis, plan.phase_targets.detected_millis) << step.name;
    }
  }
}

TEST(ClusterPlans, EachDrillThatShipsNamesAPlanThatShips) {
  std::vector<std::string> names;
  for (const api::Node& plan : documents("RecoveryPlan")) {
    names.push_back(plan["metadata"]["name"].as_string());
  }
  for (const api::Node& drill : documents("Drill")) {
    EXPECT_THAT(names, testing::Contains(drill["spec"]["planRef"]["name"].as_string()));
  }
}

TEST(ClusterPlans, EachScheduleThatShipsIsTakenAndNamesAPlanThatShips) {
  std::map<std::string, api::Node> plans;
  for (const api::Node& plan : documents("RecoveryPlan")) {
    plans.emplace(plan["metadata"]["name"].as_string(), plan);
  }
  const std::vector<api::Node> schedules = documents("DrillSchedule");
  ASSERT_FALSE(schedules.empty());
  for (const api::Node& schedule : schedules) {
    const std::string name = schedule["spec"]["drill"]["planRef"]["name"].as_string();
    ASSERT_THAT(plans, testing::Contains(testing::Key(name)));
    const Judgement judged = judge_schedule(
        schedule, &plans.at(name), scheduling::Instant(scheduling::Seconds(1'796'000'000)));
    EXPECT_EQ(text_of(judged.problems), "");
    EXPECT_THAT(judged.warnings, testing::IsEmpty());
  }
}

TEST(ClusterPlans, EachProfileOfSidecarsThatShipsIsTaken) {
  const std::vector<api::Node> profiles = documents("SidecarProfile");
  ASSERT_GE(profiles.size(), 2U);
  for (const api::Node& profile : profiles) {
    const Judgement judged = judge_profile(profile);
    EXPECT_EQ(text_of(judged.problems), "") << profile["metadata"]["name"].as_string();
  }
}

TEST(ClusterPlans, ALocalTargetIsRefusedWithTheWayToDrillIt) {
  std::ifstream stream(MUSTER_SOURCE_DIR "/dr-drills/database-failover.yaml");
  std::ostringstream text;
  text << stream.rdbuf();
  const auto read = runner::read_cluster_plan(api::parse_yaml(text.str(), "p")->front(), "p",
                                              cluster::cluster_catalog());
  ASSERT_FALSE(read.has_value());
}

TEST(ClusterPlans, AWorkloadThatThePlanDoesNotNameIsAnError) {
  std::vector<api::Node> plans = documents("RecoveryPlan");
  for (api::Node& plan : plans) {
    if (plan["metadata"]["name"].as_string() != "application-failover") continue;
    plan.find("spec")->find("roles")->set("failing", "wbe");
    const auto mine = plan_for(plan, api::Node::map());
    ASSERT_TRUE(mine.has_value());
    const auto read = runner::read_cluster_plan(*mine, "plan", cluster::cluster_catalog());
    ASSERT_FALSE(read.has_value());
    EXPECT_THAT(api::format(read.error()), HasSubstr("wbe"));
  }
}

/// What is wrong with application-drain with another fault.
std::string complaint(const std::string& fault) {
  for (api::Node& plan : documents("RecoveryPlan")) {
    if (plan["metadata"]["name"].as_string() != "application-drain") continue;
    plan.find("spec")->set("fault", *api::parse_json(fault));
    const auto mine = plan_for(plan, api::Node::map());
    if (!mine) return mine.error().message;
    const auto read = runner::read_cluster_plan(*mine, "plan", cluster::cluster_catalog());
    return read ? "" : api::format(read.error());
  }
  return "there is no such plan";
}

/// What is wrong with database-pods with another fault, or other workloads.
std::string complaint_of_pods(const std::string& field, const std::string& value) {
  for (api::Node& plan : documents("RecoveryPlan")) {
    if (plan["metadata"]["name"].as_string() != "database-pods") continue;
    api::Node& spec = *plan.find("spec");
    (field == "fault" ? spec : *spec.find("target")->find("kubernetes"))
        .set(field, *api::parse_json(value));
    const auto mine = plan_for(plan, api::Node::map());
    if (!mine) return mine.error().message;
    const auto read = runner::read_cluster_plan(*mine, "plan", cluster::cluster_catalog());
    return read ? "" : api::format(read.error());
  }
  return "there is no such plan";
}

TEST(ClusterPlans, WhatPodsByTheirLabelsCannotHaveDoneToThemIsRefused) {
  for (const char* kind :
       {R"("deletePods":{"workload":"primary"})", R"("evict":{"workload":"primary"})",
        R"("detach":{"workload":"primary"})", R"("drain":{"workload":"primary"})",
        R"("denyNetwork":{"workload":"primary","port":5432})",
        R"("sidecar":{"workload":"primary","action":"Reset"})"}) {
    EXPECT_EQ(complaint_of_pods("fault", fmt::format(R"({{"name":"x",{}}})", kind)), "") << kind;
  }
  EXPECT_THAT(
      complaint_of_pods("fault", R"({"name":"x","scale":{"workload":"primary","replicas":0}})"),
      HasSubstr("spec.fault.scale.workload: \"primary\" is of kind Pods: it must be a "
                "Deployment or a StatefulSet"));
}

TEST(ClusterPlans, WhichPodsAndHowManyIsNeededOfPodsAlone) {
  const auto complaint = [](const std::string& primary) {
    return complaint_of_pods("workloads",
                             fmt::format(R"([{{"name":"servers","kind":"Pods","count":3,
            "selector":{{"matchLabels":{{"a":"b"}}}}}},{{"name":"primary",{}}}])",
                                         primary));
  };
  const char* const selector = R"("selector":{"matchLabels":{"a":"b"}})";
  EXPECT_EQ(complaint(fmt::format(R"("kind":"Pods","count":1,{})", selector)), "");
  EXPECT_THAT(complaint(fmt::format(R"("kind":"Pods",{})", selector)),
              HasSubstr("spec.target.kubernetes.workloads.primary.count: is missing: kind Pods"));
  EXPECT_THAT(complaint(R"("kind":"Pods","count":1)"),
              HasSubstr("workloads.primary.selector: is missing"));
  EXPECT_THAT(complaint(fmt::format(R"("kind":"Deployment",{})", selector)),
              HasSubstr("workloads.primary.selector: is for kind Pods: a Deployment has its own"));
  EXPECT_THAT(complaint(R"("kind":"Deployment","count":1)"),
              HasSubstr("primary.count: is for kind Pods"));
  const auto of = [&](const std::string& text) {
    return complaint(fmt::format(R"("kind":"Pods","count":1,"selector":{})", text));
  };
  EXPECT_THAT(of("{}"), HasSubstr("primary.selector: asks for nothing"));
  EXPECT_THAT(of(R"({"matchLabels":{"a b":"c"}})"), HasSubstr("\"a b\" cannot be a label"));
  EXPECT_THAT(of(R"({"matchLabels":{"a":"b c"}})"), HasSubstr("cannot be a label's value"));
  EXPECT_THAT(of(R"({"matchExpressions":[{"key":"a","operator":"In"}]})"),
              HasSubstr("matchExpressions[0].values: is missing: operator In needs at least one"));
  EXPECT_THAT(of(R"({"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]})"),
              HasSubstr("values: is not allowed: operator Exists has none"));
  EXPECT_THAT(of(R"({"matchExpressions":[{"key":"a","operator":"Like"}]})"), HasSubstr("\"Like\""));
}

TEST(ClusterPlans, WhatAKindSaysOfItsParametersIsAnErrorOfThePlan) {
  EXPECT_EQ(complaint(R"({"name":"x","evict":{"workload":"web"}})"), "");
  EXPECT_THAT(complaint(R"({"name":"x","patch":{"apiVersion":"v1","kind":"Secret","name":"db",
      "merge":{"data":{"a":"b"}}}})"),
              HasSubstr("spec.fault: patch.kind: kind 'Secret' of v1 is not allowed"));
  EXPECT_THAT(complaint(R"({"name":"x","denyNetwork":{"workload":"web","direction":"Egress"}})"),
              HasSubstr("spec.fault.provenBy: missing"));
  EXPECT_THAT(complaint(R"({"name":"x","denyNetwork":{"workload":"web"}})"),
              HasSubstr("denyNetwork.port: is missing"));
  EXPECT_EQ(complaint(R"({"name":"x","sidecar":{"workload":"web","action":"Reset"}})"), "");
  EXPECT_THAT(complaint(R"({"name":"x","sidecar":{"workload":"web","action":"Latency"}})"),
              HasSubstr("sidecar.delayMillis: 0: action Latency needs one above 0"));
  EXPECT_THAT(complaint(R"({"name":"x","sidecar":{"workload":"nonesuch","action":"Reset"}})"),
              HasSubstr("nonesuch"));
  EXPECT_THAT(complaint(R"({"name":"x","patch":{"apiVersion":"v1","kind":"ConfigMap","name":"a",
      "merge":{"data":{"a":"{nonesuch}"}}}})"),
              HasSubstr("{nonesuch} stands for nothing here"));
}

}  // namespace
}  // namespace op
