// The client against a real API server: what it sends is understood, and what it is told is told
// on.
#include "kube/client.h"

#include <fstream>
#include <sys/stat.h>

#include <fmt/format.h>

#include "kube/measure.h"
#include "net/small_proxy.h"
#include "server_test.h"

namespace kube {
namespace {

using testing::HasSubstr;

const Resource kAccounts{"", "v1", "ServiceAccount", "serviceaccounts", true};
const Resource kReviews{"authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews",
                        false};

class ClientTest : public ServerTest {
 protected:
  /// Whom the server takes us for.
  std::string who(Client& asking) {
    const auto reply = run(asking.create(kReviews, "", "{}", {}, {}));
    if (!reply) return "error: " + reply.error().message;
    if (!reply->ok()) return "refused: " + reply->refusal.reason;
    return object(reply)["status"]["userInfo"]["username"].as_string();
  }
  std::string file(const std::string& name, const std::string& text, unsigned mode = 0600) const {
    std::ofstream(folder + "/" + name) << text;
    ::chmod((folder + "/" + name).c_str(), mode);
    return folder + "/" + name;
  }
  /// A token of a service account of this namespace.
  std::string token(const std::string& account) {
    static_cast<void>(run(client->create(
        kAccounts, space,
        api::to_json(api::Node::map().set("metadata", api::Node::map().set("name", account))), {},
        {})));
    const auto reply =
        run(client->send("POST", path_of(kAccounts, {space, account}, "token"), "application/json",
                         R"({"spec": {"expirationSeconds": 600}})", {}));
    EXPECT_TRUE(ok(reply));
    return object(reply)["status"]["token"].as_string();
  }
};

TEST_F(ClientTest, CreatesReadsReplacesPatchesAndDeletes) {
  const auto made = create("a", "1");
  ASSERT_TRUE(ok(made));
  EXPECT_EQ(made->code, 201U);
  const std::string version = object(made)["metadata"]["resourceVersion"].as_string();
  ASSERT_TRUE(
      ok(run(client->replace(kConfigMaps, {space, "a"}, config_map("a", "2", version), {}, {}))));
  ASSERT_TRUE(ok(run(client->patch(kConfigMaps, {space, "a"}, PatchType::Merge,
                                   R"({"data": {"more": "3"}})", {}, {}))));
  ASSERT_TRUE(
      ok(run(client->patch(kConfigMaps, {space, "a"}, PatchType::Json,
                           R"([{"op": "add", "path": "/data/last", "value": "4"}])", {}, {}))));
  const auto read = run(client->get(kConfigMaps, {space, "a"}, {}));
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(object(read)["data"],
            api::Node::map().set("key", "2").set("last", "4").set("more", "3"));
  ASSERT_TRUE(ok(run(client->remove(kConfigMaps, {space, "a"}, {}, {}))));
  EXPECT_EQ(run(client->get(kConfigMaps, {space, "a"}, {}))->code, 404U);
}

TEST_F(ClientTest, ARefusalIsAnAnswerWithAReason) {
  const auto first = create("a", "1");
  ASSERT_TRUE(ok(first));
  const auto refusal = [](const base::Result<Reply>& reply) {
    return reply ? std::to_string(reply->code) + " " + reply->refusal.reason
                 : reply.error().message;
  };
  EXPECT_EQ(refusal(create("a", "1")), "409 AlreadyExists");
  EXPECT_EQ(refusal(run(client->get(kConfigMaps, {space, "none"}, {}))), "404 NotFound");
  EXPECT_EQ(refusal(create("A_", "1")), "422 Invalid");
  const std::string old = object(first)["metadata"]["resourceVersion"].as_string();
  ASSERT_TRUE(
      ok(run(client->replace(kConfigMaps, {space, "a"}, config_map("a", "2", old), {}, {}))));
  const auto stale =
      run(client->replace(kConfigMaps, {space, "a"}, config_map("a", "3", old), {}, {}));
  EXPECT_EQ(refusal(stale), "409 Conflict");
  EXPECT_EQ(error_of(stale->refusal, "replace").code, base::Code::FailedPrecondition);
  const auto wrong_one =
      run(client->remove(kConfigMaps, {space, "a"},
                         {.uid = "00000000-0000-0000-0000-000000000000", .version = ""}, {}));
  EXPECT_EQ(refusal(wrong_one), "409 Conflict");
  EXPECT_EQ(refusal(run(client->send("GET", "/apis/none.dev/v1/things", "", "", {}))),
            "404 NotFound");
}

TEST_F(ClientTest, AppliesOnTheServersSideAndMeetsOtherManagers) {
  const auto apply = [&](const std::string& who, const std::string& value, bool force) {
    return run(client->patch(kConfigMaps, {space, "a"}, PatchType::Apply, config_map("a", value),
                             {.subresource = "", .field_manager = who, .force = force}, {}));
  };
  ASSERT_TRUE(ok(apply("one", "1", false)));
  ASSERT_TRUE(ok(apply("one", "2", false)));
  const auto conflict = apply("two", "3", false);
  ASSERT_TRUE(conflict.has_value());
  EXPECT_EQ(conflict->code, 409U);
  EXPECT_THAT(conflict->refusal.message, HasSubstr("one"));
  ASSERT_TRUE(ok(apply("two", "3", true)));
  EXPECT_EQ(object(run(client->get(kConfigMaps, {space, "a"}, {})))["data"]["key"].as_string(),
            "3");
}

TEST_F(ClientTest, ItsRequestsAreCounted) {
  metrics::RuntimeMetrics metrics;
  measure(*client, metrics);
  ASSERT_TRUE(ok(create("a", "1")));
  EXPECT_EQ(create("a", "1")->code, 409U);
  const std::string host = client->host();
  EXPECT_THAT(
      metrics.text(),
      HasSubstr(fmt::format(R"(requests_total{{code="201",host="{}",method="POST"}} 1)", host)));
  EXPECT_THAT(
      metrics.text(),
      HasSubstr(fmt::format(R"(requests_total{{code="409",host="{}",method="POST"}} 1)", host)));
}

TEST_F(ClientTest, ADryRunChangesNothing) {
  ASSERT_TRUE(
      ok(run(client->create(kConfigMaps, space, config_map("a", "1"),
                            {.subresource = "", .field_manager = "", .dry_run = true}, {}))));
  EXPECT_EQ(run(client->get(kConfigMaps, {space, "a"}, {}))->code, 404U);
}

TEST_F(ClientTest, ListsInPagesAndBySelector) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(ok(create("c" + std::to_string(i), "x")));
  std::string next;
  std::vector<std::size_t> pages;
  do {
    ListQuery query;
    query.limit = 3;
    query.next = next;
    const auto page = run(client->list(kConfigMaps, space, query, {}));
    ASSERT_TRUE(ok(page));
    pages.push_back(object(page)["items"].size());
    next = object(page)["metadata"]["continue"].as_string();
  } while (!next.empty());
  EXPECT_THAT(pages, testing::ElementsAre(3U, 3U, 1U));
  ListQuery one;
  one.fields = "metadata.name=c4";
  EXPECT_EQ(object(run(client->list(kConfigMaps, space, one, {})))["items"].size(), 1U);
}

TEST_F(ClientTest, AWatchBeginsWithEverythingAndGoesOn) {
  ASSERT_TRUE(ok(create("a", "1")));
  std::vector<std::string> seen;
  bool opened = false;
  const auto watched = aio::run(
      context,
      aio::with_deadline(
          clock, clock.now() + base::seconds(20), {}, "watch", [&](std::stop_token stop) {
            WatchQuery query;
            query.initial = true;
            return client->watch(
                watch_target(kConfigMaps, space, query), [&] { opened = true; },
                [&](std::string_view line) {
                  const api::Node event = *api::parse_json(line);
                  const api::Node& meta = event["object"]["metadata"];
                  const std::string& kind = event["type"].as_string();
                  if (kind == "BOOKMARK" &&
                      meta["annotations"]["k8s.io/initial-events-end"].as_string() == "true") {
                    seen.push_back("all");
                    asio::co_spawn(context,
                                   client->create(kConfigMaps, space, config_map("b", "1"), {}, {}),
                                   [](std::exception_ptr, base::Result<Reply>) {});
                  } else if (kind != "BOOKMARK") {
                    seen.push_back(kind + " " + meta["name"].as_string());
                  }
                  return seen.size() < 3;
                },
                stop);
          }));
  ASSERT_TRUE(ok(watched));
  EXPECT_TRUE(opened);
  EXPECT_THAT(seen, testing::ElementsAre("ADDED a", "all", "ADDED b"));
}

TEST_F(ClientTest, AWatchThatIsStoppedEndsAtOnce) {
  const auto began = clock.now();
  const auto watched = aio::run(
      context,
      aio::with_deadline(clock, began + base::millis(200), {}, "watch", [&](std::stop_token stop) {
        return client->watch(
            watch_target(kConfigMaps, space, {}), [] {}, [](std::string_view) { return true; },
            stop);
      }));
  ASSERT_FALSE(watched.has_value());
  EXPECT_EQ(watched.error().code, base::Code::DeadlineExceeded);
  EXPECT_LT(clock.now() - began, base::seconds(5));
}

TEST_F(ClientTest, AVersionThatIsGoneIsRefused) {
  const auto made = create("a", "1");
  ASSERT_TRUE(ok(made));
  const std::string version = object(made)["metadata"]["resourceVersion"].as_string();
  ASSERT_TRUE(ok(create("b", "1")));
  ASSERT_TRUE(ok(create("c", "1")));
  ApiServer::instance().tell("compact");
  WatchQuery query;
  query.version = version;
  unsigned code = 0;
  const auto watch = [&](std::stop_token stop) {
    return client->watch(
        watch_target(kConfigMaps, space, query), [] {},
        [&](std::string_view line) {
          const api::Node event = *api::parse_json(line);
          if (event["type"].as_string() != "ERROR") return true;
          code = refusal_of(0, api::to_json(event["object"])).code;
          return false;
        },
        stop);
  };
  const auto watched = run(
      aio::with_deadline(clock, clock.now() + base::seconds(20), {}, "the watch's refusal", watch));
  ASSERT_TRUE(watched.has_value()) << watched.error().message;
  EXPECT_EQ(watched->ok() ? code : watched->code, 410U);
}

TEST_F(ClientTest, AServerThatDiedIsUnavailableAndIsUsedAgainWhenItIsBack) {
  ApiServer::instance().tell("kill apiserver");
  const auto dead = run(client->get(kConfigMaps, {space, "a"}, {}));
  ASSERT_FALSE(dead.has_value());
  EXPECT_EQ(dead.error().code, base::Code::Unavailable);
  EXPECT_EQ(dead.error().retry, base::Retry::Backoff);
  EXPECT_THAT(dead.error().message, HasSubstr("GET /api/v1/namespaces/" + space));
  ApiServer::instance().tell("start apiserver");
  EXPECT_EQ(run(client->get(kConfigMaps, {space, "a"}, {}))->code, 404U);
}

TEST_F(ClientTest, AServerThatIsSilentIsGivenUp) {
  const auto hasty = connect(config(), {.user_agent = "hasty", .timeout = base::millis(300)});
  ASSERT_TRUE(run(hasty->get(kConfigMaps, {space, "a"}, {})).has_value());
  ApiServer::instance().tell("pause apiserver");
  const auto silent = run(hasty->get(kConfigMaps, {space, "a"}, {}));
  ApiServer::instance().tell("resume apiserver");
  ASSERT_FALSE(silent.has_value()) << silent->code << silent->body;
  EXPECT_EQ(silent.error().code, base::Code::DeadlineExceeded);
  EXPECT_TRUE(run(client->get(kConfigMaps, {space, "a"}, {})).has_value());
}

TEST_F(ClientTest, AnotherAuthoritysServerIsNotTalkedTo) {
  Config wrong = config();
  wrong.cluster.authority = {};
  const auto stranger = connect(wrong);
  const auto reply = run(stranger->get(kConfigMaps, {space, "a"}, {}));
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().message, HasSubstr("certificate verify failed"));
  Config named = config();
  named.cluster.tls_server_name = "kubernetes.default.svc";
  EXPECT_EQ(who(*connect(named)), "admin");
  named.cluster.tls_server_name = "elsewhere.example";
  EXPECT_THAT(who(*connect(named)), HasSubstr("certificate verify failed"));
}

TEST_F(ClientTest, ClientCertificatesSayWhoWeAreAndWhomWeActAs) {
  EXPECT_EQ(who(*client), "admin");
  Config as = config();
  as.user.impersonate.user = "somebody";
  as.user.impersonate.groups = {"a", "b"};
  as.user.impersonate.uid = "7";
  as.user.impersonate.extra = {{"acme.com/scope", "x"}, {"acme.com/scope", "y"}};
  const auto other = connect(as);
  EXPECT_EQ(who(*other), "somebody");
  const api::Node known =
      object(run(other->create(kReviews, "", "{}", {}, {})))["status"]["userInfo"];
  EXPECT_EQ(known["uid"].as_string(), "7");
  EXPECT_THAT(known["groups"].as_strings(), testing::IsSupersetOf({"a", "b"}));
  EXPECT_THAT(known["extra"]["acme.com/scope"].as_strings(), testing::ElementsAre("x", "y"));
  Config nobody = config();
  nobody.user = {};
  EXPECT_EQ(run(connect(nobody)->get(kConfigMaps, {space, "a"}, {}))->code, 403U) << "anonymous";
}

TEST_F(ClientTest, ATokenFileIsReadAgainAfterA401) {
  Config with_token = config();
  with_token.user = {};
  with_token.user.token_file = file("token", "nonsense\n");
  const auto pod = connect(with_token);
  EXPECT_EQ(who(*pod), "refused: Unauthorized");
  file("token", token("robot") + "\n");
  EXPECT_EQ(who(*pod), "system:serviceaccount:" + space + ":robot");
  file("token", token("other"));
  EXPECT_EQ(who(*pod), "system:serviceaccount:" + space + ":robot") << "for a minute";
}

TEST_F(ClientTest, ARotatedCertificateIsReadAgainAfterA401) {
  const Config admin = config();
  Config rotating = admin;
  rotating.user = {};
  // Any certificate that this authority did not sign.
  const std::string command = fmt::format(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "
      "/CN=x "
      "-keyout {0}/tls.key -out {0}/tls.crt 2>/dev/null",
      folder);
  ASSERT_EQ(std::system(command.c_str()), 0);
  rotating.user.certificate.file = folder + "/tls.crt";
  rotating.user.key.file = folder + "/tls.key";
  const auto kubelet = connect(rotating);
  EXPECT_EQ(who(*kubelet), "refused: Unauthorized");
  file("tls.crt", admin.user.certificate.text);
  file("tls.key", admin.user.key.text);
  EXPECT_EQ(who(*kubelet), "admin");
}

TEST_F(ClientTest, ThoseWhoNeedACredentialAtTheSameTimeAskOnce) {
  file("token", token("robot"));
  const std::string login =
      file("login",
           fmt::format("#!/bin/sh\necho x >>{0}/asked\nsleep 0.3\n"
                       "echo '{{\"apiVersion\":\"client.authentication.k8s.io/"
                       "v1\",\"kind\":\"ExecCredential\",\"status\":{{"
                       "\"token\":\"'$(cat {0}/token)'\"}}}}'\n",
                       folder),
           0700);
  Config with_plugin = config();
  with_plugin.user = {};
  with_plugin.user.exec = ExecPlugin{login, {}, {}, "v1", ""};
  const auto many = connect(with_plugin);
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    asio::co_spawn(
        context, many->create(kReviews, "", "{}", {}, {}),
        [&](std::exception_ptr, base::Result<Reply> reply) { answered += reply && reply->ok(); });
  }
  context.restart();
  context.run_for(std::chrono::seconds(5));
  EXPECT_EQ(answered, 5);
  std::ifstream asked(folder + "/asked");
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(asked), {}, '\n'), 1);
}

TEST_F(ClientTest, NothingOfWhoWeAreIsSaidInTheOpen) {
  Config open = config();
  open.cluster.server = "http" + open.cluster.server.substr(5);
  open.cluster.authority = {};
  open.user = {};
  open.user.exec = ExecPlugin{"sh", {"-c", "echo x >>" + folder + "/asked"}, {}, "v1", ""};
  const auto reply = run(connect(open)->get(kConfigMaps, {space, "a"}, {}));
  EXPECT_EQ(reply ? reply->code : 0, 400U) << "an HTTP request to an HTTPS server";
  EXPECT_FALSE(aio::file_exists(folder + "/asked"));
}

TEST_F(ClientTest, ACredentialPluginIsAskedOnceAndAgainWhenWhatItGaveHasEnded) {
  file("token", token("robot"));
  const auto plugin_with = [&](const std::string& expires) {
    api::Node answer = api::Node::map()
                           .set("apiVersion", "client.authentication.k8s.io/v1")
                           .set("kind", "ExecCredential")
                           .set("status", api::Node::map().set("token", "TOKEN"));
    if (!expires.empty()) answer.find("status")->set("expirationTimestamp", expires);
    file("answer", api::to_json(answer));
    return file("login",
                fmt::format("#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" >>{0}/asked\n"
                            "sed \"s/TOKEN/$(cat {0}/token)/\" {0}/answer\n",
                            folder),
                0700);
  };
  const auto asked = [&] {
    std::ifstream text(folder + "/asked");
    return std::count(std::istreambuf_iterator<char>(text), {}, '\n');
  };
  Config with_plugin = config();
  with_plugin.user = {};
  with_plugin.user.exec = ExecPlugin{plugin_with(""), {}, {}, "v1", ""};
  const auto lasting = connect(with_plugin);
  const std::string robot = "system:serviceaccount:" + space + ":robot";
  EXPECT_EQ(who(*lasting), robot);
  EXPECT_EQ(who(*lasting), robot);
  EXPECT_EQ(asked(), 1);
  plugin_with("2020-01-01T00:00:00Z");
  const auto ended = connect(with_plugin);
  EXPECT_EQ(who(*ended), robot);
  EXPECT_EQ(who(*ended), robot);
  EXPECT_EQ(asked(), 3);
  file("token", "nonsense");
  EXPECT_EQ(who(*connect(with_plugin)), "refused: Unauthorized");
  EXPECT_EQ(asked(), 5) << "once more after a 401, and no more than that";
  std::ifstream text(folder + "/asked");
  std::string line;
  std::getline(text, line);
  EXPECT_EQ((*api::parse_json(line))["spec"]["interactive"], api::Node(false));
}

TEST_F(ClientTest, APluginCanGiveACertificate) {
  const Config admin = config();
  const api::Node answer =
      api::Node::map()
          .set("apiVersion", "client.authentication.k8s.io/v1beta1")
          .set("kind", "ExecCredential")
          .set("status", api::Node::map()
                             .set("clientCertificateData", admin.user.certificate.text)
                             .set("clientKeyData", admin.user.key.text));
  Config with_plugin = admin;
  with_plugin.user = {};
  with_plugin.user.exec =
      ExecPlugin{"cat", {file("answer", api::to_json(answer))}, {}, "v1beta1", ""};
  EXPECT_EQ(who(*connect(with_plugin)), "admin");
}

TEST_F(ClientTest, APluginThatCannotHelpIsNamed) {
  Config with_plugin = config();
  with_plugin.user = {};
  const auto failure = [&](ExecPlugin plugin) {
    with_plugin.user.exec = std::move(plugin);
    const auto reply = run(connect(with_plugin)->get(kConfigMaps, {space, "a"}, {}));
    return reply ? "no error" : reply.error().message;
  };
  EXPECT_THAT(failure({"no-such-program", {}, {}, "v1", "get it from us"}),
              testing::AllOf(HasSubstr("no-such-program"), HasSubstr("get it from us")));
  EXPECT_THAT(failure({"sh", {"-c", "echo go away >&2; exit 3"}, {}, "v1", ""}),
              HasSubstr("exit code 3: go away"));
  EXPECT_THAT(failure({"echo", {"hello"}, {}, "v1", ""}), HasSubstr("no JSON"));
  EXPECT_THAT(failure({"sh", {"-c", "echo s3cret; exit 1"}, {}, "v1", ""}),
              testing::AllOf(HasSubstr("exit code 1"), testing::Not(HasSubstr("s3cret"))));
  EXPECT_THAT(
      failure({"echo", {R"({"kind": "ExecCredential", "apiVersion": "v1"})"}, {}, "v1", ""}),
      HasSubstr("not an ExecCredential of client.authentication.k8s.io/v1"));
}

TEST_F(ClientTest, GoesThroughAProxyWhateverItAsks) {
  net::SmallProxy proxy(context);
  proxy.authorization = "Basic bWU6c2VjcmV0";
  Config through = config();
  through.cluster.proxy = proxy.url("me:secret@");
  const auto asking = connect(through);
  ASSERT_TRUE(ok(run(asking->get(kNamespaces, {"", space}, {}))));
  int lines = 0;
  const auto watched =
      run(asking->watch(watch_target(kNamespaces, "", {.initial = true, .timeout_seconds = 20}), {},
                        [&](std::string_view) { return ++lines < 2; }, {}));
  EXPECT_TRUE(ok(watched));
  EXPECT_EQ(lines, 2);
  // There is no such pod, which the server says and nobody before it.
  const auto upgraded = aio::run(
      context, asking->upgrade("/api/v1/namespaces/" + space + "/pods/none/exec?command=true",
                               {"v5.channel.k8s.io"}, {}));
  ASSERT_TRUE(upgraded.has_value()) << upgraded.error().message;
  EXPECT_EQ(upgraded->reply.code, 404U);
  EXPECT_EQ(proxy.asked.size(), 2U) << "of a request and then the watch; of the WebSocket";
  for (const std::string& line : proxy.asked) {
    EXPECT_EQ(line, "CONNECT " + asking->host() + " HTTP/1.1");
  }
}

TEST_F(ClientTest, AProxyThatRefusesIsNamed) {
  net::SmallProxy proxy(context);
  proxy.authorization = "Basic bWU6c2VjcmV0";
  Config through = config();
  through.cluster.proxy = proxy.url();
  const auto asking = connect(through);
  const std::string words = "proxy " + proxy.url().substr(7) + ": no way to " + asking->host() +
                            ": 407 Proxy Authentication Required";
  const auto reply = run(asking->get(kNamespaces, {"", space}, {}));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, base::Code::Unavailable);
  EXPECT_THAT(reply.error().message, HasSubstr(words));
  const auto upgraded =
      aio::run(context, asking->upgrade("/api/v1/namespaces/x/pods/none/exec", {"v5"}, {}));
  ASSERT_FALSE(upgraded.has_value());
  EXPECT_THAT(upgraded.error().message, HasSubstr(words));
  EXPECT_EQ(upgraded.error().retry, base::Retry::Backoff) << "nothing was asked of the server";
}

TEST_F(ClientTest, NothingGoesThroughAProxyInTheOpen) {
  Config open = config();
  open.cluster.server = "http://127.0.0.1:1";
  open.cluster.proxy = "http://127.0.0.1:2";
  const auto made = Client::make(clock, context.get_executor(), open);
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message, HasSubstr("has to be https://"));
}

}  // namespace
}  // namespace kube
