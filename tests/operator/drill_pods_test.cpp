#include "operator/drill_pods.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/drill_requests.h"

namespace op {
namespace {

using api::Node;
using testing::Contains;
using testing::ElementsAre;

cluster::DrillObject drill(const std::string& name) {
  cluster::DrillObject out;
  out.key = {"shop", name};
  out.uid = "u-1";
  return out;
}

PodSettings settings() {
  PodSettings out;
  out.image = "muster:1";
  return out;
}

TEST(DrillPods, NamesFitIntoAHostNameAndStayApart) {
  EXPECT_EQ(pod_name("d", PodRole::Runner), "d-runner");
  const std::string a = pod_name(std::string(80, 'x') + "a", PodRole::Guardian);
  const std::string b = pod_name(std::string(80, 'x') + "b", PodRole::Guardian);
  EXPECT_EQ(a.size(), 63U);
  EXPECT_NE(a, b);
  EXPECT_TRUE(a.ends_with("-guardian"));
}

TEST(DrillPods, TheyGoWithTheirDrill) {
  const Node pod = pod_of(drill("d"), PodRole::Runner, settings(), {}, 600);
  const Node& owner = pod["metadata"]["ownerReferences"].items().front();
  EXPECT_EQ(owner["uid"].as_string(), "u-1");
  EXPECT_EQ(owner["kind"].as_string(), "Drill");
}

TEST(DrillPods, ARunnerIsNeverStartedASecondTime) {
  EXPECT_EQ(
      pod_of(drill("d"), PodRole::Runner, settings(), {}, 600)["spec"]["restartPolicy"].as_string(),
      "Never");
  EXPECT_EQ(pod_of(drill("d"), PodRole::Guardian, settings(), {}, 600)["spec"]["restartPolicy"]
                .as_string(),
            "OnFailure");
}

std::map<std::string, std::string> environment_of(PodRole role, const PodSettings& settings) {
  std::map<std::string, std::string> out;
  const Node pod = pod_of(drill("d"), role, settings, {}, 600);
  for (const Node& container : pod["spec"]["containers"].items()) {
    for (const Node& each : container["env"].items()) {
      out[container["name"].as_string() + " " + each["name"].as_string()] =
          each["value"].as_string();
    }
  }
  return out;
}

TEST(DrillPods, TheyReachTheApiServerAsTheOperatorDoes) {
  PodSettings through = settings();
  through.https_proxy = "http://large:3128";
  through.no_proxy = "10.96.0.0/12,.svc";
  const auto guardian = environment_of(PodRole::Guardian, through);
  for (const char* container : {"guardian", "vantage"}) {
    const std::string name = container;
    EXPECT_EQ(guardian.at(name + " HTTPS_PROXY"), "http://large:3128") << name;
    EXPECT_EQ(guardian.at(name + " NO_PROXY"), "10.96.0.0/12,.svc") << name;
  }
  EXPECT_TRUE(environment_of(PodRole::Runner, through).contains("runner HTTPS_PROXY"));
  through.https_proxy.clear();
  const auto without = environment_of(PodRole::Runner, through);
  EXPECT_FALSE(without.contains("runner HTTPS_PROXY"));
  EXPECT_FALSE(without.contains("runner NO_PROXY"));
}

TEST(DrillPods, TheyKeepAwayFromWhatIsDrilledAndThenFromEachOther) {
  const Avoid avoid{{"n1", "n2"}, "n3"};
  const Node affinity =
      pod_of(drill("d"), PodRole::Runner, settings(), avoid, 600)["spec"]["affinity"];
  const auto& terms =
      affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"].items();
  ASSERT_EQ(terms.size(), 2u);
  const Node& away = terms[0]["preference"]["matchExpressions"].items().front();
  EXPECT_EQ(away["operator"].as_string(), "NotIn");
  EXPECT_THAT(away["values"].as_strings(), ElementsAre("n1", "n2"));
  const Node& apart = terms[1]["preference"]["matchExpressions"].items().front();
  EXPECT_THAT(apart["values"].as_strings(), ElementsAre("n3"));
  EXPECT_GT(terms[0]["weight"].as_int(), terms[1]["weight"].as_int());
  EXPECT_FALSE(affinity.has("podAntiAffinity")) << "it would weigh as much as both";
  EXPECT_FALSE(pod_of(drill("d"), PodRole::Runner, settings(), {}, 600)["spec"]["affinity"].has(
      "nodeAffinity"));
}

TEST(DrillPods, AGuardianIsEvictedSoonFromANodeThatSaysNothing) {
  const Node pod = pod_of(drill("d"), PodRole::Guardian, settings(), {}, 600);
  std::vector<std::string> taints;
  for (const Node& each : pod["spec"]["tolerations"].items()) {
    taints.push_back(each["key"].as_string());
    EXPECT_EQ(each["effect"].as_string(), "NoExecute");
    EXPECT_EQ(each["operator"].as_string(), "Exists");
    EXPECT_EQ(each["tolerationSeconds"].as_int(), 20) << "and not the cluster's 300";
  }
  EXPECT_THAT(taints,
              ElementsAre("node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"));
  EXPECT_FALSE(pod_of(drill("d"), PodRole::Runner, settings(), {}, 600)["spec"].has("tolerations"))
      << "a runner that may come back is the guardian's business";
}

TEST(DrillPods, TheyMeetTheRestrictedPodSecurityStandard) {
  const Node spec = pod_of(drill("d"), PodRole::Guardian, settings(), {}, 600)["spec"];
  EXPECT_TRUE(spec["securityContext"]["runAsNonRoot"].as_bool());
  EXPECT_EQ(spec["securityContext"]["runAsUser"].as_int(), 65532) << "who owns the image's files";
  EXPECT_EQ(spec["securityContext"]["seccompProfile"]["type"].as_string(), "RuntimeDefault");
  const Node& container = spec["containers"].items().front();
  EXPECT_FALSE(container["securityContext"]["allowPrivilegeEscalation"].as_bool(true));
  EXPECT_THAT(container["securityContext"]["capabilities"]["drop"].as_strings(),
              ElementsAre("ALL"));
}

std::vector<std::string> container_names(const Node& pod) {
  std::vector<std::string> out;
  for (const Node& each : pod["spec"]["containers"].items())
    out.push_back(each["name"].as_string());
  return out;
}

TEST(DrillPods, TheGuardiansPodMeasuresTooInAContainerOfItsOwn) {
  const Node pod = pod_of(drill("d"), PodRole::Guardian, settings(), {}, 600);
  EXPECT_THAT(container_names(pod), ElementsAre("guardian", "vantage"));
  const Node& vantage = pod["spec"]["containers"].items()[1];
  EXPECT_THAT(vantage["args"].as_strings(),
              ElementsAre("vantage", "--namespace", "shop", "--name", "d", "--drill-uid", "u-1"));
  EXPECT_EQ(vantage["resources"]["requests"]["cpu"].as_string(), "250m")
      << "a prober that waits for a processor measures itself";
  EXPECT_TRUE(vantage["securityContext"]["readOnlyRootFilesystem"].as_bool());
  const Node& guardian = pod["spec"]["containers"].items()[0];
  EXPECT_NE(vantage["volumeMounts"].items()[0]["name"].as_string(),
            guardian["volumeMounts"].items()[0]["name"].as_string())
      << "a full disk of the one is none of the other";
  EXPECT_THAT(container_names(pod_of(drill("d"), PodRole::Runner, settings(), {}, 600)),
              ElementsAre("runner"));
}

TEST(DrillPods, APlanMayWantOneVantageAlone) {
  cluster::DrillObject one = drill("d");
  one.status.set("plan", Node::map().set("spec", Node::map().set("vantages", 1)));
  const Node pod = pod_of(one, PodRole::Guardian, settings(), {}, 600);
  EXPECT_THAT(container_names(pod), ElementsAre("guardian"));
  EXPECT_EQ(pod["spec"]["volumes"].items().size(), 1U);
}

TEST(DrillPods, AVantageThatDoesNotStartIsNoGuardianThatDoesNot) {
  const auto state_of = [](const std::string& container) {
    const auto pod = parse_drill_pod(
        R"({"metadata":{"labels":{}},"status":{"phase":"Running","containerStatuses":[{"name":")" +
        container + R"(","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}})");
    return pod ? pod->state.waiting : pod.error().message;
  };
  EXPECT_EQ(state_of("guardian"), "CrashLoopBackOff");
  EXPECT_EQ(state_of("vantage"), "");
}

TEST(DrillPods, EvidenceGoesToTheVolumeThatIsNamed) {
  PodSettings with = settings();
  with.evidence_claim = "evidence";
  const Node spec = pod_of(drill("d"), PodRole::Runner, with, {}, 600)["spec"];
  EXPECT_THAT(spec["containers"].items().front()["args"].as_strings(),
              Contains("--evidence-claim"));
  EXPECT_EQ(spec["volumes"].items().size(), 2U);
  EXPECT_EQ(pod_of(drill("d"), PodRole::Guardian, with, {}, 600)["spec"]["volumes"].items().size(),
            2U)
      << "its own and its vantage's";
}

TEST(DrillPods, WhatMeasuresHasTheKeyOfDrillsWhereTheNamespaceHasIt) {
  PodSettings with = settings();
  with.drill_key_secret = "drill-key";
  const auto key_of = [](const Node& container) {
    for (const Node& each : container["env"].items()) {
      if (each["name"].as_string() == "MUSTER_DRILL_KEY") {
        return api::to_json(each["valueFrom"]["secretKeyRef"]);
      }
    }
    return std::string("none");
  };
  const std::string key = R"({"name":"drill-key","key":"drill.key","optional":true})";
  const Node runner = pod_of(drill("d"), PodRole::Runner, with, {}, 600);
  EXPECT_EQ(key_of(runner["spec"]["containers"].items()[0]), key);
  const Node guardian = pod_of(drill("d"), PodRole::Guardian, with, {}, 600);
  EXPECT_EQ(key_of(guardian["spec"]["containers"].items()[0]), "none") << "it asks nobody";
  EXPECT_EQ(key_of(guardian["spec"]["containers"].items()[1]), key);
  const Node without = pod_of(drill("d"), PodRole::Runner, settings(), {}, 600);
  EXPECT_EQ(key_of(without["spec"]["containers"].items()[0]), "none");
}

}  // namespace
}  // namespace op
