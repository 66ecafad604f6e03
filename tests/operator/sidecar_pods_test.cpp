#include "operator/sidecar_pods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/injection.h"

namespace op {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Node pod(const std::string& status, const std::string& profile = "") {
  Node annotations = Node::map().set(kStatusAnnotation, status);
  if (!profile.empty()) annotations.set(kProfileAnnotation, profile);
  return Node::map().set(
      "metadata", Node::map().set("name", "web-1").set("annotations", std::move(annotations)));
}

Node made_by(Node pod, const char* kind, const char* name, const char* hash = "") {
  Node& meta = *pod.find("metadata");
  meta.set(
      "ownerReferences",
      Node::sequence({Node::map().set("kind", kind).set("name", name).set("controller", true)}));
  meta.set("labels", Node::map().set("pod-template-hash", hash));
  return pod;
}

SidecarPod refused(const std::string& workload, const std::string& reason = "NoPort",
                   const std::string& profile = "default", const std::string& why = "") {
  return {.profile = profile, .reason = reason, .workload = workload, .why = why};
}

SidecarPods all_of(std::initializer_list<SidecarPod> pods) {
  SidecarPods out;
  for (const SidecarPod& each : pods) out.add(each);
  return out;
}

std::optional<Found> found(const SidecarPods& pods, const std::string& profile = "default",
                           const std::string& there = "web") {
  return refused_of(profile, pods,
                    [&](const std::string& name) { return name == "default" || name == there; });
}

TEST(SidecarPods, APodThatWasRefusedSaysWhyByTheWebhookAndByThePolicy) {
  const auto webhook = sidecar_pod(pod("Refused: NoPort: no container says a TCP port"));
  ASSERT_TRUE(webhook);
  EXPECT_EQ(*webhook, refused("Pod web-1", "NoPort", "default", "no container says a TCP port"));
  const auto policy = sidecar_pod(pod("Refused: NoPort", "web"));
  ASSERT_TRUE(policy);
  EXPECT_EQ(*policy, refused("Pod web-1", "NoPort", "web"));
}

TEST(SidecarPods, WhatIsAsItAskedOrEndsOrWasWrittenByOthersSaysNothing) {
  EXPECT_FALSE(sidecar_pod(Node::map()));
  EXPECT_FALSE(sidecar_pod(pod("")));
  EXPECT_FALSE(sidecar_pod(pod("Injected")));
  EXPECT_FALSE(sidecar_pod(pod("Refused: no reason\n: at all")));
  EXPECT_FALSE(sidecar_pod(pod("Refused: ")));
  for (const char* phase : {"Succeeded", "Failed", "Running", "Pending"}) {
    Node at = pod("Refused: NoPort");
    at.set("status", Node::map().set("phase", phase));
    EXPECT_EQ(sidecar_pod(at).has_value(), at["status"]["phase"].as_string().ends_with("ing"));
  }
  Node ends = pod("Refused: NoPort");
  ends.find("metadata")->set("deletionTimestamp", "2026-11-27T12:00:00Z");
  EXPECT_FALSE(sidecar_pod(ends));
}

TEST(SidecarPods, APodIsToldByWhoMadeIt) {
  const auto by = [](const char* kind, const char* name, const char* hash = "") {
    return sidecar_pod(made_by(pod("Refused: NoPort"), kind, name, hash))->workload;
  };
  EXPECT_EQ(by("ReplicaSet", "web-6d5f7c9b8", "6d5f7c9b8"), "Deployment web");
  EXPECT_EQ(by("ReplicaSet", "web-own", "6d5f7c9b8"), "ReplicaSet web-own");
  EXPECT_EQ(by("ReplicaSet", "-6d5f7c9b8", "6d5f7c9b8"), "ReplicaSet -6d5f7c9b8");
  EXPECT_EQ(by("StatefulSet", "db"), "StatefulSet db");
  EXPECT_EQ(by("Job", "report-29403180"), "CronJob report");
  EXPECT_EQ(by("Job", "report-2940"), "Job report-2940");
  EXPECT_EQ(by("Job", "-29403180"), "Job -29403180");
}

TEST(SidecarPods, TheConditionNamesWorkloadsReasonAndWhatIsAllowed) {
  const auto told = found(all_of({refused("Deployment web", "UnnamedPort", "default",
                                          "port 8080 of container app has no name")}));
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->holds);
  EXPECT_EQ(told->reason, "UnnamedPort");
  EXPECT_THAT(told->message,
              AllOf(HasSubstr("Deployment web: UnnamedPort: port 8080 of container app"),
                    HasSubstr("; allowed: a port of one name"), HasSubstr("capture: redirect")));
}

TEST(SidecarPods, ThereIsNoneWherePodsAreAsTheyAskOrOfAnotherProfile) {
  EXPECT_FALSE(found({}));
  EXPECT_FALSE(found(all_of({refused("Deployment web", "NoPort", "web")})));
  EXPECT_TRUE(found(all_of({refused("Deployment web", "NoPort", "web")}), "web"));
  EXPECT_FALSE(found(all_of({refused("Deployment web", "", "web")}), "web"));
  EXPECT_FALSE(found(all_of({refused("Deployment web", "", "web")})));
}

TEST(SidecarPods, OfAProfileThatIsNotThereTheDefaultOneTells) {
  const SidecarPods pods =
      all_of({refused("Deployment web", "", "wbe"), refused("Job x", "BadProfile", "Wrong!")});
  EXPECT_FALSE(found(pods, "web"));
  const auto told = found(pods);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->reason, "SeveralReasons");
  EXPECT_THAT(told->message,
              AllOf(HasSubstr("Job x: BadProfile; allowed: "),
                    HasSubstr("Deployment web: ProfileMissing: there is no SidecarProfile 'wbe'")));
  EXPECT_EQ(found(all_of({refused("Deployment web", "", "wbe")}))->reason, "ProfileMissing");
}

TEST(SidecarPods, WhatIsSaidDoesNotDependOnTheOrderNorOnHowManyPodsThereAre) {
  const SidecarPod web = refused("Deployment web"), job = refused("Job x"),
                   bad = refused("Pod p", "BadLabel");
  const auto one = found(all_of({web, job, bad}));
  const auto other = found(all_of({bad, job, web, web, job}));
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->message, other->message);
  EXPECT_THAT(one->message, HasSubstr("Deployment web, Job x: NoPort"));
}

TEST(SidecarPods, HoweverManyAreRefusedTheMessageIsBounded) {
  SidecarPods pods;
  const std::string lots(5000, 'x');
  for (int i = 0; i < 3000; ++i) {
    const std::string reason = "Reason" + std::to_string(i % 7);
    pods.add(*sidecar_pod(made_by(pod("Refused: " + reason + ": " + lots), "StatefulSet",
                                  (std::to_string(i) + lots).c_str())));
  }
  EXPECT_EQ(pods.all().size(), SidecarPods::kMost);
  const auto told = found(pods);
  ASSERT_TRUE(told);
  EXPECT_LE(told->message.size(), kInjectedBytesMax);
  EXPECT_THAT(told->message, testing::EndsWith("…"));
  const auto few =
      found(all_of({refused("A a"), refused("B b"), refused("C c"), refused("D d"), refused("E e"),
                    refused("F f"), refused("G g", "R1"), refused("H h", "R2"),
                    refused("I i", "R3"), refused("J j", "R4")}));
  EXPECT_THAT(few->message, AllOf(HasSubstr("A a, B b, C c, D d and 2 more: NoPort"),
                                  HasSubstr(". And 1 more reasons"), Not(HasSubstr("R4"))));
}

TEST(SidecarPods, EachReasonSaysWhatIsAllowed) {
  for (int i = static_cast<int>(Injected::BadLabel); i <= static_cast<int>(Injected::NotHttp);
       ++i) {
    const char* reason = name(static_cast<Injected>(i));
    EXPECT_FALSE(remedy(reason).empty()) << reason;
  }
  EXPECT_TRUE(remedy("Another").empty());
}

}  // namespace
}  // namespace op
