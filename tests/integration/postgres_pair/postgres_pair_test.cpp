// The shipped systems, for real: broken, failed over, made whole again, and gone without a trace.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "api/local_system.h"
#include "api/yaml.h"
#include "targets/catalog.h"
#include "targets/driver.h"
#include "targets/local_target.h"

namespace targets {
namespace {

using api::Node;

class SystemTest : public testing::Test {
 protected:
  // The system runs as user postgres when the test runs as root: the folder must let it in.
  void open(const std::string& name, const std::map<std::string, std::string>& parameters) {
    dir_ = std::filesystem::temp_directory_path() / fmt::format("{}-{}", name, ::getpid());
    const std::string home = fmt::format("{}/dr-drills/systems/{}", MUSTER_SOURCE_DIR, name);
    const std::string file = home + "/system.yaml";
    const auto text = aio::read_file(file);
    ASSERT_TRUE(text);
    const auto documents = api::parse_yaml(*text, file);
    ASSERT_TRUE(documents) << api::format(documents.error());
    auto system = api::parse_local_system(documents->front(), file);
    ASSERT_TRUE(system) << api::format(system.error());
    system->home = home;
    auto target = LocalTarget::open(clock_, {*system, dir_, parameters, {RELAY_PROGRAM}});
    ASSERT_TRUE(target) << target.error().message;
    target_.emplace(std::move(*target));
    const auto started = run(target_->start({}));
    ASSERT_TRUE(started) << started.error().message;
  }

  void TearDown() override {
    if (target_) {
      const auto stopped = run(target_->stop({}));
      EXPECT_TRUE(stopped) << stopped.error().message;
      EXPECT_TRUE(target_->living().empty());
      EXPECT_TRUE(target_->remove());
      EXPECT_FALSE(std::filesystem::exists(dir_));
      EXPECT_EQ(processes_inside(), "");
    }
  }

  // Whoever still works in the system's directory or was started with it as an argument.
  std::string processes_inside() const {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::error_code ignored;
      const auto cwd = std::filesystem::read_symlink(entry.path() / "cwd", ignored).string();
      const auto cmdline = aio::read_file((entry.path() / "cmdline").string());
      if (cwd.starts_with(dir_) || (cmdline && cmdline->find(dir_) != std::string::npos)) {
        found += entry.path().filename().string() + " ";
      }
    }
    return found;
  }

  template <class T>
  base::Result<T> run(aio::Task<base::Result<T>> task) {
    return aio::run(context_, std::move(task));
  }

  std::string psql(const std::string& host, const std::string& port, const std::string& statement) {
    const auto outcome = run(target_->run({"psql", "-X", "-A", "-t", "-q", "-U", "muster", "-d",
                                           "app", "-h", host, "-p", port, "-c", statement},
                                          base::seconds(10), {}));
    if (!outcome || !outcome->ok()) {
      return "error: " + (outcome ? outcome->summary() : outcome.error().message);
    }
    return outcome->out.substr(0, outcome->out.find('\n'));
  }
  std::string port(const std::string& name) {
    return std::to_string(target_->state().ports.at(name));
  }
  std::string on(const std::string& name, const std::string& statement) {
    return psql("127.0.0.1", port(name), statement);
  }

  // prepare and apply, as a drill does; what undo will need.
  Node inject(const char* kind, api::Use use, const Node& params) {
    Context context{*target_, clock_, catalog_};
    Driver* driver = catalog_.driver(kind, use);
    const auto undo = run(driver->prepare(context, params, {}));
    EXPECT_TRUE(undo) << undo.error().message;
    const auto done = run(driver->apply(context, params, undo.value_or(Node()), {}));
    EXPECT_TRUE(done) << done.error().message;
    return undo.value_or(Node());
  }
  void undo(const char* kind, api::Use use, const Node& params, const Node& undo_node) {
    Context context{*target_, clock_, catalog_};
    const auto done = run(catalog_.driver(kind, use)->undo(context, params, undo_node, {}));
    EXPECT_TRUE(done) << done.error().message;
  }

  static constexpr const char* kInsert =
      "insert into orders (customer_id, item, quantity, price_cents) values (1, 'test', 1, 1) "
      "returning 'written'";
  static constexpr const char* kCount = "select count(*) from orders where item = 'test'";

  aio::asio::io_context context_;
  aio::SystemClock clock_;
  Catalog catalog_ = local_catalog();
  std::string dir_;
  std::optional<LocalTarget> target_;
};

TEST_F(SystemTest, PostgresPairLosesInFlightWritesFailsOverAndRejoins) {
  open("postgres-pair", {{"orders", "1000"}});
  ASSERT_TRUE(target_);
  const Node late =
      Node::map().set("relay", "from-a").set("mode", "Delay").set("delayMillis", 8000);
  const Node late_undo = inject("network", api::Use::Fault, late);
  EXPECT_EQ(on("proxy", kInsert), "written");  // acknowledged by a, in flight to b

  const Node kill = Node::map().set("name", "a").set("signal", "KILL").set("tree", true);
  inject("process", api::Use::Fault, kill);
  EXPECT_EQ(target_->state("a").value(), ProcessState::Gone);
  EXPECT_THAT(on("proxy", "select 1"), testing::StartsWith("error"));

  undo("network", api::Use::Fault, late, late_undo);

  EXPECT_EQ(on("b", "select pg_promote()"), "t");
  inject("route", api::Use::Step, Node::map().set("service", "proxy").set("to", "b"));
  EXPECT_EQ(on("proxy", "select current_setting('cluster_name')"), "b");
  EXPECT_EQ(on("proxy", kCount), "0") << "the write in flight must be lost";

  const auto isolated = run(target_->start_isolated("a", {}));
  ASSERT_TRUE(isolated) << isolated.error().message;
  EXPECT_EQ(*isolated, "a-isolated");
  const auto* instance = target_->system().instance(*isolated);
  EXPECT_EQ(psql(instance->postgres->socket_dir, port("a"), kCount), "1") << "a still has it";
  EXPECT_THAT(on("a", "select 1"), testing::StartsWith("error")) << "isolated yet reachable";
  EXPECT_TRUE(run(target_->stop_isolated("a", {})));

  inject("command", api::Use::Step,
         Node::map().set("argv", Node::strings({"rejoin.sh", "a"})).set("timeoutSeconds", 60));
  EXPECT_EQ(on("a", "select pg_is_in_recovery()"), "t");
  EXPECT_EQ(on("a", kCount), "0");
  EXPECT_TRUE(run(target_->check({})));
}

TEST_F(SystemTest, PostgresPairUndoesWhatWasNotFollowedByAPromotion) {
  open("postgres-pair", {{"synchronous", "on"}, {"orders", "1000"}});
  ASSERT_TRUE(target_);
  const Node kill = Node::map().set("name", "a").set("signal", "KILL").set("tree", true);
  const Node away = Node::map().set("service", "proxy").set("remove", "a");
  const Node cut = Node::map().set("peer", "b").set("mode", "Partition");
  const Node cut_undo = inject("network", api::Use::Fault, cut);
  const Node kill_undo = inject("process", api::Use::Fault, kill);
  const Node away_undo = inject("route", api::Use::Step, away);
  for (int twice = 0; twice < 2; ++twice) {
    undo("network", api::Use::Fault, cut, cut_undo);
    undo("route", api::Use::Step, away, away_undo);
    undo("process", api::Use::Fault, kill, kill_undo);
  }
  EXPECT_EQ(on("proxy", kInsert), "written") << "synchronous: the link must be open again";
  EXPECT_EQ(on("proxy", "select current_setting('cluster_name')"), "a");
}

TEST_F(SystemTest, PatroniStartsWithAAsPrimaryAndStops) {
  open("patroni", {{"orders", "1000"}});
  ASSERT_TRUE(target_);
  EXPECT_EQ(on("a", "select pg_is_in_recovery()"), "f");
  EXPECT_EQ(on("b", "select pg_is_in_recovery()"), "t");
  EXPECT_EQ(on("proxy", kInsert), "written");
  // A whole node: Patroni and PostgreSQL together.
  EXPECT_EQ(target_->roots("node-a").value().size(), 2U);
  inject("process", api::Use::Fault, Node::map().set("name", "node-a").set("signal", "KILL"));
  EXPECT_EQ(target_->state("a").value(), ProcessState::Gone);
  EXPECT_EQ(target_->state("patroni-a").value(), ProcessState::Gone);
}

}  // namespace
}  // namespace targets
