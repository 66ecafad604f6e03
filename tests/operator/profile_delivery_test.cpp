#include "operator/profile_delivery.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/sidecar_profile.h"
#include "api/yaml.h"
#include "cluster/status.h"
#include "operator/profile_rules.h"

namespace op {
namespace {

using api::Node;
using Do = ProfileDecision::Do;
using How = SeenConfigMap::How;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr base::WallTime kNow{base::seconds(1'800'000'000)};

/// `spec`: in YAML, in a line.
Node profile(const std::string& spec = "{headSeconds: 3}", const std::string& uid = "uid-1") {
  Node out = api::parse_yaml("kind: SidecarProfile\nspec: " + spec, "test")->front();
  out.set(
      "metadata",
      Node::map().set("name", "web").set("namespace", "shop").set("uid", uid).set("generation", 2));
  return out;
}

/// The ConfigMap that is made of a profile, as the server has it then.
SeenConfigMap made_of(const Node& of) {
  Node object = decide_profile(of, {}).body;
  object.find("metadata")->set("uid", "uid-cm").set("resourceVersion", "7");
  return {How::There, object, ""};
}

Node changed(Node of, const ProfileDecision& by) {
  const Node status = profile_status(of, by, kNow);
  if (!of.has("status")) of.set("status", Node::map());
  for (const api::Entry& entry : status.entries()) of.find("status")->set(entry.key, entry.value);
  return of;
}

TEST(ProfileDelivery, MakesTheConfigMapThatGoesWithItsProfile) {
  const ProfileDecision decision = decide_profile(profile(), {});
  EXPECT_EQ(decision.what, Do::Create);
  EXPECT_EQ(decision.config_map, "muster-sidecar-web");
  const Node& meta = decision.body["metadata"];
  EXPECT_EQ(meta["name"].as_string(), "muster-sidecar-web");
  EXPECT_EQ(meta["namespace"].as_string(), "shop");
  ASSERT_EQ(meta["ownerReferences"].size(), 1U);
  const Node& owner = meta["ownerReferences"].items().front();
  EXPECT_EQ(owner["uid"].as_string(), "uid-1");
  EXPECT_TRUE(owner["controller"].as_bool());
  EXPECT_TRUE(decision.valid.holds);
  EXPECT_TRUE(decision.delivered.holds);
}

TEST(ProfileDelivery, DeliversWhatIsForTheSidecarAndAlwaysSaysWhetherLimitsAreInForce) {
  const auto read = [](const std::string& spec) {
    return api::parse_yaml(delivered_text(profile(spec)), "delivered")->front();
  };
  const Node dry = read("{headSeconds: 3, injection: {port: http}}");
  EXPECT_EQ(dry, Node::map().set("headSeconds", 3).set("limits", "dry-run"));
  EXPECT_EQ(read("{trustedProxies: [10.0.0.0/8]}")["limits"].as_string(), "on");
  EXPECT_EQ(read("{trustedProxies: []}")["limits"].as_string(), "dry-run");
  // What the profile says itself wins.
  EXPECT_EQ(read("{limits: \"on\"}")["limits"].as_string(), "on");
  EXPECT_EQ(read("{limits: \"off\", trustedProxies: [10.0.0.0/8]}")["limits"].as_string(), "off");
  EXPECT_EQ(read("{}")["limits"].as_string(), "dry-run");
}

TEST(ProfileDelivery, AQuietClusterGetsNoWrites) {
  const Node fresh = profile();
  const ProfileDecision again = decide_profile(fresh, made_of(fresh));
  EXPECT_EQ(again.what, Do::Nothing);
  EXPECT_TRUE(again.delivered.holds);
  const Node told = changed(fresh, again);
  EXPECT_EQ(told["status"]["configMap"].as_string(), "muster-sidecar-web");
  const Node later =
      profile_status(told, decide_profile(told, made_of(told)), kNow + base::seconds(1000));
  EXPECT_TRUE(cluster::says(told["status"], later));
  EXPECT_THAT(events_of(told, again), IsEmpty());
}

TEST(ProfileDelivery, AnEditIsDeliveredForJustTheVersionThatWasSeen) {
  const Node edited = profile("{headSeconds: 4}");
  const ProfileDecision decision = decide_profile(edited, made_of(profile()));
  EXPECT_EQ(decision.what, Do::Correct);
  EXPECT_EQ(decision.body["metadata"]["resourceVersion"].as_string(), "7");
  EXPECT_EQ(decision.body["metadata"]["uid"].as_string(), "uid-cm");
  EXPECT_EQ(decision.body["data"][api::kSidecarProfileKey].as_string(), delivered_text(edited));
}

TEST(ProfileDelivery, WhatSomebodyDidToItIsPutRight) {
  SeenConfigMap seen = made_of(profile());
  seen.object.find("data")->set(api::kSidecarProfileKey, "limits: \"on\"\n");
  EXPECT_EQ(decide_profile(profile(), seen).what, Do::Correct);
  seen.object.erase("data");
  EXPECT_EQ(decide_profile(profile(), seen).what, Do::Correct);
}

TEST(ProfileDelivery, TheConfigMapOfAProfileThatHadTheNameBeforeIsTakenOver) {
  const Node now = profile("{headSeconds: 3}", "uid-2");
  const ProfileDecision decision = decide_profile(now, made_of(profile()));
  ASSERT_EQ(decision.what, Do::Correct);
  const Node& owners = decision.body["metadata"]["ownerReferences"];
  EXPECT_EQ(owners.items().front()["uid"].as_string(), "uid-2");
}

TEST(ProfileDelivery, AnothersConfigMapIsLeftAloneAndSaid) {
  SeenConfigMap seen = made_of(profile());
  seen.object.find("metadata")->erase("ownerReferences");
  const ProfileDecision decision = decide_profile(profile(), seen);
  EXPECT_EQ(decision.what, Do::Nothing);
  EXPECT_TRUE(decision.valid.holds);
  EXPECT_FALSE(decision.delivered.holds);
  EXPECT_EQ(decision.delivered.reason, "NameTaken");
  // An owner of the same name and another kind is another, too.
  Node owner = made_of(profile()).object["metadata"]["ownerReferences"].items().front();
  seen.object.find("metadata")
      ->set("ownerReferences", Node::sequence({owner.set("kind", "Deployment")}));
  EXPECT_EQ(decide_profile(profile(), seen).delivered.reason, "NameTaken");
}

TEST(ProfileDelivery, WhatCannotBeUsedChangesNothing) {
  const Node bad = profile("{trustedProxies: [10.0.0.0/64]}");
  const ProfileDecision decision = decide_profile(bad, made_of(profile()));
  EXPECT_EQ(decision.what, Do::Nothing);
  EXPECT_FALSE(decision.valid.holds);
  EXPECT_EQ(decision.valid.reason, "Invalid");
  EXPECT_THAT(decision.valid.message, HasSubstr("spec.trustedProxies"));
  EXPECT_THAT(decision.valid.message, HasSubstr("10.0.0.0/64"));
  EXPECT_EQ(decision.delivered.message, "pods that run go on with what was delivered before");
  EXPECT_EQ(decide_profile(bad, {}).delivered.message, "nothing is delivered");
  // What was delivered once stays named.
  Node told = changed(profile(), decide_profile(profile(), made_of(profile())));
  EXPECT_FALSE(profile_status(told, decision, kNow).has("configMap"));
}

TEST(ProfileDelivery, WithoutTheRightItSaysWhoGivesIt) {
  const ProfileDecision blind =
      decide_profile(profile(), {How::NotAllowed, {}, "configmaps is forbidden"});
  EXPECT_EQ(blind.what, Do::Nothing);
  EXPECT_EQ(blind.delivered.reason, "NotAllowed");
  EXPECT_THAT(blind.delivered.message, HasSubstr("configmaps is forbidden"));
  EXPECT_THAT(blind.delivered.message, HasSubstr("the chart's value sidecarNamespaces"));
  // That would let it do far more than this needs.
  EXPECT_THAT(blind.delivered.message, Not(HasSubstr("muster enable")));
  const ProfileDecision refused =
      not_delivered(decide_profile(profile(), {}), false, "is immutable");
  EXPECT_EQ(refused.what, Do::Nothing);
  EXPECT_EQ(refused.delivered.reason, "Refused");
  EXPECT_EQ(
      profile_status(profile(), refused, kNow)["conditions"].items().back()["status"].as_string(),
      "False");
}

TEST(ProfileDelivery, AnInjectionThatNobodyReadsIsToldOnceAndForAsLongAsItHolds) {
  const Node with = profile("{injection: {port: http}}");
  const ProfileDecision unread = decide_profile(with, made_of(with), false);
  EXPECT_TRUE(unread.valid.holds);
  EXPECT_TRUE(unread.delivered.holds);
  const auto told = events_of(with, unread);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].type, "Warning");
  EXPECT_EQ(told[0].reason, "InjectionNotRead");
  const Node after = changed(with, unread);
  const Node* said = cluster::condition_of(after["status"]["conditions"], "InjectionRead");
  ASSERT_NE(said, nullptr);
  EXPECT_EQ((*said)["status"].as_string(), "False");
  EXPECT_THAT((*said)["message"].as_string(), HasSubstr("sidecar.injection.by=webhook"));
  EXPECT_THAT(events_of(after, unread), IsEmpty());
  // A webhook reads it; and where there is none, nothing is unread.
  const auto conditions = [&](const Node& of, bool webhook) {
    return profile_status(of, decide_profile(of, made_of(of), webhook), kNow)["conditions"];
  };
  EXPECT_EQ(cluster::condition_of(conditions(after, true), "InjectionRead"), nullptr);
  EXPECT_EQ(conditions(after, true).size(), 2U);
  for (const char* spec : {"{headSeconds: 3}", "{injection: {}}"}) {
    EXPECT_EQ(conditions(profile(spec), false).size(), 2U) << spec;
  }
}

TEST(ProfileDelivery, EventsTellEachThingOnce) {
  const ProfileDecision made = decide_profile(profile(), {});
  EXPECT_THAT(events_of(profile(), made),
              ElementsAre(Told{"Normal", "Delivered", "ConfigMap muster-sidecar-web was made"}));
  const ProfileDecision bad = decide_profile(profile("{deny: [x]}"), {});
  const auto told = events_of(profile(), bad);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].type, "Warning");
  EXPECT_EQ(told[0].reason, "Invalid");
  EXPECT_THAT(events_of(changed(profile(), bad), bad), IsEmpty());
  const ProfileDecision denied = not_delivered(made, true, "forbidden");
  EXPECT_EQ(events_of(profile(), denied).size(), 1U);
  EXPECT_THAT(events_of(changed(profile(), denied), denied), IsEmpty());
}

struct Wrong {
  const char* spec;
  const char* field;
  const char* word;
};

void expect_told(const Wrong& wrong) {
  const api::Problems found = problems_of_profile(profile(wrong.spec));
  ASSERT_FALSE(found.empty()) << wrong.spec;
  EXPECT_THAT(found.front().field, HasSubstr(wrong.field)) << wrong.spec;
  EXPECT_THAT(found.front().message, HasSubstr(wrong.word)) << wrong.spec;
}

TEST(ProfileRules, WhatTheSidecarRefusesIsToldByItsField) {
  for (const Wrong& wrong : {
           Wrong{"{userHeader: a b}", "spec.userHeader", "'a b'"},
           Wrong{"{userCookie: a b}", "spec.userCookie", "'a b'"},
           Wrong{"{userHigh: [ann, '']}", "spec.userHigh", "is empty"},
           Wrong{"{redisPrefix: ''}", "spec.redisPrefix", "is empty"},
           Wrong{"{database: 'postgresql://u:p@h/d'}", "spec.database", "no password here"},
           Wrong{"{anomalyCriticalScore: '2'}", "spec.anomalyCriticalScore", "3"},
           Wrong{"{anomalyWarningScore: '0'}", "spec.anomalyWarningScore", "1000"},
           Wrong{"{forecastRatio: '0'}", "spec.forecastRatio", "1000"},
           Wrong{"{userCpuPercentMax: '0'}", "spec.userCpuPercentMax", "0.01 to 100000"},
           Wrong{"{exportOtlp: 'https://'}", "spec.exportOtlp", "1 to 65535"},
           Wrong{"{podFigures: 'http://h:99999'}", "spec.podFigures", "1 to 65535"},
           Wrong{"{redis: 'r:99999', fingerprintKeyFile: /a}", "spec.redis", "1 to 65535"},
           Wrong{"{statsdListen: ':99999'}", "spec.statsdListen", "0 to 65535"},
           Wrong{"{otlpListen: 'shop:80'}", "spec.otlpListen", "has to be an address"},
           Wrong{"{exportDogstatsd: 'a:99999'}", "spec.exportDogstatsd", "0 to 65535"},
           Wrong{"{upstream: ':80'}", "spec.upstream", "both given"},
           Wrong{"{rumOrigins: [shop.example]}", "spec.rumOrigins", "https://shop.example"},
           Wrong{"{mode: tcp, rumPath: /rum}", "spec.rumPath", "no effect in mode tcp"},
           Wrong{"{adminTlsKeyFile: /a}", "spec.adminTlsKeyFile", "spec.injection.adminTls"},
           Wrong{"{contentSecurityPolicy: '{nonce}'}", "spec.contentSecurityPolicy", "'nonce-"},
       }) {
    expect_told(wrong);
  }
}

TEST(ProfileRules, EachProblemIsToldByItsField) {
  for (const Wrong& wrong : {
           Wrong{"{headSecond: 3}", "spec.headSecond", "headSeconds"},
           Wrong{"{headSeconds: 0}", "spec.headSeconds", "1 to 86400"},
           Wrong{"{mode: udp}", "spec.mode", "http, tcp"},
           Wrong{"{trustedProxies: [ingress]}", "spec.trustedProxies", "ingress"},
           Wrong{"{allow: [10.0.0.1/33]}", "spec.allow", "10.0.0.1/33"},
           Wrong{"{deny: [::1/129]}", "spec.deny", "::1/129"},
           Wrong{"{limitRules: [{name: a b, limits: [{requests: 1, seconds: 1}]}]}",
                 "spec.limitRules", "a b"},
           Wrong{"{limitRules: [{name: a, limits: [{requests: 1, seconds: 60}, {requests: 2, "
                 "seconds: 60}]}]}",
                 "spec.limitRules", "two limits"},
           Wrong{"{limitRules: [{name: a, limits: []}]}", "spec.limitRules", "1 to 3"},
           Wrong{"{endpoints: [users]}", "spec.endpoints", "users"},
           Wrong{"{endpoints: [/a, /a]}", "spec.endpoints", "twice"},
           Wrong{"{injection: {capture: All}}", "spec.injection.capture", "Port, Redirect, None"},
           Wrong{"{adminTlsCertFile: /a}", "spec.adminTlsCertFile", "spec.injection.adminTls"},
           Wrong{"{adminClientCaFile: /a}", "spec.adminClientCaFile", "clientCaKey"},
           Wrong{"{injection: {adminTls: {}}}", "spec.injection.adminTls.secret", "required"},
           Wrong{"{injection: {adminTls: {secret: Shop!}}}", "spec.injection.adminTls",
                 "'Shop!' is no name of a Secret"},
           Wrong{"{injection: {adminTls: {secret: a, clientCaKey: ../b}}}",
                 "spec.injection.adminTls", "'../b' is no key of a Secret"},
           Wrong{"{tlsCertFile: /a}", "spec.tlsCertFile", "tlsKeyFile"},
           Wrong{"{redis: 'r:1'}", "spec.redis", "fingerprintKeyFile"},
           Wrong{"{limitsWithoutRedis: closed}", "spec.limitsWithoutRedis", "redis"},
           Wrong{"{redis: 'r:1', fingerprintKeyFile: /a, cacheRedis: true}", "spec.cacheRedis",
                 "cacheBytesMax"},
           Wrong{"{mode: tcp, users: 'on'}", "spec.users", "tcp"},
           Wrong{"{mode: tcp, deny: [10.0.0.0/8]}", "spec.deny", "[\"10.0.0.0/8\"]: of no effect"},
           Wrong{"{mode: tcp, cacheBytesMax: 4096}", "spec.cacheBytesMax", "4096: of no effect"},
           Wrong{"{mode: tcp, securityHeaders: false}", "spec.securityHeaders", "false: of no"},
           Wrong{"{thresholds: {cpuPercent: {warning: 90, critical: 80}}}",
                 "spec.thresholds.cpuPercent", "at most critical, which is 80"},
           Wrong{"{thresholds: {diskPercent: {warning: 95}}}", "spec.thresholds.diskPercent",
                 "at most critical, which is 90"},
           Wrong{"{thresholds: {errorPercent: {critical: '100.5'}}}",
                 "spec.thresholds.errorPercent", "at most 100 %"},
           Wrong{"{thresholds: {cpu: {warning: 1}}}", "spec.thresholds.cpu", "cpuPercent"},
           Wrong{"{encryptionTargets: {gradeBPercent: 96}}", "spec.encryptionTargets.gradeBPercent",
                 "above gradeAPercent"},
           Wrong{"{slowTimings: {apiMillis: 0}}", "spec.slowTimings.apiMillis", "1 to 86400000"},
           Wrong{"{diskPaths: [data]}", "spec.diskPaths", "data"},
           Wrong{"{cpuLimitCores: 0}", "spec.cpuLimitCores", "0 is not allowed"},
       }) {
    expect_told(wrong);
  }
  EXPECT_THAT(problems_of_profile(profile("{}")), IsEmpty());
  EXPECT_THAT(problems_of_profile(profile(
                  "{mode: tcp, deny: [], bodyBytesMax: 0, cacheBytesMax: 0, forwarded: append, "
                  "users: 'off', limits: dry-run, connectionsMax: 9}")),
              IsEmpty());
  EXPECT_THAT(problems_of_profile(profile(
                  "{redis: 'r:1', fingerprintKeyFile: /a, limitsWithoutRedis: closed, cacheRedis: "
                  "true, cacheBytesMax: 4096, tlsCertFile: /a, tlsKeyFile: /b, users: 'on'}")),
              IsEmpty());
  EXPECT_THAT(problems_of_profile(profile(
                  "{thresholds: {cpuPercent: {warning: 70, critical: 85}, errorPercent: {warning: "
                  "'0.5'}}, errorsFrom: 5xx, diskPaths: [/data], cpuLimitCores: '0.5'}")),
              IsEmpty());
  EXPECT_THAT(problems_of_profile(profile(
                  "{trustedProxies: [10.0.0.0/8, '::1'], endpoints: ['/users/{id}'], limitRules: "
                  "[{name: login, path: /login, method: POST, limits: [{requests: 10, seconds: "
                  "60}]}]}")),
              IsEmpty());
}

TEST(ProfileRules, WhatShipsIsRight) {
  std::ifstream stream(MUSTER_SOURCE_DIR "/dr-drills/kubernetes/sidecar.yaml");
  std::ostringstream text;
  text << stream.rdbuf();
  const Node shipped = api::parse_yaml(text.str(), "sidecar.yaml")->front();
  EXPECT_THAT(problems_of_profile(shipped), IsEmpty());
  EXPECT_TRUE(api::sidecar_injection(shipped).has_value());
}

TEST(ProfileDelivery, WhatPodsSayIsACondition) {
  ProfileDecision decision = decide_profile(profile(), made_of(profile()));
  decision.pods_known = true;
  decision.injected = Found{false, "NoPort", "Deployment web"};
  const Node told = changed(profile(), decision);
  const Node* one = cluster::condition_of(told["status"]["conditions"], "Injected");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ((*one)["status"].as_string(), "False");
  EXPECT_EQ((*one)["reason"].as_string(), "NoPort");
  EXPECT_THAT(events_of(profile(), decision),
              testing::Contains(Told{"Warning", "NoPort", "Deployment web"}));
  EXPECT_THAT(events_of(told, decision), IsEmpty());

  decision.injected.reset();
  decision.pods_known = false;
  EXPECT_NE(cluster::condition_of(changed(told, decision)["status"]["conditions"], "Injected"),
            nullptr);
  decision.pods_known = true;
  EXPECT_EQ(cluster::condition_of(changed(told, decision)["status"]["conditions"], "Injected"),
            nullptr);
}

}  // namespace
}  // namespace op
