// The kinds evict, cordon, drain and detach: pods and where they are.
#include <gmock/gmock.h>

#include "cluster/detaching.h"
#include "kind_test.h"

namespace cluster {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string one_budget(const char* name) {
  return fmt::format(R"({{"metadata":{{"name":"{0}"}},"spec":{{"maxUnavailable":0,
      "selector":{{"matchLabels":{{"app":"{0}"}}}}}}}})",
                     name);
}

/// After a while.
aio::Task<base::Result<>> remove_budget(aio::Clock& time, kube::Client& client, std::string ns,
                                        std::stop_token stop) {
  co_await aio::wait_for(time, base::millis(300), stop);
  CO_TRY(co_await client.remove(kBudgets, {std::move(ns), "web"}, {}, stop));
  co_return base::Result<>{};
}

class EvictTest : public KindTest {
 protected:
  static constexpr const char* kOne = R"({"workload":"web","count":1})";
  void SetUp() override {
    KindTest::SetUp();
    deploy("web", 2);
    open();
  }
  /// A budget that its controller has counted, and that lets no pod go.
  void make_budget() {
    make(kBudgets, one_budget("web"));
    ASSERT_TRUE(
        until([&] { return get(kBudgets, "web")["status"]["observedGeneration"].as_int() > 0; }));
  }
};

TEST_F(EvictTest, ThePodIsGoneAndItsWorkloadWholeAgain) {
  ASSERT_TRUE(done(preflight("evict", kOne)));
  const auto journal = prepare("evict", kOne);
  ASSERT_TRUE(done(journal));
  const std::string chosen = (*journal)["pods"].items()[0]["name"].as_string();
  EXPECT_EQ(chosen, names_of_pods("web").front());
  ASSERT_TRUE(done(undo("evict", kOne, *journal))) << "nothing was evicted";
  EXPECT_EQ(names_of_pods("web").front(), chosen);
  ASSERT_TRUE(done(apply("evict", kOne, *journal)));
  EXPECT_TRUE(get(kPods, chosen).is_null());
  ASSERT_TRUE(done(undo("evict", kOne, *journal)));
  EXPECT_THAT(names_of_pods("web"), Not(testing::Contains(chosen)));
  ASSERT_TRUE(done(undo("evict", kOne, *journal)));
  ASSERT_TRUE(done(apply("evict", kOne, *journal))) << "what is gone already is no failure";
}

TEST_F(EvictTest, ABudgetIsWaitedForAsLongAsThereIsTimeAndThenNamed) {
  make_budget();
  const auto journal = prepare("evict", kOne);
  ASSERT_TRUE(done(journal));
  const auto refused = apply("evict", kOne, *journal, base::millis(900));
  EXPECT_THAT(why(refused), AllOf(HasSubstr("is still refused"), HasSubstr("disruption budget")));
  EXPECT_EQ(refused.error().code, Code::DeadlineExceeded);
  EXPECT_EQ(pods("web").size(), 2U);
  group_->spawn(remove_budget(clock, *client, space, group_->token()));
  EXPECT_TRUE(done(apply("evict", kOne, *journal))) << "the budget went meanwhile";
  EXPECT_TRUE(done(undo("evict", kOne, *journal)));
}

TEST_F(EvictTest, MorePodsThanThereAreAreRefused) {
  EXPECT_THAT(why(prepare("evict", R"({"workload":"web","count":3})")),
              HasSubstr("workload 'web' has 2 pods: 3"));
}

class CordonTest : public KindTest {
 protected:
  static constexpr const char* kWhereWebIs = R"({"workload":"web"})";
  void SetUp() override {
    KindTest::SetUp();
    deploy("web", 1);
    open();
  }
  bool is_cordoned(const std::string& node) {
    return get(kNodes, node)["spec"]["unschedulable"].as_bool();
  }
  std::string params() const { return fmt::format(R"({{"node":"{}"}})", nodes[0]); }
};

TEST_F(CordonTest, OnlyWhatItCordonedIsUncordoned) {
  ASSERT_TRUE(done(preflight("cordon", kWhereWebIs)));
  const auto journal = prepare("cordon", kWhereWebIs);
  ASSERT_TRUE(done(journal));
  EXPECT_EQ((*journal)["node"].as_string(), nodes[0]);
  ASSERT_TRUE(done(undo("cordon", kWhereWebIs, *journal))) << "it never ran";
  EXPECT_THAT(why(prove("cordon", kWhereWebIs, *journal)), HasSubstr("takes pods"));
  ASSERT_TRUE(done(apply("cordon", kWhereWebIs, *journal)));
  EXPECT_TRUE(is_cordoned(nodes[0]));
  EXPECT_FALSE(is_cordoned(nodes[1]));
  ASSERT_TRUE(done(prove("cordon", kWhereWebIs, *journal)));
  ASSERT_TRUE(done(undo("cordon", kWhereWebIs, *journal)));
  EXPECT_FALSE(is_cordoned(nodes[0]));
  EXPECT_FALSE(get(kNodes, nodes[0])["metadata"]["annotations"].has(kMadeBy));
  change(kNodes, nodes[0], R"({"spec":{"unschedulable":true}})");
  ASSERT_TRUE(done(undo("cordon", kWhereWebIs, *journal)));
  EXPECT_TRUE(is_cordoned(nodes[0])) << "somebody else has cordoned it since";
}

TEST_F(CordonTest, ANodeThatIsCordonedAlreadyIsNoFault) {
  change(kNodes, nodes[0], R"({"spec":{"unschedulable":true}})");
  EXPECT_THAT(why(prepare("cordon", params())), HasSubstr("is cordoned already"));
  EXPECT_THAT(why(prepare("cordon", R"({"node":"nonesuch"})")), HasSubstr("not found"));
}

TEST_F(CordonTest, WhoCordonedItBetweenLookAndActKeepsIt) {
  const auto journal = prepare("cordon", params());
  ASSERT_TRUE(done(journal));
  change(kNodes, nodes[0], R"({"spec":{"unschedulable":true}})");
  EXPECT_THAT(why(apply("cordon", params(), *journal)), HasSubstr("by somebody else"));
  ASSERT_TRUE(done(undo("cordon", params(), *journal)));
  EXPECT_TRUE(is_cordoned(nodes[0]));
}

class DrainTest : public CordonTest {
 protected:
  static std::string stranger() {
    return R"({"metadata":{"name":"stranger"},"spec":{"automountServiceAccountToken":false,
        "containers":[{"name":"main","image":"none"}]}})";
  }
};

TEST_F(DrainTest, WhatIsDrilledGoesAndWhatIsNotStays) {
  make(kPods, stranger());
  ASSERT_TRUE(until([&] { return get(kPods, "stranger")["spec"].has("nodeName"); }));
  ASSERT_EQ(get(kPods, "stranger")["spec"]["nodeName"].as_string(), nodes[0]);
  ASSERT_TRUE(done(preflight("drain", params())));
  const auto journal = prepare("drain", params());
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("drain", params(), *journal)));
  EXPECT_TRUE(is_cordoned(nodes[0]));
  EXPECT_FALSE(get(kPods, "stranger")["metadata"].has("deletionTimestamp"));
  ASSERT_TRUE(until([&] { return is_whole("web"); }));
  EXPECT_EQ(pods("web").front().node, nodes[1]);
  ASSERT_TRUE(done(prove("drain", params(), *journal)));
  ASSERT_TRUE(done(undo("drain", params(), *journal)));
  EXPECT_FALSE(is_cordoned(nodes[0]));
  ASSERT_TRUE(done(undo("drain", params(), *journal)));
}

TEST_F(DrainTest, ABudgetThatHoldsLeavesACordonThatTheUndoTakesBack) {
  make(kBudgets, one_budget("web"));
  const auto journal = prepare("drain", params());
  ASSERT_TRUE(done(journal));
  EXPECT_THAT(why(apply("drain", params(), *journal, base::millis(900))),
              HasSubstr("is still refused"));
  EXPECT_TRUE(is_cordoned(nodes[0]));
  EXPECT_THAT(why(prove("drain", params(), *journal)), HasSubstr("has pods again"));
  ASSERT_TRUE(done(undo("drain", params(), *journal)));
  EXPECT_FALSE(is_cordoned(nodes[0]));
  EXPECT_EQ(pods("web").front().node, nodes[0]);
}

TEST_F(DrainTest, ANodeThatWasCordonedBeforeStaysSo) {
  change(kNodes, nodes[0], R"({"spec":{"unschedulable":true}})");
  const auto journal = prepare("drain", kWhereWebIs);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("drain", kWhereWebIs, *journal)));
  ASSERT_TRUE(done(undo("drain", kWhereWebIs, *journal)));
  EXPECT_TRUE(is_cordoned(nodes[0]));
}

TEST_F(DrainTest, ANodeWithNothingThatIsDrilledIsRefused) {
  EXPECT_THAT(why(preflight("drain", fmt::format(R"({{"node":"{}"}})", nodes[1]))),
              HasSubstr("has no pod of what is drilled"));
}

class DetachTest : public KindTest {
 protected:
  static constexpr const char* kOne = R"({"workload":"web","count":1})";
  /// With these labels of the Service.
  void begin(const std::string& selector) {
    deploy("web", 2);
    serve("web", selector);
    open();
    ASSERT_TRUE(until([&] { return endpoints() == names_of_pods("web"); }));
  }
  /// The pods that users are sent to, by name.
  std::vector<std::string> endpoints() {
    kube::ListQuery query;
    query.labels = "kubernetes.io/service-name=web";
    const auto reply = run(client->list(kEndpointSlices, space, query, {}));
    std::vector<std::string> out;
    const Node list = object(reply);
    for (const Node& slice : list["items"].items()) {
      for (const Node& each : slice["endpoints"].items()) {
        if (each["conditions"]["ready"].as_bool()) {
          out.push_back(each["targetRef"]["name"].as_string());
        }
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string owner(const std::string& pod) {
    const Node now = get(kPods, pod);
    const auto& owners = now["metadata"]["ownerReferences"].items();
    return owners.empty() ? "" : owners.front()["kind"].as_string();
  }
};

TEST_F(DetachTest, ALabelOfTheServiceAloneLeavesThePodWithItsWorkload) {
  begin(R"({"app":"web","tier":"front"})");
  const std::vector<std::string> both = names_of_pods("web");
  ASSERT_TRUE(done(preflight("detach", kOne)));
  const auto journal = prepare("detach", kOne);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(undo("detach", kOne, *journal))) << "it never ran";
  ASSERT_TRUE(done(apply("detach", kOne, *journal)));
  EXPECT_THAT(endpoints(), ElementsAre(both[1]));
  EXPECT_EQ(owner(both[0]), "ReplicaSet");
  ASSERT_TRUE(done(prove("detach", kOne, *journal)));
  ASSERT_TRUE(done(undo("detach", kOne, *journal)));
  EXPECT_TRUE(until([&] { return endpoints() == both; }));
  EXPECT_EQ(names_of_pods("web"), both);
  EXPECT_THAT(why(prove("detach", kOne, *journal)), HasSubstr("was changed again"));
  const std::string before = version(get(kPods, both[0]));
  ASSERT_TRUE(done(undo("detach", kOne, *journal)));
  EXPECT_EQ(version(get(kPods, both[0])), before);
}

TEST_F(DetachTest, APodThatItsWorkloadReplacedIsDeleted) {
  begin(R"({"app":"web"})");
  const std::string out = names_of_pods("web").front();
  const auto journal = prepare("detach", kOne);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("detach", kOne, *journal)));
  EXPECT_THAT(endpoints(), Not(testing::Contains(out)));
  ASSERT_TRUE(until([&] { return owner(out).empty() && is_whole("web"); }));
  EXPECT_FALSE(get(kPods, out).is_null()) << "it goes on running";
  const std::vector<std::string> now = names_of_pods("web");
  ASSERT_TRUE(done(undo("detach", kOne, *journal)));
  EXPECT_TRUE(until([&] { return get(kPods, out).is_null(); }));
  EXPECT_EQ(names_of_pods("web"), now) << "no pod that serves users was ended for it";
  ASSERT_TRUE(done(undo("detach", kOne, *journal)));
}

TEST_F(DetachTest, WhatWasDoneHalfIsPutBack) {
  begin(R"({"app":"web","tier":"front"})");
  const std::string two = R"({"workload":"web","service":"web","count":2})";
  const std::vector<std::string> both = names_of_pods("web");
  const auto journal = prepare("detach", two);
  ASSERT_TRUE(done(journal));
  change(kPods, both[0], fmt::format(R"({{"metadata":{{"labels":{{"tier":"{}"}}}}}})", kDetached));
  ASSERT_TRUE(done(undo("detach", two, *journal)));
  EXPECT_EQ(get(kPods, both[0])["metadata"]["labels"]["tier"].as_string(), "front");
  change(kPods, both[1], R"({"metadata":{"labels":{"tier":"theirs"}}})");
  ASSERT_TRUE(done(undo("detach", two, *journal)));
  EXPECT_EQ(get(kPods, both[1])["metadata"]["labels"]["tier"].as_string(), "theirs");
}

TEST_F(DetachTest, APodThatNobodyIsSentToCannotBeDetached) {
  begin(R"({"app":"web","tier":"front"})");
  EXPECT_THAT(why(preflight("detach", R"({"workload":"web","label":"role","count":1})")),
              HasSubstr("'role' is not allowed"));
  EXPECT_THAT(why(prepare("detach", R"({"workload":"web","count":3})")),
              HasSubstr("sends users to 2 pods"));
}

}  // namespace
}  // namespace cluster
