// What an injected sidecar is told of the limits that it cannot see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/injection.h"
#include "operator/pod_limits.h"
#include "yaml_text.h"

namespace op {
namespace {

using api::Node;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kShared = "shareProcessNamespace: true, ";

/// A container with these limits; empty: with none.
std::string container(const std::string& name, const std::string& limits) {
  return "{name: " + name + ", image: a, resources: {" +
         (limits.empty() ? "" : "limits: {" + limits + "}") + "}}";
}

/// A pod that asked, whose first container serves. `spec`: fields before its containers.
Node pod(const std::string& spec, const std::string& limits, const std::string& others = "") {
  return yaml(
      "{apiVersion: v1, kind: Pod, metadata: {labels: {sidecar.muster.dev/inject: enabled}}, "
      "spec: {" +
      spec +
      "containers: [{name: app, image: a, ports: [{name: http, containerPort: 8080}], "
      "resources: {limits: {" +
      limits + "}}}" + (others.empty() ? "" : ", " + others) + "]}}");
}

/// "NAME=VALUE" of the variables that say limits.
std::vector<std::string> told(const Node& pod, const Node& profile = Node()) {
  const Injection injection = inject(pod, Node(), profile, {.image = "muster:1"});
  EXPECT_EQ(injection.result, Injected::Yes) << injection.why;
  std::vector<std::string> out;
  for (const Node& step : injection.patch->items()) {
    if (!step["path"].as_string().starts_with("/spec/initContainers")) continue;
    const Node& value = step["value"];
    const Node& sidecar = value.is_sequence() ? value.items().back() : value;
    for (const Node& each : sidecar["env"].items()) {
      if (each["name"].as_string().find("_LIMIT_") == std::string::npos) continue;
      out.push_back(each["name"].as_string() + "=" + each["value"].as_string());
    }
  }
  return out;
}

TEST(InjectionLimits, AreTheSumOfAllContainersWhereTheSidecarSeesThem) {
  EXPECT_THAT(told(pod(kShared, "memory: 256Mi, cpu: 500m")),
              ElementsAre("MUSTER_MEMORY_LIMIT_BYTES=268435456", "MUSTER_CPU_LIMIT_CORES=0.5"));
  EXPECT_THAT(told(pod(kShared, "memory: 256Mi, cpu: 100m",
                       container("a", "memory: \"1e6\", cpu: 200m") + ", " +
                           container("b", "memory: \"24\", cpu: \"2\""))),
              ElementsAre("MUSTER_MEMORY_LIMIT_BYTES=269435480", "MUSTER_CPU_LIMIT_CORES=2.3"));
}

TEST(InjectionLimits, AreNoneWhereAContainerHasNone) {
  EXPECT_THAT(told(pod(kShared, "")), IsEmpty());
  EXPECT_THAT(told(pod(kShared, "memory: 256Mi, cpu: \"1\"", container("a", "cpu: 250m"))),
              ElementsAre("MUSTER_CPU_LIMIT_CORES=1.25"));
  EXPECT_THAT(told(pod(kShared, "memory: \"0\", cpu: much")), IsEmpty());
}

TEST(InjectionLimits, AreNotToldWhereTheSidecarSeesNoProcesses) {
  EXPECT_THAT(told(pod("", "memory: 256Mi, cpu: 500m")), IsEmpty());
  EXPECT_THAT(told(pod("shareProcessNamespace: false, ", "memory: 256Mi")), IsEmpty());
}

TEST(InjectionLimits, AreAlsoThoseOfInitContainersThatStay) {
  const std::string passing = "{name: migrate, image: m}";
  EXPECT_THAT(told(pod(std::string(kShared) + "initContainers: [" + passing + "], ", "memory: 1k")),
              ElementsAre("MUSTER_MEMORY_LIMIT_BYTES=1000"));
  const auto staying = [](const char* limits) {
    return std::string(kShared) +
           "initContainers: [{name: log, image: l, restartPolicy: Always, resources: {limits: {" +
           limits + "}}}], ";
  };
  EXPECT_THAT(told(pod(staying("memory: 2k"), "memory: 1k")),
              ElementsAre("MUSTER_MEMORY_LIMIT_BYTES=3000"));
  EXPECT_THAT(told(pod(staying(""), "memory: 1k")), IsEmpty());
}

TEST(InjectionLimits, ThoseOfTheWholePodCountWhereTheyAreLowerOrTheOnlyOnes) {
  const std::string whole =
      std::string(kShared) + "resources: {limits: {memory: 10k, cpu: \"1\"}}, ";
  EXPECT_THAT(told(pod(whole, "memory: 20k")),
              ElementsAre("MUSTER_MEMORY_LIMIT_BYTES=10000", "MUSTER_CPU_LIMIT_CORES=1"));
  EXPECT_THAT(told(pod(whole, "memory: 4k, cpu: 500m")),
              ElementsAre("MUSTER_MEMORY_LIMIT_BYTES=4000", "MUSTER_CPU_LIMIT_CORES=0.5"));
}

/// A flag would win over the profile; and an image of before would end at it.
TEST(InjectionLimits, AreVariablesAndNoFlagsSoThatTheProfileWins) {
  const Node with = pod(kShared, "memory: 256Mi, cpu: 500m");
  const Node without = pod(kShared, "");
  const auto args = [](const Node& pod) {
    const Injection injection = inject(pod, Node(), Node(), {.image = "muster:1"});
    std::string out;
    for (const Node& step : injection.patch->items()) {
      const Node& value = step["value"];
      if (value.is_sequence()) out += api::to_json(value.items().back()["args"]);
    }
    return out;
  };
  EXPECT_EQ(args(with), args(without));
  EXPECT_EQ(args(with).find("limit"), std::string::npos);
}

}  // namespace
}  // namespace op
