// Events on a real API server: as kubectl describe would find them.
#include "kube/recorder.h"

#include "server_test.h"

namespace kube {
namespace {

const Resource kEvents{"events.k8s.io", "v1", "Event", "events", true};

class RecorderTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    const api::Node map = object(create("a", "1"));
    about = {"v1", "ConfigMap", {space, "a"}, map["metadata"]["uid"].as_string()};
    recorder =
        std::make_unique<EventRecorder>(clock, *client, Reporter{"muster.dev/test", "pod-1"});
    asio::co_spawn(context, recorder->run(stop.get_token()),
                   [this](std::exception_ptr, base::Result<>) { ended = true; });
  }
  void TearDown() override {
    stop_it();
    ServerTest::TearDown();
  }
  void stop_it() {
    stop.request_stop();
    EXPECT_TRUE(until([this] { return ended; }));
  }
  /// Those about our object.
  std::vector<api::Node> events() {
    ListQuery query;
    query.fields = "regarding.uid=" + about.uid;
    const auto reply = run(client->list(kEvents, space, query, {}));
    EXPECT_TRUE(ok(reply));
    return object(reply)["items"].items();
  }

  ObjectRef about;
  std::unique_ptr<EventRecorder> recorder;
  std::stop_source stop;
  bool ended = false;
};

TEST_F(RecorderTest, WhatIsToldIsAnEventOfTheObject) {
  recorder->tell(about, "Warning", "DrillFailed", "Inject", "it broke: \u00fc");
  ASSERT_TRUE(until([&] { return recorder->written() == 1; }));
  const auto found = events();
  ASSERT_EQ(found.size(), 1U);
  const api::Node& event = found.front();
  EXPECT_EQ(event["type"].as_string(), "Warning");
  EXPECT_EQ(event["reason"].as_string(), "DrillFailed");
  EXPECT_EQ(event["action"].as_string(), "Inject");
  EXPECT_EQ(event["note"].as_string(), "it broke: \u00fc");
  EXPECT_EQ(event["reportingController"].as_string(), "muster.dev/test");
  EXPECT_EQ(event["regarding"]["name"].as_string(), "a");
}

TEST_F(RecorderTest, TheSameAgainIsASeriesOfOneEvent) {
  for (int i = 0; i < 5; ++i) {
    recorder->tell(about, "Normal", "Waiting", "Wait", "for the standby");
    recorder->tell(about, "Normal", "Looked", "Look", "at the standby");
  }
  ASSERT_TRUE(until([&] { return recorder->written() == 4; }));
  const auto found = events();
  ASSERT_EQ(found.size(), 2U);
  for (const api::Node& event : found) EXPECT_EQ(event["series"]["count"].as_int(), 2);
}

TEST_F(RecorderTest, WhatTheServerCouldNotTakeIsWrittenWhenItIsBack) {
  ApiServer::instance().tell("kill apiserver");
  recorder->tell(about, "Normal", "Began", "Begin", "now");
  EXPECT_FALSE(until([&] { return recorder->written() > 0; }, base::seconds(1)));
  ApiServer::instance().tell("start apiserver");
  ASSERT_TRUE(until([&] { return recorder->written() == 1; }));
  EXPECT_EQ(recorder->dropped(), 0U);
}

TEST_F(RecorderTest, ASeriesWhoseEventIsGoneIsMadeAnew) {
  recorder->tell(about, "Normal", "Waiting", "Wait", "for the standby");
  ASSERT_TRUE(until([&] { return recorder->written() == 1; }));
  const std::string name = events().at(0)["metadata"]["name"].as_string();
  ASSERT_TRUE(ok(run(client->remove(kEvents, {space, name}, {}, {}))));
  recorder->tell(about, "Normal", "Waiting", "Wait", "for the standby");
  ASSERT_TRUE(until([&] { return recorder->written() == 2; }));
  EXPECT_EQ(events().at(0)["series"]["count"].as_int(), 2);
}

TEST_F(RecorderTest, AnObjectMayBeCalledWhatItLikes) {
  about.key.name = "system:Node_1.";
  recorder->tell(about, "Normal", "Began", "Begin", "now");
  ASSERT_TRUE(until([&] { return recorder->written() + recorder->dropped() == 1; }));
  EXPECT_EQ(recorder->dropped(), 0U);
}

TEST_F(RecorderTest, TheCountOfASeriesIsRightInTheEnd) {
  for (int i = 0; i < 9; ++i) recorder->tell(about, "Normal", "Waiting", "Wait", "for it");
  stop_it();
  EXPECT_EQ(events().at(0)["series"]["count"].as_int(), 9);
}

TEST_F(RecorderTest, WhatTheServerRefusesHoldsUpNothing) {
  recorder->tell(about, "Strange", "Began", "Begin", "no such type");
  recorder->tell(about, "Normal", "Began", "Begin", "now");
  ASSERT_TRUE(until([&] { return recorder->written() == 1; }));
  EXPECT_EQ(recorder->dropped(), 1U);
}

TEST_F(RecorderTest, LastWordsAreWritten) {
  for (int i = 0; i < 10; ++i) {
    recorder->tell(about, "Normal", "Said" + std::to_string(i), "Say", "and gone");
  }
  stop_it();
  EXPECT_EQ(events().size(), 10U);
}

}  // namespace
}  // namespace kube
