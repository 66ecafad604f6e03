#include "cluster/named_object.h"

#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/kinds.h"

namespace cluster {
namespace {

using testing::HasSubstr;

base::Result<> checked(const std::string& kind, const std::string& params) {
  static const targets::Catalog catalog = cluster_catalog();
  return catalog.driver(kind, api::Use::Fault)->check(*api::parse_json(params));
}

TEST(NamedObject, KindsThatAreNoPartOfASystemAreRefusedByName) {
  for (const auto& [version, kind] : {std::pair("v1", "Secret"), std::pair("v1", "ServiceAccount"),
                                      std::pair("rbac.authorization.k8s.io/v1", "Role"),
                                      std::pair("rbac.authorization.k8s.io/v1", "RoleBinding"),
                                      std::pair("muster.dev/v1alpha1", "Drill")}) {
    const auto done = check_kind({version, kind, "x"}, "patch.kind");
    ASSERT_FALSE(done.has_value()) << kind;
    EXPECT_EQ(done.error().code, base::Code::InvalidArgument);
    EXPECT_THAT(done.error().message, HasSubstr(std::string("patch.kind: kind '") + kind + "'"));
  }
  EXPECT_TRUE(check_kind({"v1", "ConfigMap", "x"}, "f").has_value());
  EXPECT_TRUE(check_kind({"apps/v1", "Deployment", "x"}, "f").has_value());
  EXPECT_TRUE(check_kind({"example.com/v1", "Secret", "x"}, "f").has_value()) << "of another group";
}

TEST(NamedObject, AVersionThatIsNoneIsRefused) {
  for (const char* version : {"", "apps/", "/v1", "a/b/c", "v1?x", "../v1/"}) {
    const auto done = check_kind({version, "ConfigMap", "x"}, "patch.kind");
    ASSERT_FALSE(done.has_value()) << version;
    EXPECT_THAT(done.error().message, HasSubstr("GROUP/VERSION"));
  }
}

TEST(ClusterKinds, WhatATableCannotSayIsCheckedWhenAPlanIsRead) {
  EXPECT_TRUE(checked("patch", R"({"apiVersion":"v1","kind":"ConfigMap","name":"a",
      "merge":{"data":{"a":"b"}}})"));
  for (const auto& [kind, params, said] :
       {std::tuple("patch", R"({"apiVersion":"v1","kind":"Secret","name":"a","merge":{"a":1}})",
                   "patch.kind: kind 'Secret'"),
        std::tuple("patch", R"({"apiVersion":"v1","kind":"ConfigMap","name":"a","merge":{}})",
                   "patch.merge: {} is not allowed"),
        std::tuple("patch", R"({"apiVersion":"v1","kind":"ConfigMap","name":"a","merge":[1]})",
                   "patch.merge: [1] is not allowed"),
        std::tuple("manifest", R"({"object":{"apiVersion":"v1","kind":"ConfigMap"}})",
                   "manifest.object.metadata.name: '' is not allowed"),
        std::tuple("manifest", R"({"object":{"apiVersion":"v1","metadata":{"name":"a"}}})",
                   "manifest.object.kind: '' is not allowed"),
        std::tuple("manifest",
                   R"({"object":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}})",
                   "manifest.object.kind: kind 'Secret'"),
        std::tuple("denyNetwork", R"({"workload":"web","direction":"Both"})",
                   "denyNetwork.port: is missing")}) {
    const auto done = checked(kind, params);
    ASSERT_FALSE(done.has_value()) << params;
    EXPECT_THAT(done.error().message, HasSubstr(said));
  }
}

TEST(ClusterKinds, WhatCannotBeSeenFromTheDrillNeedsAProofOfThePlans) {
  const targets::Catalog catalog = cluster_catalog();
  const auto needs = [&](const char* kind, const char* params) {
    return catalog.driver(kind, api::Use::Fault)->needs_proof(*api::parse_json(params));
  };
  EXPECT_TRUE(needs("exec", R"({"argv":["true"]})"));
  EXPECT_TRUE(needs("denyNetwork", R"({"direction":"Egress"})"));
  EXPECT_FALSE(needs("denyNetwork", R"({"direction":"Both","port":80})"));
  EXPECT_FALSE(needs("drain", "{}"));
}

}  // namespace
}  // namespace cluster
