// A namespace of its own on the real API server for each test, and the words of its tests.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/deadline.h"
#include "api/node.h"
#include "api_server.h"
#include "kube/client.h"

namespace kube {

namespace asio = boost::asio;

inline const Resource kConfigMaps{"", "v1", "ConfigMap", "configmaps", true};
inline const Resource kNamespaces{"", "v1", "Namespace", "namespaces", false};

inline std::string config_map(const std::string& name, const std::string& value,
                              const std::string& version = "") {
  api::Node meta = api::Node::map().set("name", name);
  if (!version.empty()) meta.set("resourceVersion", version);
  return api::to_json(api::Node::map()
                          .set("apiVersion", "v1")
                          .set("kind", "ConfigMap")
                          .set("metadata", std::move(meta))
                          .set("data", api::Node::map().set("key", value)));
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    for (const char* c = test->name(); *c != '\0'; ++c) {
      space += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
    }
    space = space.substr(0, 60);
    folder = testing::TempDir() + "muster-kube-" + space + std::to_string(::getpid());
    ASSERT_TRUE(aio::make_dirs(folder).has_value());
    client = connect(config());
    const std::string body =
        api::to_json(api::Node::map().set("metadata", api::Node::map().set("name", space)));
    ASSERT_TRUE(ok(run(client->create(kNamespaces, "", body, {}, {}))));
  }
  void TearDown() override {
    client.reset();
    static_cast<void>(aio::remove_tree(folder));
  }

  static Config config() {
    auto out = load_config(ApiServer::instance().kubeconfig(), {});
    EXPECT_TRUE(out.has_value()) << out.error().message;
    return out.value_or(Config{});
  }
  std::unique_ptr<Client> connect(Config config, ClientOptions options = {}) {
    auto out = Client::make(clock, context.get_executor(), std::move(config), std::move(options));
    EXPECT_TRUE(out.has_value()) << out.error().message;
    return out ? std::move(*out) : nullptr;
  }
  base::Result<Reply> run(aio::Task<base::Result<Reply>> task) {
    return aio::run(context, std::move(task));
  }
  static testing::AssertionResult ok(const base::Result<Reply>& reply) {
    if (!reply) return testing::AssertionFailure() << reply.error().message;
    if (!reply->ok()) return testing::AssertionFailure() << reply->refusal.message;
    return testing::AssertionSuccess();
  }
  static api::Node object(const base::Result<Reply>& reply) {
    return api::parse_json(reply->body).value_or(api::Node());
  }
  base::Result<Reply> create(const std::string& name, const std::string& value) {
    return run(client->create(kConfigMaps, space, config_map(name, value), {}, {}));
  }

  /// Runs what is under way until it holds.
  bool until(const std::function<bool()>& holds, base::Duration limit = base::seconds(40)) {
    const auto end = clock.now() + limit;
    context.restart();
    while (!holds() && clock.now() < end) context.run_for(std::chrono::milliseconds(5));
    return holds();
  }

  aio::SystemClock clock;
  asio::io_context context;
  std::string space, folder;
  std::unique_ptr<Client> client;
};

}  // namespace kube
