#include "operator/pod_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/yaml.h"

namespace op {
namespace {

using api::Node;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Node yaml(const std::string& text) {
  const auto documents = api::parse_yaml(text, "test");
  EXPECT_TRUE(documents.has_value()) << text;
  return documents ? documents->front() : Node();
}

base::TimePoint at(int second) {
  return base::TimePoint(base::seconds(second));
}

Node pod(const std::string& containers, const std::string& more = "") {
  return yaml("{metadata: {uid: u1}, status: {hostIP: 10.0.0.7}, spec: {nodeName: node1, " + more +
              "initContainers: [{name: muster-sidecar, restartPolicy: Always, "
              "resources: {limits: {cpu: '9', memory: 9Gi}}}], containers: [" +
              containers + "]}}");
}

std::string limits(const Node& pod) {
  const auto seen = figures_pod(pod);
  return seen ? api::to_json(seen->limits) : seen.error().message;
}

TEST(FiguresPod, IsWhereItsKubeletIs) {
  const auto seen = figures_pod(pod("{name: app}"));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->uid, "u1");
  EXPECT_EQ(seen->node, "node1");
  EXPECT_EQ(seen->host, "10.0.0.7");
}

TEST(FiguresPod, LimitsAreThoseOfTheApplicationTogether) {
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {cpu: 500m, memory: 1Ki}}}, "
                       "{name: b, resources: {limits: {cpu: '1', memory: '76'}}}")),
            R"({"cpuCores":1.5,"memoryBytes":1100})");
  // Who has none may take all that there is.
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {cpu: 500m, memory: 1Ki}}}, {name: b}")),
            "{}");
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {memory: much}}}")), "{}");
}

TEST(FiguresPod, ThatOfTheWholePodCountsWhereItIsLower) {
  const std::string whole = "resources: {limits: {memory: 1Ki, cpu: '1'}}, ";
  EXPECT_EQ(limits(pod("{name: a}", whole)), R"({"cpuCores":1.0,"memoryBytes":1024})");
  EXPECT_EQ(limits(pod("{name: a, resources: {limits: {memory: 1Mi, cpu: 1m}}}", whole)),
            R"({"cpuCores":0.001,"memoryBytes":1024})");
}

TEST(FiguresPod, WithoutASidecarOrANodeThereAreNone) {
  const auto bare = figures_pod(yaml("{spec: {containers: [{name: app}]}}"));
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().code, base::Code::NotFound);
  Node waits = pod("{name: app}");
  waits.erase("status");
  const auto seen = figures_pod(waits);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, base::Code::Unavailable);
}

TEST(FiguresPod, IsNamedByAPathAndByNothingElse) {
  EXPECT_EQ(pod_of_path("/pods/shop/web-0.a"), (kube::Key{"shop", "web-0.a"}));
  for (const char* path :
       {"/pods", "/pods/", "/pods/shop", "/pods/shop/", "/pods//web", "/pods/shop/web/log",
        "/pods/shop/..", "/pods/sh.op/web", "/pods/a/B", "/pods/a/b%2f", "/nodes/a/b"}) {
    EXPECT_FALSE(pod_of_path(path)) << path;
  }
  EXPECT_FALSE(pod_of_path("/pods/a/" + std::string(254, 'a')));
}

TEST(KubeletSummary, HasPodsByTheirUid) {
  const auto pods = pods_of_summary(
      R"({"node": {}, "pods": [{"podRef": {"uid": "a"}, "x": 1}, {"podRef": {}}, 3]})");
  ASSERT_TRUE(pods);
  ASSERT_EQ(pods->size(), 1U);
  EXPECT_EQ(pods->at("a")["x"].as_int(), 1);
  EXPECT_FALSE(pods_of_summary("{}"));
  EXPECT_FALSE(pods_of_summary("no"));
}

class FiguresBookTest : public testing::Test {
 protected:
  static constexpr std::size_t kMany = 100;
  const kube::Key web_{"shop", "web"};

  FiguresPod seen(const std::string& uid = "u1", const std::string& host = "h1") {
    return {.uid = uid, .node = "node1", .host = host, .limits = Node::map().set("cpuCores", 2)};
  }
  static SummaryPods summary(const std::string& uid, int value) {
    return {{uid, Node::map().set("value", value)}};
  }
  /// Asked, looked up and read at that second.
  void know(int second, int value = 1) {
    book_.ask(web_, at(second));
    book_.due(at(second), kMany);
    book_.found(web_, seen(), at(second));
    book_.due(at(second), kMany);
    book_.read("h1", summary("u1", value), at(second));
  }
  unsigned status(int second) { return book_.ask(web_, at(second)).status; }

  FiguresBook book_;
};

TEST_F(FiguresBookTest, AsksOnlyForWhatIsWanted) {
  EXPECT_THAT(book_.due(at(0), kMany).pods, IsEmpty());
  EXPECT_EQ(status(0), 202U);
  EXPECT_THAT(book_.due(at(0), kMany).pods, ElementsAre(web_));
  EXPECT_THAT(book_.due(at(1), kMany).pods, IsEmpty());  // is under way
  book_.found(web_, seen(), at(1));
  EXPECT_EQ(status(1), 202U);
  EXPECT_THAT(book_.due(at(1), kMany).hosts, ElementsAre("h1"));
  EXPECT_THAT(book_.due(at(2), kMany).hosts, IsEmpty());
  book_.read("h1", summary("u1", 7), at(2));
  const auto answer = book_.ask(web_, at(2));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, R"({"pod":{"value":7},"limits":{"cpuCores":2}})");
}

TEST_F(FiguresBookTest, AsksAKubeletOnceForAllItsPodsAndNotTooOften) {
  know(0);
  const kube::Key other{"shop", "api"};
  book_.ask(other, at(1));
  EXPECT_THAT(book_.due(at(1), kMany).pods, ElementsAre(other));
  book_.found(other, seen("u2"), at(1));
  EXPECT_THAT(book_.due(at(9), kMany).hosts, IsEmpty());
  EXPECT_THAT(book_.due(at(10), kMany).hosts, ElementsAre("h1"));
  book_.read("h1", SummaryPods{{"u1", Node(1)}, {"u2", Node(2)}}, at(10));
  EXPECT_THAT(book_.ask(other, at(10)).body, HasSubstr("\"pod\":2"));
  EXPECT_THAT(book_.ask(web_, at(10)).body, HasSubstr("\"pod\":1"));
}

TEST_F(FiguresBookTest, ForgetsWhatNobodyAsksFor) {
  know(0);
  EXPECT_THAT(book_.due(at(60), kMany).hosts, ElementsAre("h1"));
  EXPECT_EQ(book_.pods(), 1U);
  const auto work = book_.due(at(61), kMany);
  EXPECT_THAT(work.hosts, IsEmpty());
  EXPECT_EQ(book_.pods() + book_.hosts(), 0U);
  // What comes too late changes nothing.
  book_.found(web_, seen(), at(62));
  book_.read("h1", summary("u1", 1), at(62));
  EXPECT_EQ(book_.pods() + book_.hosts(), 0U);
}

TEST_F(FiguresBookTest, AnswersNothingOldWhenAKubeletFails) {
  know(0);
  EXPECT_EQ(status(1), 200U);
  book_.read("h1", base::fail(base::Code::Unavailable, "no route"), at(10));
  const auto answer = book_.ask(web_, at(11));
  EXPECT_EQ(answer.status, 503U);
  EXPECT_THAT(answer.body, HasSubstr("the kubelet of node node1: no route"));
  EXPECT_THAT(book_.due(at(19), kMany).hosts, IsEmpty());
  EXPECT_THAT(book_.due(at(20), kMany).hosts, ElementsAre("h1"));
  book_.read("h1", summary("u1", 2), at(20));
  EXPECT_EQ(status(20), 200U);
}

TEST_F(FiguresBookTest, APodThatIsNotThereIsSaidSoAndLookedForAgain) {
  book_.ask(web_, at(0));
  book_.due(at(0), kMany);
  book_.found(web_, base::fail(base::Code::NotFound, "no such pod"), at(0));
  EXPECT_EQ(status(1), 404U);
  EXPECT_THAT(book_.due(at(9), kMany).pods, IsEmpty());
  EXPECT_THAT(book_.due(at(10), kMany).pods, ElementsAre(web_));
  book_.found(web_, base::fail(base::Code::PermissionDenied, "may not"), at(10));
  EXPECT_EQ(status(11), 503U);
}

TEST_F(FiguresBookTest, AnotherPodOfTheSameNameIsNotTakenForIt) {
  know(0);
  book_.read("h1", summary("u2", 9), at(10));
  EXPECT_EQ(status(10), 503U);
  EXPECT_THAT(book_.due(at(20), kMany).pods, ElementsAre(web_));
  book_.found(web_, seen("u2", "h2"), at(20));
  EXPECT_EQ(status(20), 202U);
  // The host where it was is not asked any more.
  EXPECT_THAT(book_.due(at(20), kMany).hosts, ElementsAre("h2"));
  book_.read("h2", summary("u2", 9), at(20));
  EXPECT_THAT(book_.ask(web_, at(20)).body, HasSubstr("9"));
}

TEST_F(FiguresBookTest, ChangedLimitsCountFromTheNextReadingAndNothingIsLostBefore) {
  know(0);
  book_.ask(web_, at(59));
  EXPECT_THAT(book_.due(at(60), kMany).pods, ElementsAre(web_));
  FiguresPod changed = seen();
  changed.limits = Node::map().set("cpuCores", 3);
  book_.found(web_, changed, at(60));
  EXPECT_EQ(status(60), 200U);
  book_.read("h1", summary("u1", 1), at(60));
  EXPECT_THAT(book_.ask(web_, at(60)).body, HasSubstr("\"cpuCores\":3"));
}

TEST_F(FiguresBookTest, NeverBeginsMoreThanThereIsRoomFor) {
  for (int i = 0; i < 5; ++i) book_.ask({"shop", "web-" + std::to_string(i)}, at(0));
  EXPECT_EQ(book_.due(at(0), 3).pods.size(), 3U);
  EXPECT_EQ(book_.due(at(0), 3).pods.size(), 2U);
}

TEST_F(FiguresBookTest, HasARoof) {
  for (std::size_t i = 0; i < FiguresBook::kPodsMax; ++i) {
    book_.ask({"shop", std::to_string(i)}, at(0));
  }
  EXPECT_EQ(status(0), 503U);
  EXPECT_EQ(book_.pods(), FiguresBook::kPodsMax);
  book_.due(at(61), kMany);
  EXPECT_EQ(status(61), 202U);
}

}  // namespace
}  // namespace op
