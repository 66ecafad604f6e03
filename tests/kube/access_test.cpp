#include "kube/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/node.h"
#include "kube/discovery.h"

namespace kube {
namespace {

using testing::HasSubstr;

const Resource kDeployments{"apps", "v1", "Deployment", "deployments", true};
const Resource kNodes{"", "v1", "Node", "nodes", false};

TEST(Access, IsNamedAsKubectlNamesIt) {
  EXPECT_EQ(to_string(Access{"patch", kNodes, "", {"", "n1"}}), "patch nodes n1");
  EXPECT_EQ(to_string(Access{"patch", kDeployments, "scale", {"shop", "web"}}),
            "patch deployments.apps/scale web in namespace shop");
  EXPECT_EQ(to_string(Access{"create", kPods, "eviction", {"shop", ""}}),
            "create pods/eviction in namespace shop");
}

TEST(Access, AsksWithWhatIsKnown) {
  const auto asked = api::parse_json(review_of({"patch", kDeployments, "scale", {"shop", "web"}}));
  ASSERT_TRUE(asked.has_value());
  const api::Node& what = (*asked)["spec"]["resourceAttributes"];
  EXPECT_EQ(what["verb"].as_string(), "patch");
  EXPECT_EQ(what["group"].as_string(), "apps");
  EXPECT_EQ(what["resource"].as_string(), "deployments");
  EXPECT_EQ(what["subresource"].as_string(), "scale");
  EXPECT_EQ(what["namespace"].as_string(), "shop");
  EXPECT_EQ(what["name"].as_string(), "web");
  const auto nodes = api::parse_json(review_of({"get", kNodes, "", {"shop", ""}}));
  EXPECT_FALSE((*nodes)["spec"]["resourceAttributes"].has("namespace"));
  EXPECT_FALSE((*nodes)["spec"]["resourceAttributes"].has("name"));
}

constexpr const char* kList = R"({"kind":"APIResourceList","groupVersion":"apps/v1","resources":[
    {"name":"deployments/scale","namespaced":true,"kind":"Scale"},
    {"name":"deployments/status","namespaced":true,"kind":"Deployment"},
    {"name":"deployments","namespaced":true,"kind":"Deployment"},
    {"name":"things","namespaced":false,"kind":"Thing"}]})";

TEST(Discovery, FindsTheResourceOfAKind) {
  const auto found = resource_in(kList, "apps/v1", "Deployment");
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->plural, "deployments");
  EXPECT_EQ(found->api_version(), "apps/v1");
  EXPECT_TRUE(found->namespaced);
  EXPECT_FALSE(resource_in(kList, "apps/v1", "Thing")->namespaced);
}

TEST(Discovery, AKindThatIsNotThereNamesThoseThatAre) {
  const auto found = resource_in(kList, "apps/v1", "Deploymnet");
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, base::Code::NotFound);
  EXPECT_THAT(found.error().message, HasSubstr("no kind 'Deploymnet'; it has Deployment, Thing"));
  EXPECT_FALSE(resource_in(kList, "apps/v1", "Scale").has_value()) << "a subresource is no kind";
  EXPECT_FALSE(resource_in("{}", "apps/v1", "Deployment").has_value());
  EXPECT_FALSE(resource_in("<html>", "apps/v1", "Deployment").has_value());
}

TEST(Discovery, PathsAreOfTheGroupAndOfNothingElse) {
  EXPECT_EQ(*discovery_path("v1"), "/api/v1");
  EXPECT_EQ(*discovery_path("networking.k8s.io/v1"), "/apis/networking.k8s.io/v1");
  for (const char* wrong : {"", "/", "a/", "/v1", "a/b/c", "a b", "v1?x=y", "A/v1"}) {
    EXPECT_FALSE(discovery_path(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace kube
