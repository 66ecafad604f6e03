// What is gone needs no undo: a target that is deleted in the middle of a drill, or made anew.
#include <gmock/gmock.h>

#include "kind_test.h"

namespace cluster {
namespace {

using testing::HasSubstr;

class GoneTest : public KindTest {
 protected:
  void SetUp() override {
    KindTest::SetUp();
    deploy("web", 2);
    serve("web", R"({"app":"web"})");
    open();
  }
  /// Its pods are gone, too.
  void delete_workload() {
    remove(kDeployments, "web");
    ASSERT_TRUE(until([&] { return pods("web").empty(); }));
  }
  void expect_nothing_to_undo(const std::string& kind, const std::string& params,
                              const Node& journal, const std::string& what) {
    // So short that a wait for what never comes is no pass.
    EXPECT_TRUE(done(undo(kind, params, journal, base::seconds(5))));
    EXPECT_THAT(target->take_found(), HasSubstr(what));
  }
  /// Prepared, carried out, and then the workload is deleted.
  void expect_gone(const std::string& kind, const std::string& params) {
    const auto journal = prepare(kind, params);
    ASSERT_TRUE(done(journal));
    ASSERT_TRUE(done(apply(kind, params, *journal)));
    delete_workload();
    expect_nothing_to_undo(kind, params, *journal, "Deployment web is gone");
  }
};

TEST_F(GoneTest, AWorkloadThatWasScaled) {
  expect_gone("scale", R"({"workload":"web","replicas":0})");
}
TEST_F(GoneTest, AWorkloadWhosePodsWereDeleted) {
  expect_gone("deletePods", R"({"workload":"web","count":1,"force":true})");
}
TEST_F(GoneTest, AWorkloadWhosePodsWereEvicted) {
  expect_gone("evict", R"({"workload":"web","count":1})");
}
TEST_F(GoneTest, AWorkloadWhoseNodeWasDrained) {
  expect_gone("drain", R"({"workload":"web"})");
  for (const std::string& node : nodes) {
    EXPECT_FALSE(get(kNodes, node)["spec"]["unschedulable"].as_bool()) << node;
  }
}

/// The pod that it let go is nobody's any more: it goes after its workload.
TEST_F(GoneTest, AWorkloadWhosePodWasDetached) {
  const char* const one = R"({"workload":"web","service":"web","count":1})";
  const auto journal = prepare("detach", one);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("detach", one, *journal)));
  const std::string out = (*journal)["pods"].items()[0]["name"].as_string();
  delete_workload();
  ASSERT_FALSE(get(kPods, out).is_null());
  expect_nothing_to_undo("detach", one, *journal, "Deployment web is gone");
  EXPECT_TRUE(until([&] { return get(kPods, out).is_null(); }));
}

TEST_F(GoneTest, AWorkloadInWhichACommandRan) {
  const char* const told = R"({"workload":"web","argv":["stop"],"undo":["start"]})";
  const auto journal = prepare("exec", told);
  ASSERT_TRUE(done(journal));
  delete_workload();
  expect_nothing_to_undo("exec", told, *journal, "Deployment web is gone");
}

TEST_F(GoneTest, AServiceThatLedElsewhere) {
  const char* const other = R"({"service":"web","labels":{"app":"other"}})";
  const auto journal = prepare("select", other);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("select", other, *journal)));
  remove(kServices, "web");
  expect_nothing_to_undo("select", other, *journal, "Service web is gone");
}

TEST_F(GoneTest, AnotherOneOfThatNameIsNotOursToTouch) {
  const char* const none = R"({"workload":"web","replicas":0})";
  const char* const other = R"({"service":"web","labels":{"app":"other"}})";
  const auto scaled = prepare("scale", none);
  const auto led = prepare("select", other);
  ASSERT_TRUE(done(scaled));
  ASSERT_TRUE(done(led));
  delete_workload();
  remove(kServices, "web");
  deploy("web", 1);
  serve("web", R"({"app":"mine"})");
  expect_nothing_to_undo("scale", none, *scaled, "Deployment web is another one of that name now");
  EXPECT_EQ(get(kDeployments, "web")["spec"]["replicas"].as_int(), 1);
  expect_nothing_to_undo("select", other, *led, "Service web is another one of that name now");
  EXPECT_EQ(get(kServices, "web")["spec"]["selector"]["app"].as_string(), "mine");
}

/// Somebody may make it anew.
TEST_F(GoneTest, AConditionOfAWorkloadThatIsNotThereIsSeenAndNoError) {
  const auto is = [this](const char* state) {
    auto drill = this->drill();
    const Node params = Node::map().set("name", "web").set("state", state);
    return aio::run(context, catalog.condition("workload")->check(drill, params, {}));
  };
  EXPECT_TRUE(is("Ready")->holds);
  delete_workload();
  const auto ready = is("Ready");
  ASSERT_TRUE(done(ready));
  EXPECT_FALSE(ready->holds);
  EXPECT_EQ(ready->detail, "workload web is not there");
  for (const char* state : {"Degraded", "Down", "Gone"}) EXPECT_TRUE(is(state)->holds) << state;
  deploy("web", 1);
  EXPECT_TRUE(until([&] { return is("Ready")->holds; }));
}

/// As a guardian opens it; for a drill it is an error.
TEST_F(GoneTest, ATargetIsOpenedToUndoWhateverIsLeftOfIt) {
  spec_.workloads.push_back({"nobody", "StatefulSet"});
  change(kNamespaces, space, R"({"metadata":{"labels":{"muster.dev/drills":null}}})");
  remove(kServices, "web");
  ClusterOptions options{space, "plan", spec_};
  const auto names = std::make_shared<net::Names>(clock, boost::asio::ip::udp::endpoint());
  const auto refused = aio::run(context, ClusterTarget::open(clock, *client, names, options, {}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::NotFound);
  options.undoing = true;
  const auto opened = aio::run(context, ClusterTarget::open(clock, *client, names, options, {}));
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const std::map<std::string, std::string> gone = {
      {"workload/nobody", "StatefulSet nobody is gone"}, {"service/web", "Service web is gone"}};
  EXPECT_EQ((*opened)->gone(), gone);
}

TEST_F(GoneTest, WhoDidNotAgreeIsNamedApart) {
  change(kNamespaces, space, R"({"metadata":{"labels":{"muster.dev/drills":null}}})");
  const auto names = std::make_shared<net::Names>(clock, boost::asio::ip::udp::endpoint());
  const auto refused =
      aio::run(context, ClusterTarget::open(clock, *client, names, {space, "plan", spec_}, {}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(is_not_agreed(refused.error())) << refused.error().message;
}

}  // namespace
}  // namespace cluster
