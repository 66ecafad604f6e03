#include "traffic/endpoint_rule.h"

#include <gtest/gtest.h>

namespace traffic {
namespace {

bool matches(std::string_view rule, std::string_view path) {
  const auto parsed = EndpointRule::parse(rule);
  EXPECT_TRUE(parsed) << rule;
  return parsed && parsed->matches(Segments(path));
}

TEST(EndpointRule, MatchesSegmentBySegment) {
  EXPECT_TRUE(matches("/", "/"));
  EXPECT_FALSE(matches("/", "/a"));
  EXPECT_TRUE(matches("/users/{id}/orders", "/users/42/orders"));
  EXPECT_TRUE(matches("/users/{id}/orders", "/users/any%20thing/orders/?x=1"));
  EXPECT_FALSE(matches("/users/{id}/orders", "/users/42"));
  EXPECT_FALSE(matches("/users/{id}/orders", "/users/42/orders/1"));
  EXPECT_FALSE(matches("/users/{id}/orders", "/users/42/carts"));
  EXPECT_FALSE(matches("/users", "/Users"));
}

TEST(EndpointRule, WithAStarTakesWhateverFollows) {
  EXPECT_TRUE(matches("/static/*", "/static"));
  EXPECT_TRUE(matches("/static/*", "/static/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r"));
  EXPECT_FALSE(matches("/static/*", "/statics"));
  EXPECT_TRUE(matches("/*", "/"));
  EXPECT_TRUE(matches("/{tenant}/*", "/a/b"));
  EXPECT_FALSE(matches("/{tenant}/*", "/"));
}

TEST(EndpointRule, OfSixteenSegmentsDoesNotMatchALongerPath) {
  std::string rule;
  for (int i = 0; i < 16; ++i) rule += "/x";
  EXPECT_TRUE(matches(rule, rule));
  EXPECT_FALSE(matches(rule, rule + "/x"));
}

TEST(EndpointRule, IsRefusedWithTheReason) {
  struct Case {
    std::string text;
    const char* message;
  };
  const Case cases[] = {
      {"", "begin with '/'"},
      {"users", "begin with '/'"},
      {"/a//b", "empty"},
      {"/a/", "empty"},
      {"/a?b", "printable ASCII"},
      {"/a b", "printable ASCII"},
      {"/caf\xc3\xa9", "printable ASCII"},
      {"/a\"b", "printable ASCII"},
      {"/{id", "whole segments"},
      {"/{}", "whole segments"},
      {"/{a-b}", "whole segments"},
      {"/x{id}", "whole segments"},
      {"/a*", "whole segments"},
      {"/*/a", "last segment"},
      {"/" + std::string(200, 'a'), "200"},
      {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "16 segments"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.text);
    const auto rule = EndpointRule::parse(test.text);
    ASSERT_FALSE(rule);
    EXPECT_EQ(rule.error().code, base::Code::InvalidArgument);
    EXPECT_NE(rule.error().message.find(test.message), std::string::npos) << rule.error().message;
  }
}

}  // namespace
}  // namespace traffic
