#include "cli/cluster_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cluster_link.h"
#include "kube/resource.h"

namespace cli {
namespace {

using api::Node;
using testing::HasSubstr;
using testing::Not;

Node parsed(const std::string& json) {
  auto out = api::parse_json(json);
  EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message);
  return out ? *out : Node();
}

const char* const kMet = R"({"apiVersion": "muster.dev/v1alpha1", "kind": "Drill",
  "metadata": {"name": "nightly-1", "namespace": "shop", "managedFields": [{"manager": "x"}],
               "creationTimestamp": "2026-11-21T04:00:00Z"},
  "spec": {"planRef": {"name": "nightly"}},
  "status": {"phase": "Finished", "verdict": "Met", "reason": "all\u001b[31m of it\nwas met",
    "rto": {"display": "12.4 – 12.6 s", "objectiveSeconds": 300}, "rpo": {"display": "0.4 s"},
    "conditions": [{"type": "Succeeded", "status": "False", "reason": "Missed", "message": "too slow"}],
    "violations": ["High: RTO"], "problems": ["the disk is full"],
    "evidence": {"kind": "Secret", "name": "nightly-1-evidence", "path": "bundle.muster"}}})";
const char* const kNew = R"({"apiVersion": "muster.dev/v1alpha1", "kind": "Drill",
  "metadata": {"name": "n", "namespace": "other", "creationTimestamp": "2026-11-21T04:41:42Z"},
  "spec": {"planRef": {"name": "nightly"}}})";

ObjectTable how(bool wide, bool namespaces) {
  return {wide, namespaces, *kube::parse_time("2026-11-21T04:42:24Z")};
}

TEST(ClusterTable, ShowsWhatKubectlGetShows) {
  EXPECT_EQ(object_table("Drill", {parsed(kMet), parsed(kNew)}, how(false, false)),
            "NAME        PLAN      PHASE      RTO             OBJECTIVE   RPO     VERDICT   AGE\n"
            "nightly-1   nightly   Finished   12.4 – 12.6 s   300         0.4 s   Met       42m\n"
            "n           nightly                                                            42s\n");
}

TEST(ClusterTable, WideAndAllNamespacesAddColumnsAndNoTextSteersATerminal) {
  const std::string text = object_table("Drill", {parsed(kMet)}, how(true, true));
  EXPECT_THAT(text, testing::StartsWith("NAMESPACE   NAME"));
  EXPECT_THAT(text, HasSubstr("REASON"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(object_table("Drill", {}, how(true, true)), "");
}

TEST(ClusterTable, TitlesCanBeLeftOut) {
  ObjectTable bare = how(false, false);
  bare.titles = false;
  EXPECT_EQ(object_table("Drill", {parsed(kNew)}, bare),
            "n     nightly" + std::string(33, ' ') + "42s\n");
}

TEST(ClusterTable, PlansShowTheirCompliance) {
  const Node plan = parsed(R"({"metadata": {"name": "nightly"},
    "spec": {"objectives": {"rtoSeconds": 300, "rpoSeconds": 60}},
    "status": {"lastDrill": "nightly-1", "lastVerdict": "Met", "stale": false,
               "lastTestedTime": "2026-11-20T04:42:24Z", "rtoComplianceRatio": "0.95"}})");
  const std::string text = object_table("RecoveryPlan", {plan}, how(true, false));
  EXPECT_THAT(text, HasSubstr("LAST DRILL"));
  EXPECT_THAT(text, testing::ContainsRegex("nightly +300 +60 +nightly-1 +Met +24h +false"));
  EXPECT_THAT(text, HasSubstr("0.95"));
}

TEST(ClusterTable, OneObjectIsItselfSeveralAreAList) {
  const Node met = parsed(kMet);
  const Node one = parsed(objects_as(ObjectForm::Json, {met}, true));
  EXPECT_EQ(one["kind"].as_string(), "Drill");
  EXPECT_FALSE(one["metadata"].has("managedFields"));
  const Node list = parsed(objects_as(ObjectForm::Json, {met, met}, false));
  EXPECT_EQ(list["kind"].as_string(), "List");
  EXPECT_EQ(list["items"].size(), 2U);
  EXPECT_FALSE(list["items"].items()[1]["metadata"].has("managedFields"));
  EXPECT_EQ(parsed(objects_as(ObjectForm::Json, {}, false))["items"].size(), 0U);
  EXPECT_THAT(objects_as(ObjectForm::Yaml, {met}, true), HasSubstr("name: \"nightly-1\""));
  EXPECT_EQ(objects_as(ObjectForm::Name, {met, parsed(kNew)}, false),
            "drill.muster.dev/nightly-1\ndrill.muster.dev/n\n");
}

TEST(ClusterTable, NamesAreThoseOfKubectl) {
  EXPECT_EQ(name_of(parsed(R"({"apiVersion": "v1", "kind": "ServiceAccount",
                              "metadata": {"name": "x"}})")),
            "serviceaccount/x");
  EXPECT_EQ(name_of(parsed(R"({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                              "metadata": {"name": "x"}})")),
            "role.rbac.authorization.k8s.io/x");
}

TEST(ClusterTable, AgesAreShort) {
  EXPECT_EQ(age_text(base::seconds(-5)), "0s");
  EXPECT_EQ(age_text(base::seconds(119)), "119s");
  EXPECT_EQ(age_text(base::seconds(120)), "2m");
  EXPECT_EQ(age_text(base::seconds(7200)), "2h");
  EXPECT_EQ(age_text(base::seconds(48 * 3600)), "2d");
}

TEST(ClusterTable, DetailsSayWhatIsNotWellAndWhereTheEvidenceIs) {
  const std::string text = drill_details(parsed(kMet));
  EXPECT_THAT(text, HasSubstr("Succeeded       False (Missed): too slow\n"));
  EXPECT_THAT(text, HasSubstr("violation       High: RTO\n"));
  EXPECT_THAT(text, HasSubstr("problem         the disk is full\n"));
  EXPECT_THAT(text, HasSubstr("Secret/nightly-1-evidence bundle.muster\n"));
}

}  // namespace
}  // namespace cli
