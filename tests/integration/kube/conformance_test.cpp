// The API server in memory, on which whole days of the operator are simulated, and a real one: each
// scenario is played on both, through the same client interface, and both say the same.
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "conformance_scenarios.h"
#include "server_test.h"
#include "sim/api_client.h"

namespace kube {
namespace {

using Lines = std::vector<std::string>;

const Resource kDefinitions{"apiextensions.k8s.io", "v1", "CustomResourceDefinition",
                            "customresourcedefinitions", false};
constexpr const char* kThings = R"({
  "apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
  "metadata":{"name":"things.conformance.muster.dev"},
  "spec":{"group":"conformance.muster.dev","scope":"Namespaced",
    "names":{"plural":"things","singular":"thing","kind":"Thing","listKind":"ThingList"},
    "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
      "schema":{"openAPIV3Schema":{"type":"object","properties":{
        "spec":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
        "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}})";

std::string text_of(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

aio::Task<base::Result<bool>> keep(aio::Task<base::Result<Lines>> playing,
                                   std::optional<base::Result<Lines>>& out) {
  out = co_await std::move(playing);
  co_return true;
}

class Conformance : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    ASSERT_TRUE(ok(run(client->create(kDefinitions, "", kThings, {}, {}))));
    const auto served = [this] {
      const auto listed = run(client->list(conformance_kinds().front(), space, {}, {}));
      return listed && listed->ok();
    };
    ASSERT_TRUE(until(served));
  }

  /// The minor version of the real one: 36.
  int minor_version() {
    const auto reply = run(client->send("GET", "/version", "", "", {}));
    if (!reply) return 0;
    const auto said = api::parse_json(reply->body);
    return said ? std::stoi((*said)["minor"].as_string()) : 0;
  }

  std::string on_the_real_one(const Scenario& scenario, std::size_t number) {
    const std::string own = fmt::format("{}-{}", space, number);
    const std::string body =
        api::to_json(api::Node::map().set("metadata", api::Node::map().set("name", own)));
    EXPECT_TRUE(ok(run(client->create(kNamespaces, "", body, {}, {}))));
    const Stage stage{client.get(), &clock, own, [] { ApiServer::instance().tell("compact"); }};
    const auto lines = aio::run(context, play(stage, scenario));
    return lines ? text_of(*lines) : lines.error().message;
  }

  static std::string on_the_simulated_one(const Scenario& scenario) {
    sim::Machine machine;
    sim::ApiServer server([&machine] { return machine.wall_now(); });
    sim::ApiLink link(machine, server, 1);
    for (const Resource& each : conformance_kinds()) {
      if (each.kind != "Unserved") server.serve(each);
    }
    sim::Process& process = machine.make("test");
    const auto client = sim::connect(link, process, process.executor(), {});
    const Stage stage{client.get(), &process.clock(), "shop", [&server] { server.compact(); }};
    std::optional<base::Result<Lines>> out;
    process.run(nullptr, keep(play(stage, scenario), out), {});
    machine.run_until([&out] { return out.has_value(); }, machine.now() + base::seconds(600));
    machine.end_all();
    if (!out) return "it does not end";
    return *out ? text_of(**out) : out->error().message;
  }
};

TEST_F(Conformance, TheSimulatedServerSaysWhatARealOneSays) {
  std::size_t number = 0;
  const int minor = minor_version();
  ASSERT_GT(minor, 0);
  for (const Scenario& each : conformance_scenarios()) {
    if (each.since > minor) continue;
    const std::string real = on_the_real_one(each, ++number);
    EXPECT_EQ(on_the_simulated_one(each), real) << each.name;
    EXPECT_NE(real.find(": "), std::string::npos) << each.name << " says nothing";
  }
}

}  // namespace
}  // namespace kube
