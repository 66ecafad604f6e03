// The condition Ready of plans and schedules, as a whole replica of the operator writes it to the
// API server in memory.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/objects.h"
#include "operator/log.h"
#include "operator/profile_delivery.h"
#include "operator/replica.h"
#include "sim/api_client.h"
#include "sim/cluster_life.h"
#include "simulated/scenario.h"

namespace op {
namespace {

using api::Node;
using testing::HasSubstr;

struct Running {
  std::unique_ptr<kube::Client> client, election_client;
  std::unique_ptr<Replica> replica;
  std::stop_source stop;
};

class Ready : public testing::Test {
 protected:
  Ready() {
    listen_to_log([](const std::string&) {});
    for (const kube::Resource& each :
         {cluster::kDrills, cluster::kPlans, cluster::kSchedules, cluster::kNamespaces,
          cluster::kConfigMaps, cluster::kPods, kSidecarProfiles, sim::kStatefulSets,
          sim::kDeployments, sim::kServices, sim::kNodes, kEvents}) {
      server.serve(each);
    }
    for (const Node& object : objects_of_the_shop()) {
      for (const kube::Resource& each :
           {cluster::kNamespaces, sim::kStatefulSets, sim::kDeployments, cluster::kPlans}) {
        if (each.kind == object["kind"].as_string()) server.put(each, object);
      }
    }
    link.before_write = [this](sim::Process&, sim::ApiRequest& request) {
      if (request.target.find("/events") == std::string::npos) ++writes;
    };
  }
  ~Ready() override {
    machine.end_all();
    listen_to_log({});
  }

  void start() {
    sim::Process& process = machine.make("operator");
    const auto running = std::make_shared<Running>();
    running->client = sim::connect(link, process, process.executor(), {});
    running->election_client = sim::connect(link, process, process.executor(), {});
    running->replica = std::make_unique<Replica>(
        process.clock(), *running->client, *running->election_client,
        ReplicaOptions{"operator", "uid", "muster-system", false, {}, {}});
    process.run(running, running->replica->run(running->stop.get_token()), {});
  }
  void edit(const kube::Resource& resource, const kube::Key& key,
            const std::function<void(Node&)>& how) {
    Node object = *server.find(resource, key);
    how(object);
    server.put(resource, std::move(object));
  }
  void label_namespace(bool on) {
    edit(cluster::kNamespaces, {"", "shop"}, [on](Node& object) {
      Node labels = Node::map();
      if (on) labels.set(cluster::kOptInLabel, cluster::kOptInValue);
      object.set("metadata", Node::map().set("name", "shop").set("labels", std::move(labels)));
    });
  }
  Node ready(const kube::Resource& resource, const std::string& name) const {
    const auto object = server.find(resource, {"shop", name});
    const Node* one =
        object ? cluster::condition_of((*object)["status"]["conditions"], "Ready") : nullptr;
    return one == nullptr ? Node() : *one;
  }
  bool comes_to(const kube::Resource& resource, const std::string& name,
                const std::string& reason) {
    return machine.run_until([&] { return ready(resource, name)["reason"].as_string() == reason; },
                             machine.now() + base::seconds(120));
  }
  static int plans() {
    const std::vector<Node> all = objects_of_the_shop();
    return static_cast<int>(std::ranges::count_if(
        all, [](const Node& each) { return each["kind"].as_string() == "RecoveryPlan"; }));
  }
  void wait(base::Duration length) {
    machine.run_until([] { return false; }, machine.now() + length);
  }

  static inline const kube::Resource kEvents{"events.k8s.io", "v1", "Event", "events", true};
  sim::Machine machine;
  sim::ApiServer server{[this] { return machine.wall_now(); }};
  sim::ApiLink link{machine, server, 1};
  int writes = 0;
};

TEST_F(Ready, APlanThatCanBeRunSaysSoAndIsThenLeftAlone) {
  start();
  ASSERT_TRUE(comes_to(cluster::kPlans, "pair", "Ready"));
  EXPECT_EQ(ready(cluster::kPlans, "pair")["status"].as_string(), "True");
  wait(base::seconds(10));
  const int before = writes;
  EXPECT_EQ(before, plans()) << "one of each plan";
  wait(base::seconds(7200));
  EXPECT_EQ(writes, before) << "a quiet cluster gets no writes";
}

TEST_F(Ready, APlanThatIsWrongSaysWhat) {
  edit(cluster::kPlans, {"shop", "pair"}, [](Node& plan) {
    Node spec = plan["spec"];
    Node faults = Node::sequence();
    faults.push(Node::map()
                    .set("name", "x")
                    .set("scale", Node::map().set("workload", "nobody").set("replicas", 0)));
    plan.set("spec", spec.set("faults", std::move(faults)));
  });
  start();
  ASSERT_TRUE(comes_to(cluster::kPlans, "pair", "InvalidPlan"));
  EXPECT_EQ(ready(cluster::kPlans, "pair")["status"].as_string(), "False");
  EXPECT_THAT(ready(cluster::kPlans, "pair")["message"].as_string(), HasSubstr("nobody"));
}

TEST_F(Ready, APlanIsReadyWhenItsNamespaceOrItsWorkloadsHaveAgreed) {
  label_namespace(false);
  start();
  ASSERT_TRUE(comes_to(cluster::kPlans, "web", "NamespaceNotEnabled"));
  EXPECT_THAT(ready(cluster::kPlans, "web")["message"].as_string(),
              HasSubstr("neither namespace shop nor Deployment web has the label "
                        "muster.dev/drills=enabled"));
  wait(base::seconds(10));
  const int before = writes;
  wait(base::seconds(600));
  EXPECT_EQ(writes, before) << "looking for the label writes nothing";
  edit(sim::kDeployments, {"shop", "web"}, [](Node& object) {
    Node meta = object["metadata"];
    meta.set("labels", Node::map().set(cluster::kOptInLabel, cluster::kOptInValue));
    object.set("metadata", std::move(meta));
  });
  EXPECT_TRUE(comes_to(cluster::kPlans, "web", "Ready"));
  EXPECT_EQ(ready(cluster::kPlans, "pair")["reason"].as_string(), "NamespaceNotEnabled");
  label_namespace(true);
  EXPECT_TRUE(comes_to(cluster::kPlans, "pair", "Ready"));
}

TEST_F(Ready, PodsByTheirLabelsAgreeOneByOne) {
  label_namespace(false);
  const auto put = [this](const char* name, const char* labels) {
    server.put(
        cluster::kPods,
        *api::parse_json(fmt::format(
            R"({{"metadata":{{"name":"{}","namespace":"shop","labels":{}}}}})", name, labels)));
  };
  put("web-1", R"({"app":"web","tier":"front","muster.dev/drills":"enabled"})");
  put("web-2", R"({"app":"web","tier":"front"})");
  put("other", R"({"app":"other","tier":"front"})");
  put("one-runner", R"({"app":"web","tier":"front","muster.dev/drill":"uid"})");
  start();
  ASSERT_TRUE(comes_to(cluster::kPlans, "labelled", "NamespaceNotEnabled"));
  EXPECT_THAT(ready(cluster::kPlans, "labelled")["message"].as_string(),
              HasSubstr("neither namespace shop nor Pod web-2 has the label"));
  put("web-2", R"({"app":"web","tier":"front","muster.dev/drills":"enabled"})");
  EXPECT_TRUE(comes_to(cluster::kPlans, "labelled", "Ready"));
}

TEST_F(Ready, AScheduleIsReadyWhileItsPlanIsThere) {
  const Node plan = *server.find(cluster::kPlans, {"shop", "web"});
  server.erase(cluster::kPlans, {"shop", "web"});
  Node schedule = schedule_each_minute();
  Node spec = schedule["spec"];
  server.put(cluster::kSchedules, schedule.set("spec", spec.set("suspend", true)));
  start();
  ASSERT_TRUE(comes_to(cluster::kSchedules, "nightly", "PlanNotFound"));
  EXPECT_EQ(ready(cluster::kSchedules, "nightly")["status"].as_string(), "False");
  EXPECT_EQ(ready(cluster::kSchedules, "nightly")["message"].as_string(),
            "there is no RecoveryPlan 'web' in namespace shop");
  server.put(cluster::kPlans, plan);
  ASSERT_TRUE(comes_to(cluster::kSchedules, "nightly", "Ready"));
  EXPECT_EQ(ready(cluster::kSchedules, "nightly")["status"].as_string(), "True");
  server.erase(cluster::kPlans, {"shop", "web"});
  EXPECT_TRUE(comes_to(cluster::kSchedules, "nightly", "PlanNotFound"));
}

}  // namespace
}  // namespace op
