// The library's example, as its own program, against a real API server.
#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "server_test.h"

namespace kube {
namespace {

class ExampleTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    aio::Command command;
    command.argv = {KUBE_EXAMPLE_COUNT_KEYS, ApiServer::instance().kubeconfig(), space};
    auto started = aio::Child::spawn(context.get_executor(), command, {});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    child.emplace(std::move(*started));
  }

  void make(const std::string& name, const std::string& labels, const std::string& data) {
    ASSERT_TRUE(ok(run(client->create(
        kConfigMaps, space,
        fmt::format(R"({{"metadata":{{"name":"{}","labels":{}}},"data":{}}})", name, labels, data),
        {}, {}))));
  }
  api::Node read(const std::string& name) {
    return object(run(client->get(kConfigMaps, {space, name}, {})))["metadata"];
  }
  std::string said(const std::string& name) {
    return read(name)["annotations"]["example.muster.dev/keys"].as_string();
  }
  bool comes_to_say(const std::string& name, const std::string& keys) {
    return until([&] { return said(name) == keys; });
  }

  std::optional<aio::Child> child;
};

constexpr const char* kCounted = R"({"example.muster.dev/count":"yes"})";

TEST_F(ExampleTest, CountsWhatIsThereWhatComesAndWhatIsChanged) {
  make("first", kCounted, R"({"a":"1","b":"2"})");
  make("another", "{}", R"({"a":"1"})");
  ASSERT_TRUE(comes_to_say("first", "2"));
  make("second", kCounted, "{}");
  ASSERT_TRUE(comes_to_say("second", "0"));
  ASSERT_TRUE(ok(run(client->patch(kConfigMaps, {space, "first"}, PatchType::Merge,
                                   R"({"data":{"a":null}})", {}, {}))));
  ASSERT_TRUE(comes_to_say("first", "1"));
  ASSERT_TRUE(ok(run(client->patch(
      kConfigMaps, {space, "first"}, PatchType::Merge,
      R"({"metadata":{"annotations":{"example.muster.dev/keys":"spoilt"}}})", {}, {}))));
  ASSERT_TRUE(comes_to_say("first", "1"));
  const std::string version = read("second")["resourceVersion"].as_string();
  ASSERT_TRUE(ok(run(client->remove(kConfigMaps, {space, "first"}, {}, {}))));
  make("first", kCounted, R"({"c":"3"})");
  ASSERT_TRUE(comes_to_say("first", "1"));
  EXPECT_EQ(read("second")["resourceVersion"].as_string(), version) << "it was right";
  EXPECT_EQ(said("another"), "");
}

TEST_F(ExampleTest, EndsInGoodOrder) {
  make("first", kCounted, "{}");
  ASSERT_TRUE(comes_to_say("first", "0"));
  child->signal(SIGTERM);
  const auto ended = aio::run(context, child->wait({}));
  ASSERT_TRUE(ended.has_value()) << ended.error().message;
  EXPECT_EQ(ended->exit_code, 0) << ended->summary();
}

}  // namespace
}  // namespace kube
