// Profiles and the API server in memory, in virtual time: what is delivered, follows, is put right,
// and how many writes that takes.
#include "operator/profile_controller.h"

#include <memory>
#include <optional>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/task_group.h"
#include "api/sidecar_profile.h"
#include "cluster/objects.h"
#include "cluster/status.h"
#include "kube/forwarding_client.h"
#include "operator/log.h"
#include "operator/profile_delivery.h"
#include "sim/api_client.h"

namespace op {
namespace {

using api::Node;
using testing::HasSubstr;

const kube::Resource kEvents{"events.k8s.io", "v1", "Event", "events", true};

/// A server that does not let us look at pods for as long as `refuses`.
class Forbidding final : public kube::ForwardingClient {
 public:
  Forbidding(kube::Client& inner, const bool& refuses)
      : ForwardingClient(inner), refuses_(refuses) {}
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target,
                                            std::string content_type, std::string body,
                                            std::stop_token stop) override {
    if (refuses_ && target.find("/pods") != std::string::npos) {
      kube::Reply reply;
      reply.code = reply.refusal.code = 403;
      reply.refusal.message = "not you";
      co_return reply;
    }
    co_return co_await inner_.send(std::move(method), std::move(target), std::move(content_type),
                                   std::move(body), std::move(stop));
  }

 private:
  const bool& refuses_;
};

struct Running {
  std::unique_ptr<kube::Client> connection, client;
  std::optional<kube::EventRecorder> events;
  std::optional<ProfileController> controller;
  std::stop_source stop;
};

aio::Task<base::Result<bool>> run(Running& running) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor, running.stop.get_token());
  group.spawn(running.controller->follow(group.token()));
  group.spawn(running.events->run(group.token()));
  group.spawn(running.controller->work(group.token()));
  CO_TRY(co_await group.join());
  co_return true;
}

class Profiles : public testing::Test {
 protected:
  Profiles() {
    listen_to_log([](const std::string&) {});
    for (const kube::Resource& each :
         {kSidecarProfiles, cluster::kConfigMaps, cluster::kPods, kEvents}) {
      server.serve(each);
    }
    link.before_write = [this](sim::Process&, sim::ApiRequest& request) {
      if (request.target.find("/events") == std::string::npos) ++writes;
    };
    sim::Process& process = machine.make("operator");
    const auto running = std::make_shared<Running>();
    running->connection = sim::connect(link, process, process.executor(), {});
    running->client = std::make_unique<Forbidding>(*running->connection, refuses);
    running->events.emplace(process.clock(), *running->client,
                            kube::Reporter{"muster.dev/operator", "operator"});
    running->controller.emplace(process.clock(), *running->client, *running->events,
                                ControllerSettings{});
    process.run(running, run(*running), {});
  }
  ~Profiles() override {
    machine.end_all();
    listen_to_log({});
  }

  void put(Node spec) {
    server.put(kSidecarProfiles,
               Node::map()
                   .set("apiVersion", kSidecarProfiles.api_version())
                   .set("kind", kSidecarProfiles.kind)
                   .set("metadata", Node::map().set("name", "web").set("namespace", "shop"))
                   .set("spec", std::move(spec)));
  }

  void put_pod(const std::string& name, const std::string& status) {
    server.put(
        cluster::kPods,
        Node::map().set("metadata",
                        Node::map()
                            .set("name", name)
                            .set("namespace", "shop")
                            .set("annotations", Node::map()
                                                    .set(api::kSidecarStatusAnnotation, status)
                                                    .set(api::kSidecarProfileAnnotation, "web"))));
  }

  Node profile() const {
    const auto found = server.find(kSidecarProfiles, {"shop", "web"});
    return found ? *found : Node();
  }
  std::string delivered() const {
    const auto found = server.find(cluster::kConfigMaps, {"shop", "muster-sidecar-web"});
    return found ? (*found)["data"][api::kSidecarProfileKey].as_string() : "";
  }
  std::string reason(const char* type = "Delivered") const { return said(type, "reason"); }
  std::string said(const char* type, const char* what) const {
    const Node now = profile();
    const Node* one = cluster::condition_of(now["status"]["conditions"], type);
    return one == nullptr ? "" : (*one)[what].as_string();
  }
  void wait(base::Duration length) {
    machine.run_until([] { return false; }, machine.now() + length);
  }
  bool soon(const std::function<bool()>& condition) {
    return machine.run_until(condition, machine.now() + base::seconds(150));
  }

  sim::Machine machine;
  sim::ApiServer server{[this] { return machine.wall_now(); }};
  sim::ApiLink link{machine, server, 1};
  int writes = 0;
  bool refuses = false;
};

TEST_F(Profiles, AreDeliveredAndThenLeftAlone) {
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(soon([&] { return reason() == "Delivered"; }));
  EXPECT_THAT(delivered(), HasSubstr("headSeconds: 3"));
  wait(base::seconds(5));
  EXPECT_EQ(writes, 2) << "the ConfigMap and the status";
  wait(base::seconds(3600));
  EXPECT_EQ(writes, 2) << "a quiet cluster gets no writes";
}

TEST_F(Profiles, EditsFollow) {
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(soon([&] { return reason() == "Delivered"; }));
  Node edited = profile();
  edited.set("spec", Node::map().set("headSeconds", 4));
  server.put(kSidecarProfiles, edited);
  ASSERT_TRUE(
      machine.run_until([&] { return delivered().find("headSeconds: 4") != std::string::npos; },
                        machine.now() + base::seconds(5)));
}

TEST_F(Profiles, WhatSomebodyDidToAConfigMapIsPutRight) {
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(soon([&] { return reason() == "Delivered"; }));
  const std::string was = delivered();
  Node spoilt = *server.find(cluster::kConfigMaps, {"shop", "muster-sidecar-web"});
  spoilt.set("data", Node::map().set(api::kSidecarProfileKey, "{}"));
  server.put(cluster::kConfigMaps, spoilt);
  EXPECT_TRUE(soon([&] { return delivered() == was; }));
  server.erase(cluster::kConfigMaps, {"shop", "muster-sidecar-web"});
  EXPECT_TRUE(soon([&] { return delivered() == was; }));
}

TEST_F(Profiles, AnothersConfigMapStaysAsItIsUntilItMakesRoom) {
  server.put(
      cluster::kConfigMaps,
      Node::map()
          .set("metadata", Node::map().set("name", "muster-sidecar-web").set("namespace", "shop"))
          .set("data", Node::map().set(api::kSidecarProfileKey, "mine")));
  put(Node::map());
  ASSERT_TRUE(soon([&] { return reason() == "NameTaken"; }));
  wait(base::seconds(600));
  EXPECT_EQ(delivered(), "mine");
  EXPECT_EQ(writes, 1) << "the status";
  server.erase(cluster::kConfigMaps, {"shop", "muster-sidecar-web"});
  EXPECT_TRUE(soon([&] { return reason() == "Delivered"; }));
}

TEST_F(Profiles, AProfileThatBecomesWrongChangesNothing) {
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(soon([&] { return reason() == "Delivered"; }));
  const std::string was = delivered();
  Node edited = profile();
  edited.set("spec", Node::map().set("deny", Node::strings({"nobody"})));
  server.put(kSidecarProfiles, edited);
  ASSERT_TRUE(soon([&] { return reason() == "Invalid"; }));
  EXPECT_EQ(delivered(), was);
  EXPECT_EQ(profile()["status"]["configMap"].as_string(), "muster-sidecar-web");
}

TEST_F(Profiles, PodsThatWereRefusedAreTheirProfilesConditionForAsLongAsTheyAreThere) {
  put_pod("one", "Refused: NoPort: no container says a TCP port");
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(soon([&] { return reason("Injected") == "NoPort"; }));
  EXPECT_EQ(said("Injected", "status"), "False");
  EXPECT_THAT(said("Injected", "message"), HasSubstr("Pod one: NoPort: no container says"));
  EXPECT_EQ(reason(), "Delivered");
  const int before = writes;
  wait(base::seconds(3600));
  EXPECT_EQ(writes, before) << "nothing new is said";
  put_pod("one", "Injected");
  EXPECT_TRUE(soon([&] { return reason("Injected").empty(); }));
  EXPECT_EQ(writes, before + 1);
}

TEST_F(Profiles, PodsThatComeAndGoCostFewWrites) {
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(soon([&] { return reason() == "Delivered"; }));
  const int before = writes, minutes = 10;
  for (int minute = 0; minute < minutes; ++minute) {
    const auto each = [&](const auto& act) {
      for (int i = 0; i < 250; ++i) act(fmt::format("pod-{}-{}", minute, i));
    };
    each([&](const std::string& name) { put_pod(name, "Refused: NoPort"); });
    wait(base::seconds(60));
    each([&](const std::string& name) { server.erase(cluster::kPods, {"shop", name}); });
  }
  EXPECT_GT(writes, before);
  EXPECT_LE(writes - before, 2 * minutes);
}

TEST_F(Profiles, OfPodsThatCannotBeSeenNothingIsSaidAndNothingTakenBack) {
  put_pod("one", "Refused: NoPort");
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(soon([&] { return reason("Injected") == "NoPort"; }));
  refuses = true;
  server.erase(cluster::kPods, {"shop", "one"});
  const int before = writes;
  wait(base::seconds(600));
  EXPECT_EQ(reason("Injected"), "NoPort");
  EXPECT_EQ(writes, before);
  refuses = false;
  EXPECT_TRUE(soon([&] { return reason("Injected").empty(); }));
}

TEST_F(Profiles, ABadNetworkEndsInTheSameState) {
  link.weather.lost = link.weather.unanswered = 0.3;
  put(Node::map().set("headSeconds", 3));
  ASSERT_TRUE(machine.run_until([&] { return reason() == "Delivered"; },
                                machine.now() + base::seconds(3600)));
  EXPECT_THAT(delivered(), HasSubstr("headSeconds: 3"));
}

}  // namespace
}  // namespace op
