#include "kube/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using testing::HasSubstr;

TEST(Decode, CutsAnObjectOutOfAWatchEventWhateverTheOrderOfItsFields) {
  const std::string object =
      R"({"spec":{"metadata":{"name":"no"}},"metadata":{"managedFields":[{"a":{}}],"labels":null,)"
      R"("annotations":null,"resourceVersion":"7","name":"a","namespace":"shop"}})";
  Decoder decoder;
  for (const std::string& line : {R"({"type":"MODIFIED","object":)" + object + "}",
                                  R"({"object":)" + object + R"(,"type":"MODIFIED"})"}) {
    const auto event = decoder.watch_event(line);
    ASSERT_TRUE(event.has_value()) << event.error().message;
    EXPECT_EQ(event->change, Change::Modified);
    EXPECT_EQ(event->object.key, (Key{"shop", "a"}));
    EXPECT_EQ(event->object.version, "7");
    EXPECT_EQ(event->object.json, object);
    EXPECT_FALSE(event->error || event->initial_end);
  }
}

TEST(Decode, KnowsTheBookmarkThatEndsTheInitialEvents) {
  Decoder decoder;
  const auto bookmark = [&](const std::string& annotations) {
    const auto event = decoder.watch_event(
        R"({"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"9",)"
        R"("annotations":{)" +
        annotations + "}}}}");
    EXPECT_TRUE(event.has_value()) << event.error().message;
    return event && event->change == Change::Bookmark && event->initial_end;
  };
  EXPECT_TRUE(bookmark(R"("other":"x","k8s.io/initial-events-end":"true")"));
  EXPECT_FALSE(bookmark(R"("k8s.io/initial-events-end":"false")"));
  EXPECT_FALSE(bookmark(""));
}

TEST(Decode, AnErrorIsHandedOutAsTheStatusThatItIs) {
  Decoder decoder;
  const std::string status = R"({"kind":"Status","metadata":{},"code":410,"reason":"Expired"})";
  const auto event = decoder.watch_event(R"({"type":"ERROR","object":)" + status + "}");
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_TRUE(event->error);
  EXPECT_EQ(event->object.json, status);
}

TEST(Decode, RefusesWhatIsNoEvent) {
  Decoder decoder;
  const auto refusal = [&](const std::string& line) {
    const auto event = decoder.watch_event(line);
    return event ? "" : event.error().message;
  };
  for (const char* line :
       {"", "x", "{", "[]", R"({"type":"ADDED"})", R"({"type":7,"object":{}})",
        R"({"type":"ADDED","object":[]})", R"({"type":"ADDED","object":{"metadata":{"name":7}}})",
        R"({"type":"ADDED","object":{"metadata":{"name":"a")"}) {
    EXPECT_THAT(refusal(line), HasSubstr("watch event: ")) << line;
  }
  EXPECT_THAT(refusal(R"({"type":"NEW","object":{}})"), HasSubstr("its type is unknown"));
  EXPECT_THAT(refusal(R"({"type":"ADDED","object":{"metadata":{"name":"a"}}})"),
              HasSubstr("no resourceVersion"));
  EXPECT_THAT(refusal(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}})"),
              HasSubstr("no name"));
}

TEST(Decode, CutsAListIntoItsItems) {
  Decoder decoder;
  const auto page = decoder.list_page(
      R"({"kind":"PodList","items":[{"metadata":{"name":"a","resourceVersion":"3"},"x":1},)"
      R"({"metadata":{"name":"\u0062","namespace":"n","resourceVersion":"4"}}],)"
      R"("metadata":{"resourceVersion":"9","continue":"more"}})");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->version, "9");
  EXPECT_EQ(page->next, "more");
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[0].json, R"({"metadata":{"name":"a","resourceVersion":"3"},"x":1})");
  EXPECT_EQ(page->items[1].key, (Key{"n", "b"}));
  const auto empty = decoder.list_page(R"({"metadata":{"resourceVersion":"9"},"items":null})");
  ASSERT_TRUE(empty.has_value()) << empty.error().message;
  EXPECT_TRUE(empty->items.empty());
  EXPECT_FALSE(decoder.list_page(R"({"metadata":{},"items":[]})").has_value());
  EXPECT_FALSE(decoder.list_page(R"({"metadata":{"resourceVersion":"9"}})").has_value());
  EXPECT_FALSE(
      decoder.list_page(R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":{}}]})")
          .has_value());
}

// Both were found by the fuzzer: a field that is looked up again from the start met the end first.
TEST(Decode, BracketsThatDoNotMatchEndInAnAnswer) {
  Decoder decoder;
  for (const char* text :
       {R"({"type":"MODIFIED","x":"P","metadata":{"ab":"a","n=e":"n","resourceVersion":"6",)"
        R"("c":"t":"true"}},"spec":{}}})",
        R"({"kind":"PodList","metadata":{"resourceVersion":"8","continui`":"x&},tinui`":"x"},)"
        R"("itatiOns":null}}]})"}) {
    EXPECT_FALSE(decoder.watch_event(text).has_value()) << text;
    EXPECT_FALSE(decoder.list_page(text).has_value()) << text;
  }
}

TEST(Decode, EveryBeginningOfAnEventIsRefused) {
  Decoder decoder;
  const std::string line =
      R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"3"},"s":"ü"}})";
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(decoder.watch_event(line.substr(0, size)).has_value() && size + 1 < line.size())
        << line.substr(0, size);
  }
  EXPECT_TRUE(decoder.watch_event(line).has_value());
}

}  // namespace
}  // namespace kube
