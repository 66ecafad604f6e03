// The kind denyNetwork. There is no network here that could enforce a policy, which is one of the
// two cases; for the other one the test closes the port when the policy is there.
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>

#include "kind_test.h"

namespace cluster {
namespace {

using boost::asio::ip::tcp;
using testing::AllOf;
using testing::HasSubstr;

class DenyNetworkTest : public KindTest {
 protected:
  void SetUp() override {
    KindTest::SetUp();
    pod_network = "127.0.0.";
    deploy("web", 2);
    open();
    for (const Pod& pod : pods("web")) {
      // All pods have the same port, which the first one is given.
      listeners.emplace_back(context, tcp::endpoint(boost::asio::ip::make_address(pod.ip), port));
      port = listeners.front().local_endpoint().port();
    }
    params = fmt::format(R"({{"workload":"web","direction":"Ingress","port":{}}})", port);
  }
  void TearDown() override {
    listeners.clear();
    KindTest::TearDown();
  }
  static constexpr const char* kPolicy = "muster-deny-ingress-web";

  std::vector<tcp::acceptor> listeners;
  std::uint16_t port = 0;
  std::string params;
};

/// The addresses of pods are those of their network's family.
class PodNameTest : public KindTest {
 protected:
  std::string told(const std::string& network) {
    pod_network = network;
    deploy("web", 1);
    api::ClusterInstanceSpec instance;
    instance.name = "web-a";
    instance.workload = "web";
    spec_.instances.push_back(std::move(instance));
    open();
    const auto known = names_->known("web-a.pod");
    return known ? known->front().to_string() : "nobody";
  }
};

TEST_F(PodNameTest, LeadsToAPodOfIPv4) {
  EXPECT_EQ(told("10.9.0."), "10.9.0.1");
}

TEST_F(PodNameTest, LeadsToAPodOfIPv6) {
  EXPECT_EQ(told("2001:db8::"), "2001:db8::1");
}

TEST_F(DenyNetworkTest, APolicyThatNobodyEnforcesIsNoProof) {
  ASSERT_TRUE(done(preflight("denyNetwork", params)));
  const auto journal = prepare("denyNetwork", params);
  ASSERT_TRUE(done(journal));
  EXPECT_TRUE(get(kNetworkPolicies, kPolicy).is_null());
  ASSERT_TRUE(done(undo("denyNetwork", params, *journal))) << "it never ran";
  ASSERT_TRUE(done(apply("denyNetwork", params, *journal)));
  EXPECT_EQ(get(kNetworkPolicies, kPolicy)["spec"],
            json(R"({"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"]})"));
  const auto proof = prove("denyNetwork", params, *journal, base::millis(600));
  EXPECT_THAT(why(proof), AllOf(HasSubstr("still takes connections"), HasSubstr(kPolicy)));
  ASSERT_TRUE(done(undo("denyNetwork", params, *journal)));
  EXPECT_TRUE(get(kNetworkPolicies, kPolicy).is_null());
  ASSERT_TRUE(done(undo("denyNetwork", params, *journal)));
}

TEST_F(DenyNetworkTest, PodsThatTakeNoConnectionAnyMoreAreTheProof) {
  const auto journal = prepare("denyNetwork", params);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("denyNetwork", params, *journal)));
  listeners.pop_back();
  EXPECT_THAT(why(prove("denyNetwork", params, *journal, base::millis(600))),
              HasSubstr("still takes connections"))
      << "one of two is not both";
  listeners.clear();
  EXPECT_TRUE(done(prove("denyNetwork", params, *journal)));
  ASSERT_TRUE(done(undo("denyNetwork", params, *journal)));
}

TEST_F(DenyNetworkTest, WhatTakesNoConnectionBeforeProvesNothing) {
  listeners.pop_back();
  EXPECT_THAT(why(prepare("denyNetwork", params)), HasSubstr("could not prove it: web-"));
}

TEST_F(DenyNetworkTest, APolicyOfThatNameIsNeitherTakenOverNorDeleted) {
  const auto journal = prepare("denyNetwork", params);
  ASSERT_TRUE(done(journal));
  make(kNetworkPolicies,
       fmt::format(R"({{"metadata":{{"name":"{}"}},"spec":{{"podSelector":{{}}}}}})", kPolicy));
  EXPECT_THAT(why(prepare("denyNetwork", params)), HasSubstr("is there already"));
  EXPECT_THAT(why(apply("denyNetwork", params, *journal)), HasSubstr("already exists"));
  ASSERT_TRUE(done(undo("denyNetwork", params, *journal)));
  EXPECT_FALSE(get(kNetworkPolicies, kPolicy).is_null());
}

TEST_F(DenyNetworkTest, EgressIsDeniedByAPolicyOfItsOwn) {
  const std::string egress = R"({"workload":"web","direction":"Egress"})";
  const auto journal = prepare("denyNetwork", egress);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("denyNetwork", egress, *journal)));
  EXPECT_EQ(get(kNetworkPolicies, "muster-deny-egress-web")["spec"]["policyTypes"],
            json(R"(["Egress"])"));
  ASSERT_TRUE(done(undo("denyNetwork", egress, *journal)));
  EXPECT_TRUE(get(kNetworkPolicies, "muster-deny-egress-web").is_null());
}

}  // namespace
}  // namespace cluster
