#include "operator/injection_admin_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/injection.h"
#include "operator/injection_profile.h"
#include "yaml_text.h"

namespace op {
namespace {

using api::Node;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const SidecarSettings kSettings{.image = "muster:1"};

Node pod(const std::string& annotation) {
  Node out = yaml(
      "{apiVersion: v1, kind: Pod, metadata: {labels: {sidecar.muster.dev/inject: enabled}}, spec: "
      "{containers: [{name: app, image: a, ports: [{name: http, containerPort: 8080}]}]}}");
  if (!annotation.empty()) {
    out.find("metadata")->set("annotations", Node::map().set(kAdminTlsAnnotation, annotation));
  }
  return out;
}

Node profile(const std::string& admin_tls) {
  return yaml("{kind: SidecarProfile, spec: {injection: {adminTls: " + admin_tls + "}}}");
}

/// The values of the steps of a patch that go there.
std::vector<Node> added(const Injection& injection, const std::string& path) {
  std::vector<Node> out;
  for (const Node& step : injection.patch->items()) {
    if (!step["path"].as_string().starts_with(path)) continue;
    const Node& value = step["value"];
    if (!value.is_sequence()) out.push_back(value);
    for (const Node& each : value.items()) out.push_back(each);
  }
  return out;
}

TEST(InjectionAdminTls, TheSecretIsMountedIntoTheSidecarWhichIsToldItsFiles) {
  const Injection done = inject(pod("shop-admin/ca.crt"), Node(), Node(), kSettings);
  ASSERT_EQ(done.result, Injected::Yes);
  const Node sidecar = added(done, "/spec/initContainers").front();
  const std::vector<std::string> args = sidecar["args"].as_strings();
  EXPECT_THAT(std::vector<std::string>(args.begin() + 5, args.end()),
              ElementsAre("--admin-tls-cert-file=/etc/muster/admin-tls/tls.crt",
                          "--admin-tls-key-file=/etc/muster/admin-tls/tls.key",
                          "--admin-client-ca-file=/etc/muster/admin-tls/client-ca.crt"));
  const Node& mount = sidecar["volumeMounts"].items().back();
  EXPECT_EQ(mount["mountPath"].as_string(), "/etc/muster/admin-tls");
  EXPECT_TRUE(mount["readOnly"].as_bool());
  const Node volume = added(done, "/spec/volumes").back();
  EXPECT_EQ(volume["name"], mount["name"]);
  EXPECT_EQ(volume["secret"]["secretName"].as_string(), "shop-admin");
  EXPECT_FALSE(volume["secret"].has("optional"));
  std::vector<std::string> items;
  for (const Node& item : volume["secret"]["items"].items()) {
    items.push_back(item["key"].as_string() + ">" + item["path"].as_string());
  }
  EXPECT_THAT(items, ElementsAre("tls.crt>tls.crt", "tls.key>tls.key", "ca.crt>client-ca.crt"));
}

TEST(InjectionAdminTls, ProbesAskTheWayThePortSpeaks) {
  for (const auto& [annotation, scheme] : {std::pair{"shop-admin", "HTTPS"}, std::pair{"", ""}}) {
    const Injection done = inject(pod(annotation), Node(), Node(), kSettings);
    const Node sidecar = added(done, "/spec/initContainers").front();
    for (const char* probe : {"startupProbe", "livenessProbe", "readinessProbe"}) {
      EXPECT_EQ(sidecar[probe]["httpGet"]["scheme"].as_string(), scheme) << probe;
    }
  }
}

TEST(InjectionAdminTls, InTheOpenAPodIsAsItWasBefore) {
  const Injection done = inject(pod(""), Node(), Node(), kSettings);
  EXPECT_EQ(added(done, "/spec/volumes").size(), 1U);
  EXPECT_EQ(added(done, "/spec/initContainers").front()["volumeMounts"].size(), 2U);
  EXPECT_THAT(admin_tls_args(std::nullopt), IsEmpty());
}

TEST(InjectionAdminTls, TheProfileSaysItWhereThePodDoesNot) {
  const Node of = profile("{secret: of-profile, clientCaKey: clients.pem}");
  const auto secret_of = [&](const std::string& annotation) {
    const Injection done = inject(pod(annotation), Node(), of, kSettings);
    return added(done, "/spec/volumes").back()["secret"];
  };
  EXPECT_EQ(secret_of("")["secretName"].as_string(), "of-profile");
  EXPECT_EQ(secret_of("")["items"].items().back()["key"].as_string(), "clients.pem");
  EXPECT_EQ(secret_of("of-pod")["secretName"].as_string(), "of-pod");
  EXPECT_EQ(secret_of("of-pod")["items"].size(), 2U) << "whole, and not half of each";
}

TEST(InjectionAdminTls, WhatNamesNoSecretIsRefusedWithWhatIsAllowed) {
  for (const char* said :
       {"Shop", "shop/", "/ca.crt", "shop/a/b", "shop/..data", "shop/.a", "a..b"}) {
    const Injection refused = inject(pod(said), Node(), Node(), kSettings);
    EXPECT_EQ(refused.result, Injected::BadAdminTls) << said;
    EXPECT_THAT(refused.why, AllOf(HasSubstr(kAdminTlsAnnotation), HasSubstr("allowed"))) << said;
  }
  const Injection by_profile = inject(pod(""), Node(), profile("{secret: Shop}"), kSettings);
  EXPECT_EQ(by_profile.result, Injected::BadProfile);
  EXPECT_THAT(by_profile.why, HasSubstr("adminTls: secret: 'Shop' is no name of a Secret"));
}

TEST(InjectionAdminTls, AVolumeOfItsNameIsInTheWayWhetherItIsAskedForOrNot) {
  Node taken = pod("");
  taken.find("spec")->set("volumes", yaml("[{name: muster-sidecar-admin-tls, emptyDir: {}}]"));
  EXPECT_EQ(inject(taken, Node(), Node(), kSettings).result, Injected::NameTaken);
}

TEST(InjectionAdminTls, NamesAreThoseThatAnApiServerTakes) {
  const std::string most(63, 'a');
  for (const std::string& secret : {std::string("a"), std::string("a.b-c.d0"), most + "." + most}) {
    EXPECT_TRUE(check_admin_tls({.secret = secret, .client_ca_key = {}})) << secret;
  }
  for (const std::string& secret : {std::string(), most + "a", std::string("a_b"),
                                    most + "." + most + "." + most + "." + most}) {
    EXPECT_FALSE(check_admin_tls({.secret = secret, .client_ca_key = {}})) << secret;
  }
  for (const std::string& key : {std::string("a"), std::string("_A-b.c"), std::string(253, 'k')}) {
    EXPECT_TRUE(check_admin_tls({.secret = "a", .client_ca_key = key})) << key;
  }
  for (const std::string& key : {std::string("."), std::string("a b"), std::string(254, 'k')}) {
    EXPECT_FALSE(check_admin_tls({.secret = "a", .client_ca_key = key})) << key;
  }
}

}  // namespace
}  // namespace op
