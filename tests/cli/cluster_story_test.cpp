// The lines of a watched drill, and how it ends for a pipeline.
#include "cli/cluster_story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cluster_evidence.h"
#include "cli/cluster_volume.h"
#include "kube/resource.h"

namespace cli {
namespace {

using api::Node;
using testing::HasSubstr;
using testing::IsEmpty;

cluster::DrillObject drill(const std::string& status, const std::string& version = "1") {
  auto out = cluster::parse_drill(R"({"metadata": {"name": "d", "namespace": "shop",
    "resourceVersion": ")" + version +
                                  R"("}, "spec": {}, "status": )" + status + "}");
  EXPECT_TRUE(out.has_value());
  return *out;
}

const base::WallTime kNow = *kube::parse_time("2026-11-21T04:42:24Z");

TEST(ClusterStory, TellsEachChangeOnce) {
  DrillStory story;
  const auto begun = drill(R"({"phase": "Baseline", "state": "Normal",
    "runner": {"pod": "d-runner", "node": "n1"},
    "conditions": [{"type": "Running", "status": "True", "reason": "Begun", "message": "it runs"}]})");
  EXPECT_EQ(story.status(begun, kNow),
            "04:42:24  Baseline    phase Baseline\n"
            "04:42:24  Baseline    state Normal\n"
            "04:42:24  Baseline    pod d-runner on node n1 carries it out\n"
            "04:42:24  Baseline    Running: True (Begun): it runs\n");
  EXPECT_THAT(story.status(begun, kNow), IsEmpty());
  EXPECT_EQ(
      story.status(drill(R"({"phase": "Recovery", "state": "Normal", "runner": {"pod": "d-runner"},
                                   "problems": ["disk\u001b[2J"]})"),
                   kNow),
      "04:42:24  Recovery    phase Recovery\n"
      "04:42:24  Recovery    problem: disk\xEF\xBF\xBD[2J\n");
}

Node event(const std::string& name, const std::string& reason, const std::string& type = "Normal",
           int count = 0) {
  Node out = Node::map()
                 .set("metadata", Node::map().set("name", name))
                 .set("eventTime", "2026-11-21T04:40:01.500000Z")
                 .set("reason", reason)
                 .set("type", type)
                 .set("note", "promote: took 3 s");
  if (count > 0) out.set("series", Node::map().set("count", count));
  return out;
}

TEST(ClusterStory, TellsEventsOnceAndAgainWhenTheirSeriesGoesOn) {
  DrillStory story;
  EXPECT_EQ(story.event(event("e1", "StepDone")),
            "04:40:01  Pending     StepDone: promote: took 3 s\n");
  EXPECT_THAT(story.event(event("e1", "StepDone")), IsEmpty());
  EXPECT_EQ(story.event(event("e2", "StepFailed", "Warning", 3)),
            "04:40:01  Pending     warning: StepFailed: promote: took 3 s (3 times)\n");
  EXPECT_THAT(story.event(event("e2", "StepFailed", "Warning", 3)), IsEmpty());
  EXPECT_THAT(story.event(event("e2", "StepFailed", "Warning", 4)), HasSubstr("(4 times)"));
  EXPECT_THAT(story.event(event("e3", "Baseline")), IsEmpty()) << "the status says so";
  EXPECT_THAT(story.event(event("e4", "Degraded")), IsEmpty());
}

TEST(ClusterStory, ExitsAsALocalDrillDoes) {
  const std::pair<const char*, Exit> cases[] = {
      {R"({"phase": "Finished", "verdict": "Met"})", Exit::Ok},
      {R"({"phase": "Finished", "verdict": "Missed"})", Exit::Missed},
      {R"({"phase": "Finished", "verdict": "Inconclusive"})", Exit::Inconclusive},
      {R"({"phase": "Finished", "verdict": "Invalid"})", Exit::Inconclusive},
      {R"({"phase": "Finished", "verdict": ""})", Exit::Inconclusive},
      {R"({"phase": "NotWhole", "verdict": "Met"})", Exit::Error},
      {R"({"phase": "Finished", "verdict": "Met",
           "conditions": [{"type": "Undone", "status": "False"}]})",
       Exit::Error},
      {R"({"phase": "Finished", "verdict": "Invalid",
           "conditions": [{"type": "Accepted", "status": "False", "reason": "InvalidPlan"}]})",
       Exit::Usage}};
  for (const auto& [status, exit] : cases) {
    EXPECT_TRUE(has_ended(drill(status)));
    EXPECT_EQ(exit_of(drill(status)), exit) << status;
  }
  EXPECT_FALSE(has_ended(drill(R"({"phase": "Reporting"})")));
  EXPECT_FALSE(has_ended(drill("{}")));
}

TEST(ClusterStory, EndsWithBoundsAgainstObjectivesAndWhatToDoNext) {
  EXPECT_EQ(end_text(drill(R"({"phase": "Finished", "verdict": "Missed", "reason": "RTO is missed",
    "rto": {"display": "12.4 – 12.6 s", "objectiveSeconds": 10, "verdict": "Missed"},
    "rpo": {"display": "0.4 s", "lostWrites": 39, "objectiveSeconds": 60, "verdict": "Met"},
    "evidence": {"kind": "Secret", "name": "d-evidence"}})"),
                     "kubectl muster"),
            "drill d: Missed: RTO is missed\n"
            "  RTO  12.4 – 12.6 s; objective 10 s: Missed\n"
            "  RPO  0.4 s, 39 writes lost; objective 60 s: Met\n"
            "  report: kubectl muster report d -n shop\n");
  EXPECT_EQ(
      end_text(drill(R"({"phase": "NotWhole", "verdict": "Met", "rto": {"objectiveSeconds": 10}})"),
               "muster cluster"),
      "drill d: NOT whole\n  RTO  not measured; objective 10 s\n");
}

TEST(ClusterStory, SaysThatNoRpoWasAskedFor) {
  for (const char* rpo : {R"({"display": "–"})", R"({"display": "–", "objectiveSeconds": 0,
      "verdict": "Inconclusive"})"}) {
    const std::string said = end_text(
        drill(std::string(R"({"phase": "Finished", "verdict": "Met", "rpo": )") + rpo + "}"), "m");
    EXPECT_THAT(said, testing::HasSubstr("  RPO  –; the plan asks for none\n"));
  }
}

TEST(ClusterEvidence, SaysWhereItIsOrWhyThereIsNone) {
  EXPECT_EQ(why_no_evidence(drill(R"({"evidence": {"kind": "Secret", "name": "x"}})")), "");
  EXPECT_EQ(why_no_evidence(drill(R"({"phase": "Recovery"})")),
            "drill d is in phase Recovery: its evidence is written at its end");
  EXPECT_EQ(why_no_evidence(drill(R"({"phase": "Finished", "problems": ["it was too large"]})")),
            "drill d left no evidence; it was too large");
}

TEST(ClusterEvidence, OnAVolumeIsReadByAPodOfTheDrillsOwnImage) {
  const auto done = drill(R"({"phase": "Finished", "evidence":
      {"kind": "PersistentVolumeClaim", "name": "proofs", "path": "shop/d-1"}})");
  EXPECT_EQ(why_no_evidence(done), "");
  const Node pod =
      volume_reader(done, *api::parse_json(R"({"spec": {"imagePullSecrets": [{"name": "pull"}],
                "containers": [{"image": "muster:1", "imagePullPolicy": "Always"}]}})"));
  const Node& container = pod["spec"]["containers"].items().front();
  EXPECT_EQ(container["image"].as_string(), "muster:1");
  EXPECT_EQ(container["imagePullPolicy"].as_string(), "Always");
  EXPECT_EQ(pod["spec"]["imagePullSecrets"].items().front()["name"].as_string(), "pull");
  const Node& volume = pod["spec"]["volumes"].items().front()["persistentVolumeClaim"];
  EXPECT_EQ(volume["claimName"].as_string(), "proofs");
  EXPECT_TRUE(volume["readOnly"].as_bool());
  // The Pod Security Standard "restricted", and the user of the pod that has written the files.
  const Node& security = pod["spec"]["securityContext"];
  EXPECT_TRUE(security["runAsNonRoot"].as_bool());
  EXPECT_EQ(security["runAsUser"].as_int(), 65532);
  EXPECT_EQ(security["fsGroup"].as_int(), 65532);
  EXPECT_EQ(security["seccompProfile"]["type"].as_string(), "RuntimeDefault");
  EXPECT_FALSE(container["securityContext"]["allowPrivilegeEscalation"].as_bool(true));
  EXPECT_THAT(container["securityContext"]["capabilities"]["drop"].as_strings(),
              testing::ElementsAre("ALL"));
}

TEST(ClusterEvidence, OnAVolumeIsHadByHandToo) {
  const std::string where = how_from_volume(drill(R"({"phase": "Finished", "evidence":
      {"kind": "PersistentVolumeClaim", "name": "proofs", "path": "shop/d-1"}})"));
  EXPECT_THAT(where,
              HasSubstr("PersistentVolumeClaim proofs in namespace shop, in folder shop/d-1"));
  EXPECT_THAT(where, HasSubstr("kubectl -n shop cp evidence:/evidence/shop/d-1 d\n"));
  EXPECT_THAT(where, HasSubstr("muster verify d/bundle.muster"));
}

TEST(ClusterEvidence, IsTakenOutOfASecretOrAConfigMap) {
  const Node secret = Node::map()
                          .set("apiVersion", "v1")
                          .set("kind", "Secret")
                          .set("metadata", Node::map().set("name", "x"))
                          .set("data", Node::map().set("b", "aGVsbG8=").set("odd", "*"));
  EXPECT_EQ(bundle_in(secret, "b").value(), "hello");
  EXPECT_EQ(bundle_in(secret, "c").error().message, "secret/x has no c");
  EXPECT_THAT(bundle_in(secret, "odd").error().message, HasSubstr("secret/x: data.odd: "));
  const Node map = Node::map().set("binaryData", Node::map().set("b", "aGVsbG8="));
  EXPECT_EQ(bundle_in(map, "b").value(), "hello");
}

}  // namespace
}  // namespace cli
