#include "cluster/sidecars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Node json(const std::string& text) {
  auto parsed = api::parse_json(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Node());
}

/// As the operator leaves it.
Node injected() {
  return json(R"({"metadata":{"name":"web-0","uid":"u"},"status":{"podIP":"10.0.0.7"},"spec":{
      "initContainers":[{"name":"first"},{"name":"muster-sidecar","restartPolicy":"Always",
        "ports":[{"name":"http","containerPort":15001},
                 {"name":"muster-admin","containerPort":15020}]}],
      "containers":[{"name":"shop","ports":[{"name":"http-app","containerPort":8080}]}]}})");
}

std::string why(const Node& pod) {
  const auto found = sidecar_of(pod, Node());
  EXPECT_FALSE(found);
  return found ? "" : found.error().message;
}

TEST(Sidecars, AnInjectedOneIsFoundByItsAdminPortAndTheSecretOfItsProfile) {
  const auto found = sidecar_of(injected(), Node());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found,
            (PodSidecar{"web-0", "u", "10.0.0.7", 15020, "muster-sidecar-default", "admin-token"}));
  Node other = injected();
  other.find("metadata")->set("annotations", Node::map().set("sidecar.muster.dev/profile", "web"));
  EXPECT_EQ(sidecar_of(other, Node())->secret, "muster-sidecar-web");
}

TEST(Sidecars, OneThatWasWrittenByHandIsFoundByTheNameOfItsPort) {
  Node pod = injected();
  pod.find("spec")->erase("initContainers");
  pod.find("spec")
      ->find("containers")
      ->push(json(R"({"name":"proxy","ports":[{"name":"muster-admin","containerPort":9001}]})"));
  const auto found = sidecar_of(pod, json(R"({"name":"mine","key":"token"})"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->port, 9001);
  EXPECT_EQ(found->secret, "mine");
  EXPECT_EQ(found->key, "token");
}

/// As the operator leaves one that speaks TLS.
Node secured() {
  Node pod = injected();
  pod.find("metadata")->set("namespace", "shop");
  pod.find("spec")->set("volumes", json(R"([{"name":"muster-sidecar-admin-tls",
      "secret":{"secretName":"shop-admin"}}])"));
  pod.find("spec")
      ->find("initContainers")
      ->items()
      .back()
      .set("livenessProbe", json(R"({"httpGet":{"path":"/livez","port":15020,"scheme":"HTTPS"}})"));
  return pod;
}

TEST(Sidecars, OneThatSpeaksTlsIsBelievedByTheSecretOfItsCertificate) {
  EXPECT_FALSE(sidecar_of(injected(), Node())->tls);
  const auto found = sidecar_of(secured(), Node());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tls, (PodSidecarTls{"shop-admin", "muster-sidecar.shop.svc", false}));
}

TEST(Sidecars, ThePlanSaysWhoVouchesForOneAndWhoTheDrillIs) {
  const auto found =
      sidecar_of(secured(), Node(), json(R"({"secret":"drill","serverName":"admin.example"})"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tls, (PodSidecarTls{"drill", "admin.example", true}));
  const auto named = sidecar_of(secured(), Node(), json(R"({"serverName":"admin.example"})"));
  EXPECT_EQ(named->tls, (PodSidecarTls{"shop-admin", "admin.example", false}));
}

TEST(Sidecars, OneThatWasWrittenByHandSpeaksTlsByItsFlag) {
  Node pod = injected();
  pod.find("spec")
      ->find("initContainers")
      ->items()
      .back()
      .set("args", json(R"(["--admin-tls-cert-file","/a"])"));
  EXPECT_THAT(why(pod), AllOf(HasSubstr("pod web-0 speaks TLS"), HasSubstr("sidecar.tls.secret")));
  EXPECT_EQ(sidecar_of(pod, Node(), json(R"({"secret":"drill"})"))->tls->secret, "drill");
}

TEST(Sidecars, ASecretThatCannotBeUsedIsNamedWithWhatItLacks) {
  const PodSidecarTls tls{"drill", "admin.example", true};
  const auto none = tls_of_secret(json(R"({"data":{}})"), tls);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, base::Code::FailedPrecondition);
  EXPECT_THAT(none.error().message, AllOf(HasSubstr("Secret drill"), HasSubstr("ca.crt")));
  EXPECT_FALSE(tls_of_secret(json(R"({"data":{"ca.crt":"bm9uc2Vuc2U="}})"), tls));
}

TEST(Sidecars, APodWithoutOneIsToldHowToGetOne) {
  Node pod = injected();
  pod.find("spec")->erase("initContainers");
  EXPECT_THAT(why(pod),
              AllOf(HasSubstr("pod web-0 has no sidecar"), HasSubstr("muster-admin"),
                    HasSubstr("sidecar.muster.dev/inject=enabled"),
                    HasSubstr("muster.dev/sidecars=enabled"), Not(HasSubstr("annotation"))));
  pod.find("metadata")
      ->set("annotations", Node::map().set("sidecar.muster.dev/status", "Refused: NoPort: none"));
  EXPECT_THAT(why(pod), HasSubstr("its annotation says 'Refused: NoPort: none'"));
}

TEST(Sidecars, APodWithoutAnAddressCannotBeAsked) {
  Node pod = injected();
  pod.set("status", Node::map());
  EXPECT_THAT(why(pod), HasSubstr("pod web-0 has no address yet"));
}

TEST(Sidecars, AJournalGivesBackWhatItWasGiven) {
  const std::vector<PodSidecar> both = {
      {"web-0", "u", "10.0.0.7", 15020, "s", "k"},
      {"web-1", "v", "fd00::1", 9001, "t", "l", PodSidecarTls{"c", "admin.example", true}}};
  const Node kept = json(api::to_json(node_of(both)));
  EXPECT_EQ(sidecars_in(kept), both);
  EXPECT_EQ(names_of(both), "web-0, web-1");
}

}  // namespace
}  // namespace cluster
