#include "cli/drill_namespace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cluster_link.h"

namespace cli {
namespace {

using api::Node;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(DrillNamespace, IsTheManifestOfTheExamplesInAnotherNamespace) {
  const std::vector<Node> objects = drill_namespace("checkout", {"dr", "recovery"});
  std::vector<std::string> names;
  for (const Node& object : objects) {
    names.push_back(name_of(object));
    EXPECT_EQ(object["metadata"]["namespace"].as_string(), "checkout");
    EXPECT_EQ(resource_of(object).kind, object["kind"].as_string());
  }
  EXPECT_THAT(names, ElementsAre("role.rbac.authorization.k8s.io/muster-operator",
                                 "rolebinding.rbac.authorization.k8s.io/muster-operator",
                                 "serviceaccount/muster-runner",
                                 "role.rbac.authorization.k8s.io/muster-runner",
                                 "rolebinding.rbac.authorization.k8s.io/muster-runner"));
  const Node& of_operator = objects[1]["subjects"].items()[0];
  EXPECT_EQ(of_operator["namespace"].as_string(), "dr");
  EXPECT_EQ(of_operator["name"].as_string(), "recovery");
  const Node& of_runner = objects[4]["subjects"].items()[0];
  EXPECT_EQ(of_runner["namespace"].as_string(), "checkout");
  EXPECT_EQ(of_runner["name"].as_string(), "muster-runner");
}

TEST(DrillNamespace, AnAccountIsANamespaceAndAName) {
  const auto good = parse_account("dr/recovery");
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->ns, "dr");
  EXPECT_EQ(good->name, "recovery");
  for (const char* bad : {"", "dr", "dr/", "/x", "Dr/x", "a/b/c"}) {
    const auto account = parse_account(bad);
    ASSERT_FALSE(account.has_value()) << bad;
    EXPECT_THAT(account.error().message, HasSubstr("NAMESPACE/ACCOUNT is needed"));
  }
}

TEST(DrillNamespace, ItsLabelIsGivenAndTakenBackAsOneManager) {
  EXPECT_EQ(labelled_namespace("shop", true)["metadata"]["labels"]["muster.dev/drills"].as_string(),
            "enabled");
  EXPECT_FALSE(labelled_namespace("shop", false)["metadata"].has("labels"));
}

TEST(DrillNamespace, WhatHelmMadeIsKnownByItsRelease) {
  const Node made = Node::map().set(
      "metadata",
      Node::map()
          .set("labels", Node::map().set("app.kubernetes.io/managed-by", "Helm"))
          .set("annotations", Node::map()
                                  .set("meta.helm.sh/release-name", "muster")
                                  .set("meta.helm.sh/release-namespace", "muster-system")));
  EXPECT_EQ(release_of(made), "muster-system/muster");
  EXPECT_EQ(release_of(Node::map()), "");
}

TEST(DrillNamespace, RightsStayWhileADrillMayNeedThem) {
  const auto drill = [](const char* name, const char* phase, bool finalizer) {
    cluster::DrillObject out;
    out.key = {"shop", name};
    out.status = Node::map().set("phase", phase);
    out.has_finalizer = finalizer;
    return out;
  };
  EXPECT_EQ(still_needed_by({drill("a", "", false), drill("b", "Pending", false),
                             drill("c", "Finished", false)}),
            "");
  EXPECT_EQ(still_needed_by({drill("a", "Baseline", false), drill("b", "NotWhole", true),
                             drill("c", "Finished", true)}),
            "a (Baseline), b (NotWhole, something is to be undone), "
            "c (Finished, something is to be undone)");
}

}  // namespace
}  // namespace cli
