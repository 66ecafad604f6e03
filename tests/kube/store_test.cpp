#include "kube/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// An object is its text; "bad" cannot be decoded.
base::Result<std::string> decode(std::string_view json) {
  if (json == "bad") return base::fail(base::Code::InvalidArgument, "it is bad");
  return std::string(json);
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    store.add_index("letter", [](const std::string& text) {
      std::vector<std::string> out;
      for (const char c : text) out.emplace_back(1, c);
      return out;
    });
    store.on_news = [this](const Key& key, News what) {
      const char* names[] = {"added", "updated", "removed", "relisted"};
      news.push_back(std::string(names[static_cast<int>(what)]) + " " + to_string(key));
    };
  }
  static Key key(const std::string& name) { return {"n", name}; }
  std::vector<std::string> take_news() { return std::exchange(news, {}); }

  Store<std::string> store{decode};
  std::vector<std::string> news;
};

TEST_F(StoreTest, TellsWhatChangedWhenItHasIt) {
  ASSERT_TRUE(store.put(key("a"), "1", "xy").has_value());
  ASSERT_TRUE(store.put(key("a"), "2", "yz").has_value());
  EXPECT_EQ(*store.find(key("a")), "yz");
  EXPECT_EQ(store.version_of(key("a")), "2");
  store.remove(key("a"));
  store.remove(key("a"));
  EXPECT_EQ(store.find(key("a")), nullptr);
  EXPECT_THAT(news, ElementsAre("added n/a", "updated n/a", "removed n/a"));
}

TEST_F(StoreTest, FindsByIndexWhatIsThereNow) {
  ASSERT_TRUE(store.put(key("b"), "1", "xy").has_value());
  ASSERT_TRUE(store.put(key("a"), "1", "yz").has_value());
  EXPECT_THAT(store.by_index("letter", "y"), ElementsAre(key("a"), key("b")));
  ASSERT_TRUE(store.put(key("b"), "2", "x").has_value());
  EXPECT_THAT(store.by_index("letter", "y"), ElementsAre(key("a")));
  store.remove(key("a"));
  EXPECT_THAT(store.by_index("letter", "y"), ElementsAre());
  EXPECT_THAT(store.by_index("none", "y"), ElementsAre());
}

TEST_F(StoreTest, WhatIsStagedIsSeenWhenItIsCommitted) {
  ASSERT_TRUE(store.put(key("gone"), "1", "x").has_value());
  ASSERT_TRUE(store.put(key("same"), "1", "x").has_value());
  ASSERT_TRUE(store.put(key("changed"), "1", "x").has_value());
  take_news();
  for (const char* name : {"same", "dropped"}) ASSERT_TRUE(store.stage(key(name), "1", "x"));
  for (const char* name : {"changed", "new"}) ASSERT_TRUE(store.stage(key(name), "2", "y"));
  store.unstage(key("dropped"));
  EXPECT_EQ(store.size(), 3U);
  EXPECT_THAT(news, ElementsAre());
  store.commit();
  EXPECT_THAT(take_news(), UnorderedElementsAre("removed n/gone", "relisted n/same",
                                                "updated n/changed", "added n/new"));
  EXPECT_THAT(store.by_index("letter", "x"), ElementsAre(key("same")));
  EXPECT_THAT(store.by_index("letter", "y"), ElementsAre(key("changed"), key("new")));
}

TEST_F(StoreTest, WhatWasStagedCanBeDropped) {
  ASSERT_TRUE(store.put(key("a"), "1", "x").has_value());
  ASSERT_TRUE(store.stage(key("b"), "1", "x").has_value());
  store.discard();
  ASSERT_TRUE(store.stage(key("a"), "1", "x").has_value());
  store.commit();
  EXPECT_EQ(store.size(), 1U);
}

TEST_F(StoreTest, WhatANewListShowsUnchangedIsKeptAndNotDecodedAgain) {
  int decoded = 0;
  Store<std::string> counting([&decoded](std::string_view json) {
    ++decoded;
    return decode(json);
  });
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(counting.stage(key(name), "1", "x"));
  counting.commit();
  const std::string* before = counting.find(key("a"));
  ASSERT_TRUE(counting.stage(key("a"), "1", "x"));
  ASSERT_TRUE(counting.stage(key("b"), "2", "y"));
  counting.commit();
  EXPECT_EQ(decoded, 4);
  EXPECT_EQ(counting.find(key("a")), before);
  EXPECT_EQ(*counting.find(key("b")), "y");
  EXPECT_EQ(counting.find(key("c")), nullptr);
}

TEST_F(StoreTest, WhatWasShownUnchangedInAListThatBrokeIsNotKeptForIt) {
  ASSERT_TRUE(store.put(key("a"), "1", "x").has_value());
  ASSERT_TRUE(store.stage(key("a"), "1", "x").has_value());
  store.discard();
  store.commit();
  EXPECT_EQ(store.size(), 0U);
  ASSERT_TRUE(store.put(key("a"), "1", "x").has_value());
  ASSERT_TRUE(store.stage(key("a"), "1", "x").has_value());
  store.unstage(key("a"));  // deleted while it was listed
  store.commit();
  EXPECT_EQ(store.size(), 0U);
  EXPECT_THAT(store.by_index("letter", "x"), ElementsAre());
}

TEST_F(StoreTest, AnObjectThatCannotBeDecodedIsNotKeptAsItWas) {
  ASSERT_TRUE(store.put(key("a"), "1", "x").has_value());
  EXPECT_FALSE(store.put(key("a"), "2", "bad").has_value());
  EXPECT_EQ(store.find(key("a")), nullptr);
  EXPECT_THAT(store.by_index("letter", "x"), ElementsAre());
  ASSERT_TRUE(store.stage(key("b"), "1", "x").has_value());
  EXPECT_FALSE(store.stage(key("b"), "2", "bad").has_value());
  store.commit();
  EXPECT_EQ(store.size(), 0U);
  EXPECT_THAT(news, ElementsAre("added n/a", "removed n/a"));
}

}  // namespace
}  // namespace kube
