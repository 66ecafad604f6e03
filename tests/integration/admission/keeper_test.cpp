// The keeper of the admission server's keys on a real API server, whose webhooks it serves: each
// ConfigMap of the test's namespace is asked about, at every replica, and with failurePolicy Fail,
// so that a call that fails is seen.
#include <set>

#include <fmt/format.h>

#include "aio/task_group.h"
#include "cluster/objects.h"
#include "crypto/base64.h"
#include "kube/forwarding_client.h"
#include "kube/server_test.h"
#include "operator/admission_server.h"
#include "operator/certificate_keeper.h"

namespace op {
namespace {

using api::Node;
using cluster::kSecrets;
using testing::HasSubstr;

const kube::Resource kDeployments{"apps", "v1", "Deployment", "deployments", true};
constexpr const char* kWords = "the value bad is not allowed here";

aio::Task<AdmissionAnswer> judge(AdmissionRequest request) {
  AdmissionAnswer out;
  out.allowed = request.object["data"]["key"].as_string() != "bad";
  if (!out.allowed) out.causes = {{"data.key", kWords}};
  co_return out;
}
aio::Task<AdmissionAnswer> label(AdmissionRequest /*request*/) {
  AdmissionAnswer out;
  out.patch = Node::sequence().push(Node::map()
                                        .set("op", "add")
                                        .set("path", "/metadata/labels")
                                        .set("value", Node::map().set("injected", "yes")));
  co_return out;
}

Node json(const std::string& text) {
  auto out = api::parse_json(text);
  EXPECT_TRUE(out.has_value()) << text;
  return out.value_or(Node());
}

/// One operator, as far as admission goes.
class Replica {
 public:
  Replica(aio::Clock& clock, kube::Client& client, boost::asio::io_context& context,
          KeeperSettings settings)
      : context_(context), group_(context.get_executor()) {
    keeper.emplace(clock, client, std::move(settings), identity_);
    auto made =
        AdmissionServer::listen(clock, context.get_executor(), "127.0.0.1:0", identity_, metrics_);
    EXPECT_TRUE(made.has_value());
    server = std::move(*made);
    server->add("/validate", [](AdmissionRequest request, std::stop_token) {
      return judge(std::move(request));
    });
    keeper->on_paths = [this](const std::vector<std::string>& paths) { server->take(paths); };
    server->add("/mutate", [](AdmissionRequest request, std::stop_token) {
      return label(std::move(request));
    });
    group_.spawn(server->serve(group_.token()));
    group_.spawn(keeper->follow(group_.token()));
  }
  ~Replica() {
    group_.cancel();
    static_cast<void>(aio::run(context_, group_.join()));
  }
  void lead() { group_.spawn(keeper->work(group_.token())); }

  std::optional<CertificateKeeper> keeper;
  std::unique_ptr<AdmissionServer> server;

 private:
  boost::asio::io_context& context_;
  metrics::AdmissionMetrics metrics_;
  std::shared_ptr<net::ServerIdentity> identity_ = std::make_shared<net::ServerIdentity>();
  aio::TaskGroup group_;
};

/// The client of a server that refuses one verb on one kind, as it does for want of a right.
class Refusing final : public kube::ForwardingClient {
 public:
  Refusing(kube::Client& inner, std::string method, std::string part)
      : ForwardingClient(inner), method_(std::move(method)), part_(std::move(part)) {}
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target,
                                            std::string content_type, std::string body,
                                            std::stop_token stop) override {
    if (method == method_ && target.find(part_) != std::string::npos) {
      ++refused;
      co_return kube::Reply{403, "", {.code = 403, .reason = "Forbidden", .message = "no right"}};
    }
    co_return co_await inner_.send(method, target, content_type, body, stop);
  }
  int refused = 0;

 private:
  std::string method_, part_;
};

class KeeperTest : public kube::ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    make_owner("this");
    replicas.resize(2);
  }
  void TearDown() override {
    replicas.clear();
    for (const kube::Resource& each : {kValidatingWebhooks, kMutatingWebhooks}) {
      static_cast<void>(run(client->remove(each, {"", space}, {}, {})));
    }
    ServerTest::TearDown();
  }

  void make_owner(const std::string& release) {
    Node owner =
        json(R"({"metadata":{"name":"operator","labels":{"app.kubernetes.io/name":"muster"}},
        "spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
        "spec":{"containers":[{"name":"c","image":"i"}]}}}})");
    owner.find("metadata")->find("labels")->set("app.kubernetes.io/instance", release);
    ASSERT_TRUE(ok(run(client->create(kDeployments, space, api::to_json(owner), {}, {}))));
  }
  KeeperSettings settings() {
    KeeperSettings out;
    out.secret = {space, "admission"};
    out.owner = {space, "operator"};
    out.names = {"localhost"};
    out.configurations = {{kValidatingWebhooks, space, "/validate"}};
    out.times.spread = base::seconds(3);
    out.leads = [this] { return first_leads; };
    return out;
  }
  void start(std::size_t index, const KeeperSettings& with) {
    replicas[index] = std::make_unique<Replica>(clock, *client, context, with);
  }

  Node webhook(std::size_t replica, const char* path) const {
    Node out = json(R"({"sideEffects":"None","admissionReviewVersions":["v1"],
        "failurePolicy":"Fail","timeoutSeconds":5,"rules":[{"operations":["CREATE"],
        "apiGroups":[""],"apiVersions":["v1"],"resources":["configmaps"]}]})");
    out.set("name", fmt::format("replica-{}.muster.dev", replica));
    out.set("clientConfig",
            Node::map().set("url", fmt::format("https://localhost:{}{}",
                                               replicas[replica]->server->port(), path)));
    out.set("namespaceSelector",
            Node::map().set("matchLabels", Node::map().set("kubernetes.io/metadata.name", space)));
    return out;
  }
  void make_configuration(const kube::Resource& resource, Node webhooks) {
    const Node object = Node::map()
                            .set("metadata", Node::map().set("name", space))
                            .set("webhooks", std::move(webhooks));
    ASSERT_TRUE(ok(run(client->create(resource, "", api::to_json(object), {}, {}))));
  }
  /// Two replicas that are both asked, of which the first one leads.
  void start_all() {
    for (std::size_t i = 0; i < 2; ++i) start(i, settings());
    replicas[0]->lead();
    make_configuration(
        kValidatingWebhooks,
        Node::sequence().push(webhook(0, "/validate")).push(webhook(1, "/validate")));
    ASSERT_TRUE(works());
  }

  /// What a ConfigMap is answered: "" where it is taken.
  std::string apply(const std::string& value) {
    const auto reply = create(fmt::format("map-{}", ++maps), value);
    if (!reply) return reply.error().message;
    return reply->ok() ? "" : reply->refusal.message;
  }
  /// Both replicas are asked and trusted.
  bool works() {
    const auto end = clock.now() + base::seconds(40);
    while (clock.now() < end) {
      if (apply("good").empty() && apply("bad").find(kWords) != std::string::npos) return true;
      until([] { return false; }, base::millis(50));
    }
    return false;
  }
  Node secret() { return object(run(client->get(kSecrets, {space, "admission"}, {}))); }
  Node configuration() { return object(run(client->get(kValidatingWebhooks, {"", space}, {}))); }
  std::string authorities() { return keys_of(secret()).authorities; }
  std::string bundle(const kube::Resource& of = kValidatingWebhooks) {
    const Node found = object(run(client->get(of, {"", space}, {})));
    const auto& webhooks = found["webhooks"].items();
    return crypto::base64_decode(webhooks.at(0)["clientConfig"]["caBundle"].as_string())
        .value_or("");
  }
  void patch_secret(const std::string& body) {
    ASSERT_TRUE(ok(
        run(client->patch(kSecrets, {space, "admission"}, kube::PatchType::Merge, body, {}, {}))));
  }
  std::uint64_t writes() { return replicas[0]->keeper->writes(); }

  bool first_leads = true;
  int maps = 0;
  std::vector<std::unique_ptr<Replica>> replicas;
};

TEST_F(KeeperTest, KeysAreMadeAndTrustedAndAQuietClusterGetsNoWrites) {
  start_all();
  const Node made = secret();
  EXPECT_EQ(made["metadata"]["labels"]["app.kubernetes.io/instance"].as_string(), "this");
  EXPECT_EQ(made["metadata"]["ownerReferences"].items().at(0)["name"].as_string(), "operator");
  EXPECT_EQ(bundle(), authorities());
  const std::uint64_t before = writes();
  EXPECT_LE(before, 3U);
  EXPECT_FALSE(until([&] { return writes() != before; }, base::seconds(3)));
  EXPECT_EQ(secret()["metadata"]["resourceVersion"], made["metadata"]["resourceVersion"]);
  EXPECT_EQ(replicas[1]->keeper->writes(), 0U);
}

TEST_F(KeeperTest, NoCallFailsWhileEverythingIsRotated) {
  start_all();
  // From now on an authority is too old when it is made: one rotation follows another.
  KeeperSettings restless = settings();
  restless.times.authority_renew = 2 * restless.times.authority;
  restless.leads = {};
  first_leads = false;
  Replica leader(clock, *client, context, restless);
  leader.lead();
  std::string known = authorities();
  int rotations = 0, calls = 0;
  std::set<std::string> places;
  const auto end = clock.now() + base::seconds(40);
  while (clock.now() < end && rotations < 4) {
    EXPECT_EQ(apply("good"), "");
    EXPECT_THAT(apply("bad"), HasSubstr(kWords));
    calls += 2;
    const std::string now = authorities();
    if (now != known) ++rotations;
    known = now;
    places.insert(configuration()["webhooks"].items().at(0)["clientConfig"]["url"].as_string());
    if (HasFailure()) break;
    until([] { return false; }, base::millis(5));
  }
  EXPECT_GE(rotations, 4) << "new, promoted and dropped, more than once";
  EXPECT_GT(calls, 100);
  EXPECT_GE(places.size(), 2U) << "the path is another with each certificate";
}

TEST_F(KeeperTest, WhateverSomebodyDoesIsPutRight) {
  start_all();
  const std::string first = authorities();
  // Somebody's template takes the authority away.
  Node taken = configuration();
  for (Node& one : taken.find("webhooks")->items()) one.find("clientConfig")->erase("caBundle");
  ASSERT_TRUE(
      ok(run(client->replace(kValidatingWebhooks, {"", space}, api::to_json(taken), {}, {}))));
  EXPECT_TRUE(works());
  EXPECT_EQ(bundle(), first);

  ASSERT_TRUE(ok(run(client->remove(kSecrets, {space, "admission"}, {}, {}))));
  ASSERT_TRUE(until([&] { return !authorities().empty(); }));
  EXPECT_TRUE(works());
  EXPECT_NE(authorities(), first);

  patch_secret(
      R"({"data":{"ca.crt":"Z2FyYmFnZQ==","ca.key":"Z2FyYmFnZQ==","tls.crt":"","tls.key":null}})");
  ASSERT_TRUE(until([&] { return authorities().find("BEGIN") != std::string::npos; }));
  EXPECT_TRUE(works());

  patch_secret(R"({"data":{"tls.key":"aGFsZg=="}})");
  ASSERT_TRUE(until([&] { return can_serve(keys_of(secret()), {"localhost"}); }));
  EXPECT_TRUE(works());

  // One that cannot be changed any more is replaced.
  patch_secret(R"({"immutable":true,"data":{"ca.key":null,"tls.key":null}})");
  ASSERT_TRUE(until([&] { return can_serve(keys_of(secret()), {"localhost"}); }));
  EXPECT_FALSE(secret().has("immutable"));
  EXPECT_TRUE(works());
}

TEST_F(KeeperTest, AnAuthorityOfSomebodysOwnIsTrusted) {
  start_all();
  const base::WallTime now = clock.wall_now();
  const crypto::KeyPair own =
      crypto::make_authority("ours", {now - base::seconds(60), now + 300 * kDay});
  const auto shown =
      crypto::make_server(own, {"localhost"}, {now - base::seconds(60), now + 60 * kDay});
  ASSERT_TRUE(shown.has_value());
  patch_secret(api::to_json(Node::map().set(
      "data", data_of({own.certificate, own.key, shown->certificate, shown->key}))));
  ASSERT_TRUE(until([&] { return bundle() == own.certificate; }));
  EXPECT_TRUE(works());
  EXPECT_EQ(authorities(), own.certificate);
}

TEST_F(KeeperTest, WhoFightsOverTheWebhooksMakesNobodySpin) {
  start_all();
  const std::uint64_t before = writes();
  const auto end = clock.now() + base::seconds(5);
  int spoilt = 0;
  while (clock.now() < end) {
    const auto reply = run(
        client->patch(kValidatingWebhooks, {"", space}, kube::PatchType::Json,
                      R"([{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}])", {}, {}));
    if (reply && reply->ok()) ++spoilt;
    until([] { return false; }, base::millis(20));
  }
  EXPECT_GT(spoilt, 1);
  EXPECT_LE(writes() - before, 4U);
  EXPECT_TRUE(works());
}

TEST_F(KeeperTest, TheSecretOfAnotherReleaseIsLeftAlone) {
  const std::string body =
      R"({"metadata":{"name":"admission","labels":{"app.kubernetes.io/instance":"that"}},"data":{"a":"Yg=="}})";
  ASSERT_TRUE(ok(run(client->create(kSecrets, space, body, {}, {}))));
  start(0, settings());
  replicas[0]->lead();
  EXPECT_FALSE(until([&] { return writes() > 0; }, base::seconds(2)));
  EXPECT_EQ(secret()["data"].size(), 1U);
  // When it is gone, the place is ours.
  ASSERT_TRUE(ok(run(client->remove(kSecrets, {space, "admission"}, {}, {}))));
  EXPECT_TRUE(until([&] { return writes() > 0; }));
}

TEST_F(KeeperTest, WithoutItsDeploymentNothingIsMade) {
  ASSERT_TRUE(ok(run(client->remove(kDeployments, {space, "operator"}, {}, {}))));
  start(0, settings());
  replicas[0]->lead();
  EXPECT_FALSE(until([&] { return writes() > 0; }, base::seconds(2)));
  make_owner("this");
  EXPECT_TRUE(until([&] { return writes() > 0; }));
}

TEST_F(KeeperTest, WhoTakesOverHasNothingToWrite) {
  start_all();
  replicas[1]->lead();
  replicas[0].reset();
  EXPECT_FALSE(until([&] { return replicas[1]->keeper->writes() > 0; }, base::seconds(2)));
  ASSERT_TRUE(ok(run(client->remove(kSecrets, {space, "admission"}, {}, {}))));
  EXPECT_TRUE(until([&] { return replicas[1]->keeper->writes() > 0; }));
}

TEST_F(KeeperTest, AMutatingWebhookIsOneMorePathAndOneMoreConfiguration) {
  KeeperSettings both = settings();
  both.configurations = {{kMutatingWebhooks, space, "/mutate"}};
  start(0, both);
  replicas[0]->lead();
  Node mutating = webhook(0, "/mutate");
  mutating.set("reinvocationPolicy", "Never");
  make_configuration(kMutatingWebhooks, Node::sequence().push(std::move(mutating)));
  base::Result<kube::Reply> made = kube::Reply{};
  ASSERT_TRUE(until([&] { return writes() >= 2; }));
  for (int i = 0; i < 200 && !(made && made->ok()); ++i) {
    made = create(fmt::format("patched-{}", i), "good");
    until([] { return false; }, base::millis(50));
  }
  ASSERT_TRUE(ok(made));
  EXPECT_EQ(object(made)["metadata"]["labels"]["injected"].as_string(), "yes");
}

TEST_F(KeeperTest, AConfigurationThatCannotBeReadOrWrittenHoldsUpNoOther) {
  start(0, settings());  // who is asked
  Node mutating = webhook(0, "/mutate");
  mutating.set("reinvocationPolicy", "Never");
  make_configuration(kMutatingWebhooks, Node::sequence().push(std::move(mutating)));
  make_configuration(kValidatingWebhooks, Node::sequence().push(webhook(0, "/validate")));
  KeeperSettings both = settings();
  both.configurations = {{kMutatingWebhooks, space, "/mutate"},
                         {kValidatingWebhooks, space, "/validate"}};
  for (const char* method : {"GET", "PATCH"}) {
    SCOPED_TRACE(method);
    static_cast<void>(run(client->remove(kSecrets, {space, "admission"}, {}, {})));
    Refusing refusing(*client, method, "mutatingwebhookconfigurations/");
    Replica leader(clock, refusing, context, both);
    leader.lead();
    EXPECT_TRUE(until([&] { return !authorities().empty() && bundle() == authorities(); }));
    EXPECT_TRUE(until([&] { return refusing.refused > 1; })) << "it is tried again";
    EXPECT_EQ(bundle(kMutatingWebhooks), "");
  }
  Replica leader(clock, *client, context, both);
  leader.lead();
  EXPECT_TRUE(until([&] { return bundle(kMutatingWebhooks) == authorities(); }));
}

}  // namespace
}  // namespace op
