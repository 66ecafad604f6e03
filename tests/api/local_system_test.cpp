#include "api/local_system.h"

#include <gtest/gtest.h>

#include "documents.h"

namespace api {
namespace {

tl::expected<LocalSystem, Problems> parse(const std::string& text, const std::string& file) {
  auto documents = parse_yaml(text, file);
  if (!documents) return tl::unexpected(documents.error());
  EXPECT_EQ(documents->size(), 1U);
  return parse_local_system(documents->front(), file);
}

std::string refused(const std::string& text) {
  const auto system = parse(text, "s.yaml");
  return system ? "" : format(system.error());
}

constexpr const char* kHead =
    "apiVersion: muster.dev/v1alpha1\nkind: LocalSystem\nmetadata: {name: x}\n";

class ShippedSystem : public testing::TestWithParam<const char*> {};

TEST_P(ShippedSystem, ParsesAndRoundTrips) {
  const std::string file =
      std::string(MUSTER_SOURCE_DIR "/dr-drills/systems/") + GetParam() + "/system.yaml";
  const auto system = parse(read_file(file), file);
  ASSERT_TRUE(system) << format(system.error());
  EXPECT_EQ(system->name, GetParam());
  EXPECT_EQ(system->home + "/system.yaml", file);
  EXPECT_TRUE(system->drillable);
  ASSERT_NE(system->instance("a"), nullptr);
  EXPECT_EQ(system->instance("a")->postgres->database, "app");
  EXPECT_EQ(system->service("proxy")->haproxy->backend, "db");
  if (!system->relays.empty()) {
    EXPECT_EQ(system->relay("from-a")->between, (std::vector<std::string>{"a", "b"}));
  }
  EXPECT_EQ(system->process("nothing"), nullptr);
  const Node node = to_node(*system);
  const auto again = parse_local_system(node, file);
  ASSERT_TRUE(again) << format(again.error());
  EXPECT_EQ(to_node(*again), node);
  EXPECT_TRUE(parse_local_system(node["spec"], "plan.yaml")) << "the inline form";
}

INSTANTIATE_TEST_SUITE_P(All, ShippedSystem,
                         testing::Values("postgres-pair", "postgres-backup", "patroni"),
                         [](const auto& info) {
                           const std::string name = info.param;
                           return name.substr(name.rfind('-') + 1);
                         });

TEST(LocalSystem, ResolvesEveryString) {
  const auto system = parse(std::string(kHead) +
                                "spec:\n  ports: [a]\n  parameters: [{name: p, default: x}]\n"
                                "  start: {argv: [\"{home}/go\", \"{param.p}\"]}\n"
                                "  processes: [{name: a, pidFile: \"{dir}/pid\"}]\n"
                                "  instances: [{name: a, address: \"h:{port.a}\", process: a}]\n"
                                "  services: [{name: s, address: \"{address.a}\"}]\n",
                            "s.yaml");
  ASSERT_TRUE(system) << format(system.error());
  const auto resolved = substitute(
      *system,
      {{"home", "/h"}, {"param.p", "v"}, {"dir", "/d"}, {"port.a", "7"}, {"address.a", "h:7"}});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->start->argv, (std::vector<std::string>{"/h/go", "v"}));
  EXPECT_EQ(resolved->processes[0].pid_file, "/d/pid");
  EXPECT_EQ(resolved->instances[0].address, "h:7");
  EXPECT_EQ(resolved->services[0].address, "h:7");
  EXPECT_FALSE(substitute(*system, {}));
}

TEST(LocalSystem, RefusesWhatLeadsNowhereAndSaysWhatExists) {
  EXPECT_EQ(refused(std::string(kHead) + "spec:\n  ports: [a]\n  instances:\n"
                                         "  - {name: i, address: \"h:{port.b}\", process: q}\n"),
            "s.yaml:7:24: spec.instances.i.address: {port.b} stands for nothing here; known are: "
            "{address.i}, {dir}, {home}, {port.a}\n"
            "s.yaml:7:47: spec.instances.i.process: there is no process \"q\". There are: none\n");
  EXPECT_NE(refused(std::string(kHead) + "spec: {ports: [a, a]}").find("twice"), std::string::npos);
  EXPECT_NE(refused(std::string(kHead) + "spec: {ports: [\"a b\"]}"), "");
  EXPECT_NE(refused(std::string(kHead) + "spec: {parameters: [{name: a-b}]}"), "");
}

TEST(LocalSystem, ANameServerIsGivenByNumber) {
  const auto resolver = [](const std::string& address) {
    return refused(std::string(kHead) + "spec: {ports: [dns], resolver: {address: \"" + address +
                   "\"}}");
  };
  for (const char* right : {"127.0.0.1:53", "127.0.0.1:{port.dns}", "[::1]:5353", "{dir}:53"}) {
    EXPECT_EQ(resolver(right), "") << right;
  }
  for (const char* wrong : {"ns.example:53", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", ":53",
                            "127.0.0.1:65536", "127.0.0.1:x", ""}) {
    EXPECT_NE(resolver(wrong).find("spec.resolver.address"), std::string::npos) << wrong;
  }
}

TEST(LocalSystem, ReportsAllProblemsAtOnceWithNearestNames) {
  EXPECT_EQ(
      refused("apiVersion: muster.dev/v1\nkind: LocalSystem\nmetadata: {name: A}\n"
              "spec:\n  drilable: true\n  start: {argv: []}\n  stop: {timeoutSeconds: 5m}\n"),
      "s.yaml:1:13: apiVersion: \"muster.dev/v1\" is not allowed: it must be one of "
      "muster.dev/v1alpha1.\n"
      "s.yaml:3:18: metadata.name: \"A\" is not allowed: it must be a name of lower-case letters, "
      "digits and '-' (at most 63, a letter or digit at both ends)\n"
      "s.yaml:5:3: spec.drilable: there is no field \"drilable\" here. Did you mean \"drillable\"? "
      "Allowed are: drillable, description, needs, ports, parameters, setup, start, check, stop, "
      "processes, instances, services, relays, resolver\n"
      "s.yaml:6:17: spec.start.argv: has 0 items: a list of 1 to 64 strings is allowed\n"
      "s.yaml:7:9: spec.stop.argv: is missing: a list of 1 to 64 strings is required\n"
      "s.yaml:7:26: spec.stop.timeoutSeconds: \"5m\" is a string: an integer from 1 to 86400 (in "
      "seconds, written without a unit) is allowed\n");
}

}  // namespace
}  // namespace api
