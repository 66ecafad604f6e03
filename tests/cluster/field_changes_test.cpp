#include "cluster/field_changes.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/sorted.h"

namespace cluster {
namespace {

using api::Node;
using testing::ElementsAre;
using testing::IsEmpty;

Node json(const std::string& text) {
  const auto parsed = api::parse_json(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Node());
}

std::vector<std::string> paths(const FieldChanges& changes) {
  std::vector<std::string> out;
  for (const FieldChange& change : changes) out.push_back(to_string(change));
  return out;
}

/// What a merge patch (RFC 7386) makes of an object.
Node merged(Node into, const Node& patch) {
  if (!into.is_map()) into = Node::map();
  for (const api::Entry& entry : patch.entries()) {
    if (entry.value.is_null()) {
      into.erase(entry.key);
    } else if (entry.value.is_map()) {
      into.set(entry.key, merged(into[entry.key], entry.value));
    } else {
      into.set(entry.key, entry.value);
    }
  }
  return into;
}

std::string ordered(const Node& node) {
  return api::to_json(api::sorted(node));
}

TEST(FieldChanges, AreTheFieldsThatDifferAndNoneOfTheServers) {
  const Node before = json(R"({"metadata":{"name":"a","resourceVersion":"1","generation":1,
      "managedFields":[]},"spec":{"replicas":3,"paused":true,"same":{"x":1}},"status":{"ready":3}})");
  const Node after = json(R"({"metadata":{"name":"a","resourceVersion":"2","generation":2,
      "managedFields":[1]},"spec":{"replicas":1,"same":{"x":1},"list":[1]},"status":{"ready":1}})");
  EXPECT_THAT(paths(changes(before, after)),
              ElementsAre("spec.replicas", "spec.list", "spec.paused"));
  EXPECT_THAT(changes(before, before), IsEmpty());
}

TEST(FieldChanges, WhatIsUndoneIsAsItWas) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"a":1})", R"({"a":2})"},
      {R"({"a":1})", R"({})"},
      {R"({})", R"({"a":{"b":{"c":1}}})"},
      {R"({"a":{"x":1}})", R"({"a":5})"},
      {R"({"a":5})", R"({"a":{"x":1}})"},
      {R"({"a":[1,2,{"b":3}]})", R"({"a":[1]})"},
      {R"({"a":{}})", R"({"a":{"b":1}})"},
      {R"({"a":{"b":1,"c":{"d":2}}})", R"({"a":{"b":1}})"},
      {R"({"m":{"k.io/a":"1"}})", R"({"m":{"k.io/a":"2","k.io/b":"3"}})"},
      {R"({"a":{"b":1}})", R"({"a":[1]})"},
      {R"({})", R"({"a":{}})"},
  };
  for (const auto& [before, after] : cases) {
    const FieldChanges fields = changes(json(before), json(after));
    EXPECT_FALSE(fields.empty()) << after;
    const Node back = undone(json(after), fields);
    EXPECT_EQ(ordered(back), ordered(json(before))) << after;
    EXPECT_EQ(ordered(undone(back, fields)), ordered(json(before))) << "twice: " << after;
    // As the server carries the undo out.
    EXPECT_EQ(ordered(merged(json(after), merge_patch(json(after), back))), ordered(json(before)))
        << after;
  }
}

TEST(FieldChanges, OthersKeepWhatTheyWroteMeanwhile) {
  const FieldChanges fields =
      changes(json(R"({"metadata":{},"data":{"a":"1"}})"),
              json(R"({"metadata":{"annotations":{"mine":"x"}},"data":{"a":"2"}})"));
  const Node now = json(R"({"metadata":{"annotations":{"mine":"x","theirs":"y"}},
      "data":{"a":"2","b":"3"}})");
  EXPECT_EQ(
      ordered(undone(now, fields)),
      ordered(json(R"({"metadata":{"annotations":{"theirs":"y"}},"data":{"a":"1","b":"3"}})")));
}

TEST(FieldChanges, AMapThatWasNotThereGoesWithTheLastOfIt) {
  const FieldChanges fields =
      changes(json(R"({"spec":{}})"), json(R"({"spec":{"a":{"b":{"c":1,"d":2}}}})"));
  EXPECT_THAT(paths(fields), ElementsAre("spec.a.b.c", "spec.a.b.d"));
  EXPECT_EQ(ordered(undone(json(R"({"spec":{"a":{"b":{"c":1,"d":2}}}})"), fields)),
            ordered(json(R"({"spec":{}})")));
  EXPECT_EQ(ordered(undone(json(R"({"spec":{"a":{"b":{"c":1,"d":2},"e":3}}})"), fields)),
            ordered(json(R"({"spec":{"a":{"e":3}}})")));
  EXPECT_EQ(ordered(undone(json(R"({"spec":{"a":4}})"), fields)),
            ordered(json(R"({"spec":{"a":4}})")))
      << "somebody made something else of it";
}

TEST(FieldChanges, AMapThatWasEmptyStays) {
  const FieldChanges fields = changes(json(R"({"a":{}})"), json(R"({"a":{"b":1}})"));
  EXPECT_EQ(ordered(undone(json(R"({"a":{"b":1}})"), fields)), ordered(json(R"({"a":{}})")));
}

TEST(FieldChanges, TellWhatIsNotInForce) {
  const FieldChanges fields = changes(json(R"({"a":1,"b":2})"), json(R"({"a":5,"b":6,"c":7})"));
  EXPECT_THAT(as_before(json(R"({"a":5,"b":6,"c":7})"), fields), IsEmpty());
  EXPECT_THAT(as_before(json(R"({"a":1,"b":6,"c":7})"), fields), ElementsAre("a"));
  EXPECT_THAT(as_before(json(R"({"a":1,"b":2})"), fields), ElementsAre("a", "b", "c"));
}

TEST(FieldChanges, SurviveAJournal) {
  const FieldChanges fields =
      changes(json(R"({"a":1,"b":{"c":[1]}})"), json(R"({"b":{"c":2},"n":{"o":{"p":true}}})"));
  const auto read = changes_of(*api::parse_json(api::to_json(node_of(fields))));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, fields);
  EXPECT_FALSE(changes_of(json(R"([{"before":1}])")).has_value());
}

}  // namespace
}  // namespace cluster
