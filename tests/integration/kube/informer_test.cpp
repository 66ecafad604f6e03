// The copy against a real API server: it is what the server has, however the two were parted.
#include "kube/informer.h"

#include <map>

#include <boost/asio/co_spawn.hpp>

#include "kube/store.h"
#include "server_test.h"

namespace kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The value of a ConfigMap's key; "bad" cannot be decoded.
base::Result<std::string> decode(std::string_view json) {
  TRY(const api::Node object, api::parse_json(json));
  const std::string& value = object["data"]["key"].as_string();
  if (value == "bad") return base::fail(base::Code::InvalidArgument, "it is bad");
  return value;
}

class InformerTest : public ServerTest {
 protected:
  void TearDown() override {
    stop_informer();
    ServerTest::TearDown();
  }

  void start(InformerOptions options = {}) {
    options.resource = kConfigMaps;
    options.ns = space;
    if (options.fields.empty()) options.fields = "metadata.name!=kube-root-ca.crt";
    store.add_index("value",
                    [](const std::string& value) { return std::vector<std::string>{value}; });
    store.on_news = [this](const Key&, News what) { ++news[what]; };
    informer = std::make_unique<Informer>(clock, *client, std::move(options), store);
    informer->complain = [this](const std::string& text) { complaint = text; };
    asio::co_spawn(context, informer->run(stop.get_token()),
                   [this](std::exception_ptr, base::Result<>) { ended = true; });
  }
  void stop_informer() {
    if (!informer || ended) return;
    stop.request_stop();
    EXPECT_TRUE(until([this] { return ended; }));
  }
  std::map<std::string, std::string> copy() const {
    std::map<std::string, std::string> out;
    store.for_each([&](const Key& key, const std::string& value) { out[key.name] = value; });
    return out;
  }
  /// What the server has, asked by another way.
  std::map<std::string, std::string> truth() {
    std::map<std::string, std::string> out;
    ListQuery query;
    query.fields = "metadata.name!=kube-root-ca.crt";
    const auto reply = run(client->list(kConfigMaps, space, query, {}));
    EXPECT_TRUE(ok(reply));
    const api::Node list = object(reply);
    for (const api::Node& item : list["items"].items()) {
      out[item["metadata"]["name"].as_string()] = item["data"]["key"].as_string();
    }
    return out;
  }
  void change(const std::string& name, const std::string& value) {
    ASSERT_TRUE(ok(run(client->patch(kConfigMaps, {space, name}, PatchType::Merge,
                                     R"({"data": {"key": ")" + value + R"("}})", {}, {}))));
  }
  void remove(const std::string& name) {
    ASSERT_TRUE(ok(run(client->remove(kConfigMaps, {space, name}, {}, {}))));
  }

  Store<std::string> store{decode};
  std::unique_ptr<Informer> informer;
  std::map<News, int> news;
  std::string complaint;
  std::stop_source stop;
  bool ended = false;
};

TEST_F(InformerTest, TheCopyIsWholeAndFollows) {
  ASSERT_TRUE(ok(create("a", "1")));
  ASSERT_TRUE(ok(create("b", "1")));
  start();
  ASSERT_TRUE(until([&] { return informer->synced(); }));
  EXPECT_EQ(copy(), truth());
  EXPECT_EQ(store.size(), 2U);
  change("a", "2");
  ASSERT_TRUE(ok(create("c", "2")));
  remove("b");
  EXPECT_TRUE(until([&] { return store.size() == 2 && copy() == truth(); }));
  EXPECT_THAT(store.by_index("value", "2"), ElementsAre(Key{space, "a"}, Key{space, "c"}));
  EXPECT_EQ(informer->lists(), 1U);
  EXPECT_EQ(informer->problem(), "");
}

TEST_F(InformerTest, AServerThatDiedIsFollowedAgainWithoutListing) {
  ASSERT_TRUE(ok(create("a", "1")));
  start();
  ASSERT_TRUE(until([&] { return informer->synced(); }));
  ApiServer::instance().tell("kill apiserver");
  ASSERT_TRUE(until([&] { return !informer->problem().empty(); })) << "it is known to be late";
  EXPECT_THAT(copy(), ElementsAre(std::pair("a", "1"))) << "late is better than nothing";
  ApiServer::instance().tell("start apiserver");
  change("a", "2");
  EXPECT_TRUE(until([&] { return copy() == truth(); })) << informer->problem();
  EXPECT_EQ(informer->lists(), 1U);
}

TEST_F(InformerTest, WhatIsGoneMeanwhileIsListedAnewAndMissedDeletionsAreNoticed) {
  ASSERT_TRUE(ok(create("a", "1")));
  ASSERT_TRUE(ok(create("b", "1")));
  ASSERT_TRUE(ok(create("c", "1")));
  InformerOptions patient;
  patient.reflector.backoff.first = base::seconds(8);  // away while the rest happens
  start(patient);
  ASSERT_TRUE(until([&] { return informer->synced(); }));
  news.clear();
  ApiServer::instance().tell("kill apiserver");
  ASSERT_TRUE(until([&] { return !informer->problem().empty(); }));
  ApiServer::instance().tell("start apiserver");
  remove("a");
  change("b", "2");
  ASSERT_TRUE(ok(create("d", "1")));
  ApiServer::instance().tell("compact");
  EXPECT_TRUE(until([&] { return informer->lists() > 1 && copy() == truth(); }))
      << informer->problem();
  EXPECT_EQ(news,
            (std::map<News, int>{
                {News::Added, 1}, {News::Updated, 1}, {News::Removed, 1}, {News::Relisted, 1}}));
}

TEST_F(InformerTest, AWatchThatIsSilentIsNotTrusted) {
  ASSERT_TRUE(ok(create("a", "1")));
  InformerOptions options;
  options.reflector.silence = base::millis(700);
  start(options);
  ASSERT_TRUE(until([&] { return informer->synced(); }));
  ApiServer::instance().tell("pause apiserver");
  EXPECT_TRUE(until([&] { return !informer->problem().empty(); }, base::seconds(10)));
  ApiServer::instance().tell("resume apiserver");
  change("a", "2");
  EXPECT_TRUE(until([&] { return copy() == truth(); })) << informer->problem();
  EXPECT_EQ(informer->lists(), 1U);
}

TEST_F(InformerTest, MoreThanOnePageIsOneCopy) {
  for (int i = 0; i < 23; ++i) ASSERT_TRUE(ok(create("c" + std::to_string(i), "x")));
  InformerOptions options;
  options.reflector.streams = false;
  start(options);
  ASSERT_TRUE(until([&] { return informer->synced(); })) << informer->problem();
  EXPECT_EQ(copy(), truth());
  EXPECT_EQ(store.size(), 23U);
  change("c7", "y");
  EXPECT_TRUE(until([&] { return copy() == truth(); }));
}

TEST_F(InformerTest, OneObjectThatCannotBeDecodedHidesNoOther) {
  ASSERT_TRUE(ok(create("a", "bad")));
  ASSERT_TRUE(ok(create("b", "1")));
  start();
  ASSERT_TRUE(until([&] { return informer->synced(); }));
  EXPECT_THAT(copy(), ElementsAre(std::pair("b", "1")));
  EXPECT_THAT(complaint, HasSubstr("ConfigMap " + space + "/a: it is bad"));
  change("b", "bad");
  EXPECT_TRUE(until([&] { return store.size() == 0; })) << "what it was is not what it is";
  change("a", "2");
  EXPECT_TRUE(until([&] { return copy() == std::map<std::string, std::string>{{"a", "2"}}; }));
}

TEST_F(InformerTest, OneThatMayNotReadSaysSoAndWaits) {
  Config nobody = config();
  nobody.user = {};
  client = connect(nobody);
  start();
  ASSERT_TRUE(until([&] { return !informer->problem().empty(); }));
  EXPECT_THAT(informer->problem(), HasSubstr("403 Forbidden"));
  EXPECT_FALSE(informer->synced());
}

TEST_F(InformerTest, StoppingEndsItInTheMiddleOfAWatch) {
  start();
  ASSERT_TRUE(until([&] { return informer->synced(); }));
  const auto began = clock.now();
  stop_informer();
  EXPECT_TRUE(ended);
  EXPECT_LT(clock.now() - began, base::seconds(2));
}

}  // namespace
}  // namespace kube
