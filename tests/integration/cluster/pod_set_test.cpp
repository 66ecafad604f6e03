// Pods by their labels: three servers that an operator of somebody else keeps there by itself, in
// no Deployment and no StatefulSet. The fixture plays that operator: what is missing it makes, and
// where no server is primary it promotes one, by a label. Its own object is a ConfigMap here.
#include "cluster/pod_set.h"

#include <gmock/gmock.h>

#include "kind_test.h"

namespace cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kOne = R"({"workload":"primary","count":1})";
const kube::Resource kDaemonSets{"apps", "v1", "DaemonSet", "daemonsets", true};

class PodSetTest : public KindTest {
 protected:
  void SetUp() override {
    KindTest::SetUp();
    make_config_map("pg", "{}");
    owner_ = get(kConfigMaps, "pg")["metadata"]["uid"].as_string();
    name_pods("pg", R"({"matchLabels":{"cluster":"pg"}})", 3);
    name_pods("primary", R"({"matchLabels":{"cluster":"pg"},
        "matchExpressions":[{"key":"role","operator":"In","values":["primary"]}]})",
              1);
    group_->spawn(operate(group_->token()));
    ASSERT_TRUE(until([&] { return labelled("cluster=pg,role=primary") == 1; }));
    ASSERT_TRUE(until([&] { return labelled("cluster=pg") == 3; }));
  }
  void name_pods(const std::string& name, const std::string& selector, std::int64_t count) {
    spec_.workloads.push_back({name, api::kPodSet, json(selector), count});
  }
  std::size_t labelled(const std::string& query) {
    kube::ListQuery asked;
    asked.labels = query;
    return object(run(client->list(kPods, space, asked, {})))["items"].size();
  }
  base::Error refusal() {
    auto opened =
        aio::run(context, ClusterTarget::open(clock, *client, names_, {space, "plan", spec_}, {}));
    return opened ? base::Error{} : opened.error();
  }
  void withdraw_namespace() {
    change(kNamespaces, space, R"({"metadata":{"labels":{"muster.dev/drills":null}}})");
  }
  std::string uid_of_primary() const {
    const std::vector<Pod> now = pods("primary");
    return now.size() == 1 ? now.front().uid : "";
  }
  void make_pod(const std::string& name, const std::string& labels) {
    make(kPods, pod_text(name, labels, "[]"));
  }

  std::string agreed_;  // a label more of what the operator makes

 private:
  static std::string pod_text(const std::string& name, const std::string& labels,
                              const std::string& owners) {
    return fmt::format(
        R"({{"metadata":{{"name":"{}","labels":{},"ownerReferences":{}}},"spec":{{
            "automountServiceAccountToken":false,
            "containers":[{{"name":"main","image":"none"}}]}}}})",
        name, labels, owners);
  }
  aio::Task<base::Result<>> operate(std::stop_token stop) {
    while (co_await aio::wait_for(clock, base::millis(40), stop)) {
      static_cast<void>(co_await see_to_servers(stop));
    }
    co_return base::Result<>{};
  }
  aio::Task<base::Result<>> see_to_servers(std::stop_token stop) {
    CO_TRY(const std::vector<Pod> all,
           co_await list_pods(*client, space, json(R"({"matchLabels":{"cluster":"pg"}})"), stop));
    const auto serves = [](const Pod& pod) { return pod.ready && !pod.deleting; };
    const bool led = std::any_of(all.begin(), all.end(), [&](const Pod& pod) {
      return serves(pod) && pod.labels.at("role") == "primary";
    });
    const auto next = std::find_if(all.begin(), all.end(), serves);
    if (!led && next != all.end()) {
      CO_TRY(co_await client->patch(kPods, {space, next->name}, kube::PatchType::Merge,
                                    R"({"metadata":{"labels":{"role":"primary"}}})", {}, stop));
    }
    for (const char* name : {"pg-1", "pg-2", "pg-3"}) {
      const bool there =
          std::any_of(all.begin(), all.end(), [&](const Pod& pod) { return pod.name == name; });
      if (there) continue;
      const std::string owners = fmt::format(
          R"([{{"apiVersion":"v1","kind":"ConfigMap","name":"pg","uid":"{}","controller":true}}])",
          owner_);
      const std::string labels = fmt::format(R"({{"cluster":"pg","role":"replica"{}}})", agreed_);
      CO_TRY(co_await client->create(kPods, space, pod_text(name, labels, owners), {}, stop));
    }
    co_return base::Result<>{};
  }

  std::string owner_;
};

TEST_F(PodSetTest, AServerThatWasDeletedIsGoneAndTheSetIsWholeAgain) {
  open();
  for (const char* kind : {"deletePods", "evict"}) {
    ASSERT_TRUE(done(preflight(kind, kOne)));
    const auto journal = prepare(kind, kOne);
    ASSERT_TRUE(done(journal));
    const std::string chosen = (*journal)["pods"].items()[0]["uid"].as_string();
    ASSERT_TRUE(done(apply(kind, kOne, *journal)));
    for (const Pod& pod : pods("pg")) EXPECT_NE(pod.uid, chosen);
    ASSERT_TRUE(done(undo(kind, kOne, *journal)));
    EXPECT_TRUE(until([&] { return is_whole("primary") && is_whole("pg"); }));
    EXPECT_NE(uid_of_primary(), chosen) << "the label went to another one";
  }
}

TEST_F(PodSetTest, ASetIsWaitedForUntilAsManyAreReadyAsThePlanSays) {
  open();
  EXPECT_TRUE(done(aio::run(context, target->check({}))));
  const auto journal = prepare("evict", kOne);
  ASSERT_TRUE(done(journal));
  const auto is_ready = [&](const char* status) {
    change(
        kPods, "pg-3",
        fmt::format(R"({{"status":{{"conditions":[{{"type":"Ready","status":"{}"}}]}}}})", status),
        "status");
  };
  is_ready("False");
  EXPECT_THAT(why(aio::run(context, target->check({}))),
              HasSubstr("Pods pg: 2 of 3 pods are ready"));
  const char* const all = R"({"workload":"pg","count":1})";
  EXPECT_THAT(why(undo("evict", all, *journal, base::millis(400))), HasSubstr("2 of 3 pods of pg"));
  is_ready("True");
  EXPECT_TRUE(done(undo("evict", all, *journal)));
}

TEST_F(PodSetTest, ItsNodeIsDrained) {
  open();
  const std::string drained = pods("primary").front().node;
  const char* const primary = R"({"workload":"primary"})";
  ASSERT_TRUE(done(preflight("drain", primary)));
  const auto journal = prepare("drain", primary);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("drain", primary, *journal)));
  EXPECT_TRUE(get(kNodes, drained)["spec"]["unschedulable"].as_bool());
  ASSERT_TRUE(done(undo("drain", primary, *journal)));
  EXPECT_FALSE(get(kNodes, drained)["spec"]["unschedulable"].as_bool());
}

TEST_F(PodSetTest, OfASetWithAPodOfADaemonSetTheOthersAreDrained) {
  change(kNodes, nodes[0], R"({"metadata":{"labels":{"only":"here"}}})");
  make(kDaemonSets, R"({"metadata":{"name":"agent"},"spec":{
      "selector":{"matchLabels":{"app":"agent"}},"template":{"metadata":{"labels":{"app":"agent"}},
      "spec":{"automountServiceAccountToken":false,"nodeSelector":{"only":"here"},
      "containers":[{"name":"main","image":"none"}]}}}})");
  deploy("web", 1);
  name_pods("agents", R"({"matchLabels":{"app":"agent"}})", 1);
  name_pods("all",
            R"({"matchExpressions":[{"key":"app","operator":"In","values":["web","agent"]}]})", 2);
  open();
  const std::string agent = pods("agents").front().uid, web = pods("web").front().uid;
  ASSERT_EQ(pods("agents").front().node, nodes[0]);
  ASSERT_EQ(pods("web").front().node, nodes[0]);
  const char* const all = R"({"workload":"all"})";
  ASSERT_TRUE(done(preflight("drain", all)));
  const auto journal = prepare("drain", all);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("drain", all, *journal)));
  EXPECT_TRUE(
      until([&] {  // its controller makes another one, and the scheduler finds a place for it
        const std::vector<Pod> now = pods("web");
        return now.size() == 1 && now.front().uid != web && now.front().node == nodes[1];
      }));
  ASSERT_TRUE(done(prove("drain", all, *journal)));
  ASSERT_TRUE(done(undo("drain", all, *journal)));
  EXPECT_EQ(pods("agents").front().uid, agent) << "it would have come back to the same node";
  EXPECT_EQ(pods("web").front().node, nodes[1]);
  EXPECT_THAT(why(preflight("drain", R"({"workload":"agents"})")),
              HasSubstr("Pods agents cannot be drained: its pods come back to the same node"));
}

TEST_F(PodSetTest, ANetworkPolicySelectsTheSetAndNoPodOfADrill) {
  open();
  const char* const egress = R"({"workload":"primary","direction":"Egress"})";
  const auto journal = prepare("denyNetwork", egress);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("denyNetwork", egress, *journal)));
  const Node policy = get(kNetworkPolicies, (*journal)["policy"].as_string());
  EXPECT_TRUE(policy["spec"]["podSelector"] ==
              json(R"({"matchLabels":{"cluster":"pg"},"matchExpressions":[
                  {"key":"role","operator":"In","values":["primary"]},
                  {"key":"muster.dev/drill","operator":"DoesNotExist"}]})"))
      << api::to_json(policy["spec"]["podSelector"]);
  ASSERT_TRUE(done(undo("denyNetwork", egress, *journal)));
  EXPECT_TRUE(get(kNetworkPolicies, (*journal)["policy"].as_string()).is_null());
}

TEST_F(PodSetTest, APodThatNobodyMakesAgainIsNotEnded) {
  make_pod("alone", R"({"app":"alone"})");
  name_pods("alone", R"({"matchLabels":{"app":"alone"}})", 1);
  open();
  for (const char* kind : {"deletePods", "evict", "drain"}) {
    const auto refused = preflight(kind, R"({"workload":"alone"})");
    EXPECT_THAT(why(refused), HasSubstr("pod alone of 'alone' has no controller")) << kind;
  }
  EXPECT_FALSE(get(kPods, "alone").is_null());
}

TEST_F(PodSetTest, WhereNobodyIsSelectedTheTargetIsNotThere) {
  spec_.workloads = {{"pg", api::kPodSet, json(R"({"matchLabels":{"cluster":"other"},
      "matchExpressions":[{"key":"role","operator":"NotIn","values":["a","b"]}]})"),
                      1}};
  const base::Error refused = refusal();
  EXPECT_EQ(refused.code, Code::NotFound);
  EXPECT_THAT(refused.message, HasSubstr("Pods pg: no pod of namespace " + space +
                                         " has the labels cluster=other,role notin (a,b)"));
}

TEST_F(PodSetTest, WithoutItsNamespaceEachPodAgreesAndOneThatDoesNotIsLeftAlone) {
  withdraw_namespace();
  const base::Error refused = refusal();
  EXPECT_TRUE(is_not_agreed(refused)) << refused.message;
  EXPECT_THAT(refused.message, HasSubstr("pod pg-1 of pg"));
  agreed_ = R"(,"muster.dev/drills":"enabled")";
  for (const char* name : {"pg-1", "pg-2", "pg-3"}) {
    change(kPods, name, R"({"metadata":{"labels":{"muster.dev/drills":"enabled"}}})");
  }
  open();
  make_pod("late", R"({"cluster":"pg","role":"primary"})");
  ASSERT_TRUE(until([&] { return target->pod("late") && target->pod("late")->ready; }));
  EXPECT_THAT(names_of_pods("pg"), ElementsAre("pg-1", "pg-2", "pg-3"));
  const auto journal = prepare("deletePods", R"({"workload":"pg","count":3})");
  ASSERT_TRUE(done(journal));
  EXPECT_THAT((*journal)["pods"].items(), SizeIs(3));
  EXPECT_FALSE(done(prepare("deletePods", R"({"workload":"pg","count":4})")));
}

/// The plan's selector is not that of the Deployment, which lets go of a pod that is detached by a
/// label of its own, and makes another one.
class PodsOfADeployment : public KindTest {
 protected:
  void SetUp() override {
    KindTest::SetUp();
    deploy("web", 2);
    spec_.workloads = {{"front", api::kPodSet, json(R"({"matchLabels":{"tier":"front"}})"), 2}};
    ASSERT_TRUE(
        until([&] { return get(kDeployments, "web")["status"]["readyReplicas"].as_int() == 2; }));
  }
  bool is_owned(const std::string& pod) { return !controller_of(get(kPods, pod)).empty(); }
  const char* const one_ = R"({"workload":"front","service":"web","count":1})";
};

TEST_F(PodsOfADeployment, OneThatWasDetachedAndReplacedIsDeleted) {
  serve("web", R"({"app":"web"})");
  open();
  const std::string out = names_of_pods("front").front();
  ASSERT_TRUE(done(preflight("detach", one_)));
  const auto journal = prepare("detach", one_);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("detach", one_, *journal)));
  ASSERT_TRUE(until([&] { return !is_owned(out); }));
  ASSERT_TRUE(until([&] {
    const std::vector<Pod> now = pods("front");
    return now.size() == 3 && std::ranges::all_of(now, [](const Pod& pod) { return pod.ready; });
  })) << "it has its other label, and another one was made";
  ASSERT_TRUE(done(undo("detach", one_, *journal)));
  EXPECT_TRUE(until([&] { return get(kPods, out).is_null(); }));
  EXPECT_TRUE(until([&] { return is_whole("front"); }));
  EXPECT_THAT(names_of_pods("front"), Not(Contains(out)));
}

TEST_F(PodsOfADeployment, OneThatIsStillItsControllersGetsItsLabelBack) {
  serve("web", R"({"tier":"front"})");
  open();
  const std::vector<std::string> both = names_of_pods("front");
  const auto journal = prepare("detach", one_);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("detach", one_, *journal)));
  EXPECT_TRUE(until([&] { return names_of_pods("front").size() == 1; }))
      << "its label is the set's";
  EXPECT_TRUE(is_owned(both[0]));
  ASSERT_TRUE(done(undo("detach", one_, *journal)));
  EXPECT_TRUE(until([&] { return names_of_pods("front") == both; }));
}

}  // namespace
}  // namespace cluster
