#include "kube/config.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"

namespace kube {
namespace {

using testing::HasSubstr;

constexpr const char* kFile = R"(
apiVersion: v1
kind: Config
current-context: home
clusters:
- name: c1
  cluster: {server: "https://one:6443", certificate-authority-data: Y2E=}
- name: c2
  cluster: {server: "https://two:6443", certificate-authority: pki/ca.crt, tls-server-name: api}
users:
- name: u1
  user: {client-certificate-data: Y2VydA==, client-key: /etc/key.pem}
- name: u2
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: bin/login
      args: [token, "--for=two"]
      env: [{name: A, value: b}]
      installHint: "install it"
contexts:
- name: home
  context: {cluster: c1, user: u1}
- name: away
  context: {cluster: c2, user: u2, namespace: shop}
)";

ConfigFile parsed(const std::string& text) {
  auto out = parse_config(text, "/home/me/.kube/config");
  EXPECT_TRUE(out.has_value()) << out.error().message;
  return out.value_or(ConfigFile{});
}

/// Of the file, or of its first entry that cannot be used.
std::string refusal(const std::string& text) {
  const auto out = parse_config(text, "/home/me/.kube/config");
  if (!out) return out.error().message;
  for (const auto& [name, one] : out->clusters) {
    if (!one.unusable.empty()) return one.unusable;
  }
  for (const auto& [name, one] : out->users) {
    if (!one.unusable.empty()) return one.unusable;
  }
  return "";
}

TEST(KubeConfig, ChoosesTheCurrentContext) {
  const auto config = choose(parsed(kFile), {});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->cluster.server, "https://one:6443");
  EXPECT_EQ(config->cluster.authority.text, "ca");
  EXPECT_EQ(config->user.certificate.text, "cert");
  EXPECT_EQ(config->user.key.file, "/etc/key.pem");
  EXPECT_EQ(config->ns, "default");
  EXPECT_EQ(config->context, "home");
}

TEST(KubeConfig, RelativePathsStandForTheFoldersOfTheirFile) {
  const auto config = choose(parsed(kFile), {.context = "away"});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->cluster.authority.file, "/home/me/.kube/pki/ca.crt");
  EXPECT_EQ(config->cluster.tls_server_name, "api");
  ASSERT_TRUE(config->user.exec.has_value());
  EXPECT_EQ(config->user.exec->command, "/home/me/.kube/bin/login");
  EXPECT_THAT(config->user.exec->arguments, testing::ElementsAre("token", "--for=two"));
  EXPECT_EQ(config->user.exec->api_version, "v1");
  EXPECT_EQ(config->ns, "shop");
}

TEST(KubeConfig, FlagsTakeThePlaceOfTheContext) {
  const auto config =
      choose(parsed(kFile), {.context = "home", .cluster = "c2", .user = "u2", .ns = "x"});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->cluster.server, "https://two:6443");
  EXPECT_TRUE(config->user.exec.has_value());
  EXPECT_EQ(config->ns, "x");
}

TEST(KubeConfig, FlagsTakeThePlaceOfWhatTheClusterSays) {
  const auto with = [](ConfigOverrides flags) {
    const auto config = choose(parsed(kFile), {.context = "away", .overrides = std::move(flags)});
    EXPECT_TRUE(config.has_value()) << config.error().message;
    return config.value_or(Config{}).cluster;
  };
  EXPECT_EQ(with({}).tls_server_name, "api");
  const Cluster other = with({.server = "https://other"});
  EXPECT_EQ(other.server, "https://other");
  EXPECT_EQ(other.tls_server_name, "") << "it was the other server's";
  EXPECT_EQ(other.authority.file, "/home/me/.kube/pki/ca.crt");
  EXPECT_EQ(with({.server = "https://other", .tls_server_name = "o"}).tls_server_name, "o");
  EXPECT_EQ(with({.authority = "own.pem"}).authority.file, "own.pem");
  const Cluster insecure = with({.insecure = true});
  EXPECT_TRUE(insecure.insecure && insecure.authority.empty());
  EXPECT_THAT(
      choose(parsed(kFile), {.overrides = {.authority = "a", .insecure = true}}).error().message,
      HasSubstr("exclude each other"));
  const auto nothing = choose({}, {.overrides = {.server = "https://only"}});
  ASSERT_TRUE(nothing.has_value()) << nothing.error().message;
  EXPECT_EQ(nothing->cluster.server, "https://only");
}

TEST(KubeConfig, FlagsTakeThePlaceOfWhoTheUserIs) {
  const auto with = [](const std::string& context, ConfigOverrides flags) {
    return choose(parsed(kFile), {.context = context, .overrides = std::move(flags)});
  };
  const auto token = with("away", {.token = "t"});
  ASSERT_TRUE(token.has_value()) << token.error().message;
  EXPECT_EQ(token->user.token, "t");
  EXPECT_FALSE(token->user.exec.has_value()) << "who has a token need not ask for one";
  const auto pair = with("home", {.certificate = "c.pem", .key = "k.pem"});
  ASSERT_TRUE(pair.has_value()) << pair.error().message;
  EXPECT_EQ(pair->user.certificate.text + pair->user.certificate.file, "c.pem");
  EXPECT_EQ(pair->user.key.file, "k.pem");
  EXPECT_THAT(with("away", {.key = "k.pem"}).error().message, HasSubstr("needed together"));
  Impersonation as;
  as.groups = {"a"};
  EXPECT_THAT(with("home", {.impersonate = as}).error().message, HasSubstr("--as USER is needed"));
  as.user = "jane";
  as.uid = "7";
  as.extra = {{"scopes", "x"}};
  const auto jane = with("home", {.impersonate = as});
  ASSERT_TRUE(jane.has_value()) << jane.error().message;
  EXPECT_EQ(jane->user.impersonate.user, "jane");
  EXPECT_THAT(jane->user.impersonate.groups, testing::ElementsAre("a"));
  EXPECT_EQ(jane->user.impersonate.uid, "7");
  EXPECT_EQ(jane->user.impersonate.extra.size(), 1U);
}

TEST(KubeConfig, WhomToActAsMayStandInTheFile) {
  ConfigFile file = parsed(R"(
users: [{name: as, user: {as: jane, as-uid: "7", as-groups: [a, b], as-user-extra: {scopes: [x, y]}}}]
)");
  merge(file, parsed(kFile));
  const auto config = choose(file, {.context = "home", .user = "as"});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const Impersonation& as = config->user.impersonate;
  EXPECT_EQ(as.user + as.uid, "jane7");
  EXPECT_THAT(as.groups, testing::ElementsAre("a", "b"));
  EXPECT_THAT(as.extra,
              testing::ElementsAre(testing::Pair("scopes", "x"), testing::Pair("scopes", "y")));
}

TEST(KubeConfig, ANameThatIsNotThereIsSaidWithThoseThatAre) {
  const auto config = choose(parsed(kFile), {.context = "hom"});
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, base::Code::NotFound);
  EXPECT_THAT(config.error().message, HasSubstr("no context 'hom'; it has away, home"));
  EXPECT_THAT(choose({}, {}).error().message, HasSubstr("no current context"));
}

TEST(KubeConfig, TheFirstFileThatNamesAThingHasIt) {
  ConfigFile first = parsed(R"(
clusters: [{name: c1, cluster: {server: "https://first"}}]
current-context: away
)");
  merge(first, parsed(kFile));
  EXPECT_EQ(first.current_context, "away");
  EXPECT_EQ(first.clusters.at("c1").server, "https://first");
  EXPECT_TRUE(first.clusters.at("c1").authority.empty()) << "never mixed of two files";
  EXPECT_EQ(first.clusters.at("c2").server, "https://two:6443");
}

TEST(KubeConfig, NamesTheFieldThatIsWrong) {
  const auto user = [](const std::string& text) {
    return refusal("users: [{name: u, user: {" + text + "}}]");
  };
  EXPECT_THAT(user("client-key-data: '%%'"), HasSubstr("users[u].user.client-key-data: no base64"));
  EXPECT_THAT(user("client-key: k"), HasSubstr("needed together"));
  EXPECT_THAT(user("auth-provider: {name: gcp}"), HasSubstr("use exec"));
  EXPECT_THAT(user("token: 7"), HasSubstr("users[u].user.token: a string is needed"));
  EXPECT_THAT(user("exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}"),
              HasSubstr("users[u].user.exec.apiVersion: 'client.authentication.k8s.io/v1alpha1'"));
  EXPECT_THAT(user("exec: {apiVersion: client.authentication.k8s.io/v1}"),
              HasSubstr("users[u].user.exec.command: is missing"));
  EXPECT_THAT(refusal("clusters: [{name: c, cluster: {server: x, proxy-url: 'socks5://p'}}]"),
              HasSubstr("clusters[c].cluster.proxy-url"));
  EXPECT_THAT(refusal("clusters: [{name: c, cluster: {certificate-authority: x, "
                      "insecure-skip-tls-verify: true}}]"),
              HasSubstr("exclude each other"));
  EXPECT_THAT(user("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
                   "interactiveMode: Always}"),
              HasSubstr("users[u].user.exec.interactiveMode"));
  EXPECT_THAT(user("as-uid: 7"), HasSubstr("users[u].user.as-uid: a string is needed"));
  EXPECT_THAT(refusal("kind: Pod"), HasSubstr("kind 'Pod'"));
  EXPECT_THAT(refusal("a: ["), HasSubstr("/home/me/.kube/config:1"));
  EXPECT_EQ(refusal(""), "");
}

/// Each test is a process of its own, so what it sets in its environment is nobody else's.
TEST(KubeConfig, WhatNobodyChoosesMayBeAsItIs) {
  const ConfigFile file = parsed(std::string(kFile) + R"(
- name: old
  context: {cluster: c1, user: u3}
)");
  ConfigFile with_old = file;
  merge(with_old, parsed("users: [{name: u3, user: {auth-provider: {name: gcp}}}]"));
  EXPECT_TRUE(choose(with_old, {}).has_value());
  const auto config = choose(with_old, {.context = "old"});
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, base::Code::InvalidArgument);
  EXPECT_THAT(config.error().message, HasSubstr("users[u3].user.auth-provider"));
}

/// Each test is a process of its own, so what it sets in its environment is nobody else's.
class KubeConfigFiles : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"KUBECONFIG", "HOME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "HTTPS_PROXY",
          "https_proxy", "NO_PROXY", "no_proxy"}) {
      ::unsetenv(name);
    }
    folder = testing::TempDir() + "muster-kubeconfig-" + std::to_string(::getpid());
    ASSERT_TRUE(aio::make_dirs(folder).has_value());
  }
  void TearDown() override { static_cast<void>(aio::remove_tree(folder)); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder + "/" + name) << text;
    return folder + "/" + name;
  }
  std::string folder;
};

TEST_F(KubeConfigFiles, SeveralAreMergedAndThoseThatAreNotThereAreLeftOut) {
  const std::string a = file("a", "current-context: away");
  const std::string b = file("b", kFile);
  ::setenv("KUBECONFIG", (a + ":" + folder + "/none::" + b).c_str(), 1);
  const auto config = load_config("", {});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->context, "away");
  EXPECT_EQ(config->cluster.authority.file, folder + "/pki/ca.crt");
  EXPECT_EQ(load_config(folder + "/none", {}).error().code, base::Code::NotFound);
}

TEST_F(KubeConfigFiles, AProxyIsThatOfTheFileElseThatOfTheEnvironment) {
  const auto proxy = [&](const std::string& server, const std::string& more = "") {
    const auto config =
        load_config(file("c",
                         "current-context: x\ncontexts: [{name: x, context: {cluster: x}}]\n"
                         "clusters: [{name: x, cluster: {server: '" +
                             server + "'" + more + "}}]"),
                    {});
    return config ? config->cluster.proxy : config.error().message;
  };
  const std::string own = ", proxy-url: 'http://own:1'";
  EXPECT_EQ(proxy("https://api.example"), "");
  EXPECT_EQ(proxy("https://api.example", own), "http://own:1");
  ::setenv("https_proxy", "http://small:2", 1);
  EXPECT_EQ(proxy("https://api.example"), "http://small:2");
  ::setenv("HTTPS_PROXY", "large:3", 1);
  EXPECT_EQ(proxy("https://api.example"), "large:3");
  EXPECT_EQ(proxy("api.example:6443"), "large:3") << "https is meant";
  EXPECT_EQ(proxy("https://api.example", own), "http://own:1");
  EXPECT_EQ(proxy("http://api.example"), "") << "a proxy would read it";
  EXPECT_EQ(proxy("https://127.0.0.1:6443"), "");
  EXPECT_EQ(proxy("https://127.0.0.1:6443", own), "http://own:1") << "whatever NO_PROXY says";
  ::setenv("NO_PROXY", "10.0.0.0/8,.svc", 1);
  EXPECT_EQ(proxy("https://10.96.0.1"), "");
  EXPECT_EQ(proxy("https://11.96.0.1"), "large:3");
  ::setenv("HTTPS_PROXY", "socks5://me:secret@large:3", 1);
  EXPECT_THAT(proxy("https://api.example"), HasSubstr("HTTPS_PROXY: proxy 'socks5://large:3'"));
  // A pod of a cluster is told of one in the same way.
  ::setenv("HTTPS_PROXY", "http://large:3", 1);
  ::setenv("HOME", folder.c_str(), 1);
  ::setenv("KUBERNETES_SERVICE_HOST", "11.96.0.1", 1);
  ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  EXPECT_EQ(load_config("", {})->cluster.proxy, "http://large:3");
  ::setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
  EXPECT_EQ(load_config("", {})->cluster.proxy, "");
}

TEST_F(KubeConfigFiles, WithoutThemAPodIsItsServiceAccount) {
  ::setenv("HOME", folder.c_str(), 1);
  EXPECT_THAT(load_config("", {}).error().message, HasSubstr("no current context"));
  ::setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  file("namespace", "muster-system\n");
  const auto pod = in_cluster(folder);
  ASSERT_TRUE(pod.has_value()) << pod.error().message;
  EXPECT_EQ(pod->cluster.server, "https://[fd00::1]:443");
  EXPECT_EQ(pod->ns, "muster-system");
  EXPECT_EQ(pod->user.token_file, folder + "/token");
  EXPECT_EQ(load_config("", {.ns = "x"})->ns, "x");
  EXPECT_EQ(
      load_config("", {.overrides = {.impersonate = {.user = "jane"}}})->user.impersonate.user,
      "jane");
  const auto elsewhere = load_config("", {.overrides = {.server = "https://other"}});
  ASSERT_TRUE(elsewhere.has_value()) << elsewhere.error().message;
  EXPECT_EQ(elsewhere->user.token_file, "") << "the pod's token is for its own cluster";
  ASSERT_TRUE(aio::make_dirs(folder + "/.kube").has_value());
  file(".kube/config", kFile);
  EXPECT_EQ(load_config("", {})->context, "") << "the pod's, not that of its home";
  EXPECT_EQ(load_config("", {.context = "away"})->context, "away");
  EXPECT_FALSE(load_config("", {.context = "none"}).has_value()) << "asked for by name";
}

}  // namespace
}  // namespace kube
