// What each kind needs, against the rights of the account of drills' pods as
// docs/examples/drill-namespace.yaml gives them: a right that is missing is known in the preflight.
#include <fstream>
#include <sstream>
#include <tuple>

#include <gmock/gmock.h>

#include "api/yaml.h"
#include "kind_test.h"
#include "kube/access.h"

namespace cluster {
namespace {

using testing::HasSubstr;

const kube::Resource kRoles{"rbac.authorization.k8s.io", "v1", "Role", "roles", true};
const kube::Resource kRoleBindings{"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings",
                                   true};
const kube::Resource kAccounts{"", "v1", "ServiceAccount", "serviceaccounts", true};

class RightsTest : public KindTest {
 protected:
  void SetUp() override {
    KindTest::SetUp();
    deploy("web", 1);
    deploy_accompanied("escorted", 1, 15020);
    serve("web", R"({"app":"web","tier":"front"})");
    make_config_map("settings", R"({"a":"1"})");
    give_rights();
    become_the_runner();
    open();
  }
  /// The documents for the runner's account, moved to the test's namespace.
  void give_rights() {
    std::ifstream stream(MUSTER_SOURCE_DIR "/docs/examples/drill-namespace.yaml");
    std::ostringstream text;
    text << stream.rdbuf();
    const auto documents = api::parse_yaml(text.str(), "drill-namespace.yaml");
    ASSERT_TRUE(documents.has_value());
    for (Node document : *documents) {
      if (document["metadata"]["name"].as_string() != "muster-runner") continue;
      const std::string& kind = document["kind"].as_string();
      document.set("metadata", Node::map().set("name", "muster-runner"));
      if (kind == "RoleBinding") document.find("subjects")->items()[0].set("namespace", space);
      make(kind == "Role"          ? kRoles
           : kind == "RoleBinding" ? kRoleBindings
                                   : kAccounts,
           api::to_json(document));
    }
  }
  void become_the_runner() {
    const auto token = run(client->send(
        "POST", kube::path_of(kAccounts, {space, "muster-runner"}, "token"), "application/json",
        R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})", {}));
    ASSERT_TRUE(ok(token));
    kube::Config account = config();
    account.user = {};
    account.user.token = object(token)["status"]["token"].as_string();
    runner = connect(account);
    ASSERT_NE(runner, nullptr);
    // The authorizer learns of new roles by a watch.
    const kube::Access last{"create", kPods, "eviction", {space, ""}};
    ASSERT_TRUE(until(
        [&] { return aio::run(context, kube::check_access(*runner, last, {})).has_value(); }));
  }
};

TEST_F(RightsTest, TheAccountOfDrillsMayDoWhatEachKindNeeds) {
  for (const auto& [kind, params] :
       {std::pair("deletePods", R"({"workload":"web","count":1})"),
        std::pair("scale", R"({"workload":"web","replicas":0,"force":true})"),
        std::pair("select", R"({"service":"web","labels":{"app":"other"}})"),
        std::pair("exec", R"({"workload":"web","argv":["true"]})"),
        std::pair("evict", R"({"workload":"web","count":1})"),
        std::pair("detach", R"({"workload":"web","count":1})"),
        std::pair("denyNetwork", R"({"workload":"web","direction":"Ingress","port":80})"),
        std::pair("sidecar", R"({"workload":"escorted","count":1,"action":"Reset"})"),
        std::pair("patch", R"({"apiVersion":"v1","kind":"Service","name":"web",
            "merge":{"spec":{"sessionAffinity":"ClientIP"}}})"),
        std::pair("manifest", R"({"object":{"apiVersion":"networking.k8s.io/v1",
            "kind":"NetworkPolicy","metadata":{"name":"x"},"spec":{"podSelector":{}}}})")}) {
    EXPECT_TRUE(done(preflight(kind, params))) << kind;
  }
}

TEST_F(RightsTest, WhatIsMissingIsNamedWithVerbAndResource) {
  const std::string in_space = " in namespace " + space;
  for (const auto& [kind, params, missing] :
       {std::tuple("cordon", R"({"workload":"web"})", "not allowed to get nodes " + nodes[0]),
        std::tuple("drain", R"({"workload":"web"})", "not allowed to get nodes " + nodes[0]),
        std::tuple("patch", R"({"apiVersion":"apps/v1","kind":"Deployment","name":"web",
            "merge":{"spec":{"paused":true}}})",
                   "not allowed to patch deployments.apps web" + in_space),
        std::tuple("patch", R"({"apiVersion":"v1","kind":"ConfigMap","name":"settings",
            "merge":{"data":{"a":"2"}}})",
                   "not allowed to patch configmaps settings" + in_space),
        std::tuple("manifest", R"({"object":{"apiVersion":"v1","kind":"ConfigMap",
            "metadata":{"name":"x"}}})",
                   "not allowed to create configmaps" + in_space)}) {
    const auto may = preflight(kind, params);
    EXPECT_THAT(why(may), HasSubstr(missing)) << kind;
    ASSERT_FALSE(may.has_value());
    EXPECT_EQ(may.error().code, Code::PermissionDenied);
  }
}

}  // namespace
}  // namespace cluster
