#include "operator/pod_figures.h"

#include <gtest/gtest.h>

#include "api/yaml.h"

namespace op {
namespace {

using api::Node;

Node yaml(const std::string& text) {
  const auto documents = api::parse_yaml(text, "test");
  EXPECT_TRUE(documents.has_value()) << text;
  return documents ? documents->front() : Node();
}

Node pod(const std::string& containers, const std::string& more = "") {
  return yaml("{metadata: {uid: u1}, status: {hostIP: 10.0.0.7}, spec: {nodeName: node1, " + more +
              "initContainers: [{name: muster-sidecar, restartPolicy: Always, "
              "resources: {limits: {cpu: '9', memory: 9Gi}}}], containers: [" +
              containers + "]}}");
}

std::string limits(const Node& pod) {
  const auto seen = figures_pod(pod);
  return seen ? api::to_json(seen->limits) : seen.error().message;
}

TEST(FiguresPod, IsWhereItsKubeletIs) {
  const auto seen = figures_pod(pod("{name: app}"));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->uid, "u1");
  EXPECT_EQ(seen->node, "node1");
  EXPECT_EQ(seen->host, "10.0.0.7");
}

TEST(FiguresPod, HasTheAddressesOfItsStatus) {
  Node both = pod("{name: app}");
  both.find("status")->set("podIP", "10.1.0.1");
  EXPECT_EQ(figures_pod(both)->addresses, (std::vector<std::string>{"10.1.0.1"}));
  both.find("status")->set("podIPs", yaml("[{ip: 10.1.0.1}, {ip: 'fd00::1'}, {ip: ''}]"));
  EXPECT_EQ(figures_pod(both)->addresses, (std::vector<std::string>{"10.1.0.1", "fd00::1"}));
  EXPECT_TRUE(figures_pod(pod("{name: app}"))->addresses.empty());
}

TEST(FiguresPod, LimitsAreThoseOfTheApplicationTogether) {
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {cpu: 500m, memory: 1Ki}}}, "
                       "{name: b, resources: {limits: {cpu: '1', memory: '76'}}}")),
            R"({"cpuCores":1.5,"memoryBytes":1100})");
  // Who has none may take all that there is.
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {cpu: 500m, memory: 1Ki}}}, {name: b}")),
            "{}");
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {memory: much}}}")), "{}");
}

TEST(FiguresPod, ThatOfTheWholePodCountsWhereItIsLower) {
  const std::string whole = "resources: {limits: {memory: 1Ki, cpu: '1'}}, ";
  EXPECT_EQ(limits(pod("{name: a}", whole)), R"({"cpuCores":1.0,"memoryBytes":1024})");
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {memory: 1Mi, cpu: 1m}}}", whole)),
            R"({"cpuCores":0.001,"memoryBytes":1024})");
}

TEST(FiguresPod, WithoutASidecarOrANodeThereAreNone) {
  const auto bare = figures_pod(yaml("{spec: {containers: [{name: app}]}}"));
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().code, base::Code::NotFound);
  Node waits = pod("{name: app}");
  waits.erase("status");
  const auto seen = figures_pod(waits);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, base::Code::NotFound);
}

TEST(FiguresPod, IsNamedByAPathAndByNothingElse) {
  EXPECT_EQ(pod_of_path("/pods/shop/web-0.a"), (kube::Key{"shop", "web-0.a"}));
  for (const char* path :
       {"/pods", "/pods/", "/pods/shop", "/pods/shop/", "/pods//web", "/pods/shop/web/log",
        "/pods/shop/..", "/pods/sh.op/web", "/pods/a/B", "/pods/a/b%2f", "/nodes/a/b"}) {
    EXPECT_FALSE(pod_of_path(path)) << path;
  }
  EXPECT_FALSE(pod_of_path("/pods/a/" + std::string(254, 'a')));
}

TEST(KubeletSummary, HasPodsByTheirUid) {
  const auto pods = pods_of_summary(
      R"({"node": {}, "pods": [{"podRef": {"uid": "a"}, "network": {"rxBytes": 1}, "containers": )"
      R"([{"name": "app"}, {"name": "muster-sidecar"}]}, {"podRef": {}}, 3]})");
  ASSERT_TRUE(pods);
  ASSERT_EQ(pods->size(), 1U);
  ASSERT_EQ(pods->at("a")["containers"].size(), 1U);
  EXPECT_EQ(pods->at("a")["containers"].items()[0]["name"].as_string(), "app");
  EXPECT_FALSE(pods->at("a").has("network"));  // nobody reads it
  EXPECT_FALSE(pods_of_summary("{}"));
  EXPECT_FALSE(pods_of_summary("no"));
}

}  // namespace
}  // namespace op
