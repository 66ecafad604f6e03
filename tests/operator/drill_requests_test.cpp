// Requests of one who looked a while ago, at the API server in memory: what became of it meanwhile
// is not touched.
#include "operator/drill_requests.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/objects.h"
#include "sim/api_client.h"

namespace op {
namespace {

using api::Node;

aio::Task<base::Result<bool>> remove_it(kube::Client& client, cluster::DrillObject drill,
                                        RemovePod which, std::optional<base::Result<>>& out) {
  out = co_await remove_pod(client, std::move(drill), std::move(which), {});
  co_return true;
}

class DrillRequests : public testing::Test {
 protected:
  DrillRequests() {
    server.serve(cluster::kPods);
    drill.key = {"shop", "d"};
  }
  ~DrillRequests() override { machine.end_all(); }

  /// The UID of a new guardian.
  std::string make_guardian() {
    const std::string name = pod_name("d", PodRole::Guardian);
    server.put(cluster::kPods,
               Node::map().set("metadata", Node::map().set("name", name).set("namespace", "shop")));
    return (*guardian())["metadata"]["uid"].as_string();
  }
  sim::ApiServer::Object guardian() const {
    return server.find(cluster::kPods, {"shop", pod_name("d", PodRole::Guardian)});
  }
  base::Result<> remove(const std::string& uid) {
    sim::Process& process = machine.make("operator");
    const auto client = sim::connect(link, process, process.executor(), {});
    std::optional<base::Result<>> out;
    process.run(nullptr, remove_it(*client, drill, {PodRole::Guardian, true, uid}, out), {});
    machine.run_until([&] { return out.has_value(); }, machine.now() + base::seconds(60));
    process.kill();
    return out.value();
  }

  sim::Machine machine;
  sim::ApiServer server{[this] { return machine.wall_now(); }};
  sim::ApiLink link{machine, server, 1};
  cluster::DrillObject drill;
};

TEST_F(DrillRequests, ALateRemovalLeavesTheGuardianThatWasMadeMeanwhile) {
  const std::string first = make_guardian();
  server.erase(cluster::kPods, {"shop", pod_name("d", PodRole::Guardian)});
  EXPECT_TRUE(remove(first).has_value()) << "it is gone";
  make_guardian();
  EXPECT_TRUE(remove(first).has_value()) << "it is gone, and another has its name";
  EXPECT_NE(guardian(), nullptr);
}

TEST_F(DrillRequests, ARemovalTakesTheOneThatIsMeant) {
  EXPECT_TRUE(remove(make_guardian()).has_value());
  EXPECT_EQ(guardian(), nullptr);
}

}  // namespace
}  // namespace op
