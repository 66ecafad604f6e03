#include "limit/pattern.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace limit {
namespace {

TEST(Pattern, AStarStandsForAnyText) {
  const struct {
    const char *pattern, *text;
    bool match;
  } cases[] = {{"/api", "/api", true},
               {"/api", "/api/", false},
               {"/api*", "/api/users", true},
               {"/api*", "/api", true},
               {"/api*", "/ap", false},
               {"*.php", "/a/b.php", true},
               {"*.php", "/a/b.php5", false},
               {"/a/*/c", "/a/b/b/c", true},
               {"/a/*/c", "/a/c", false},
               {"*", "", true},
               {"", "", true},
               {"", "a", false},
               {"**a**", "bab", true},
               {"*aab", "aaaab", true},
               {"a*b*c", "a-b-b-c", true},
               {"a*b*c", "a-c-b", false}};
  for (const auto& one : cases) {
    EXPECT_EQ(matches(one.pattern, one.text), one.match) << one.pattern << " " << one.text;
  }
}

TEST(Pattern, IsNoWorkForTheProcessorHoweverItIsWritten) {
  const std::string text(100'000, 'a');
  EXPECT_FALSE(matches("*a*a*a*a*a*a*a*a*b", text));
}

TEST(PlainPath, IsWhatTheApplicationReads) {
  const struct {
    const char *target, *path;
  } cases[] = {{"/login", "/login"},
               {"/login?next=/a%20b", "/login"},
               {"/login#here", "/login"},
               {"/%6Cogin", "/login"},
               {"/%6cogin", "/login"},
               {"//login", "/login"},
               {"/./login", "/login"},
               {"/a/../login", "/login"},
               {"/a/%2e%2E/login", "/login"},
               {"/../../login", "/login"},
               {"/login/.", "/login/"},
               {"/login/..", "/"},
               {"/login//", "/login/"},
               {"/a%2Fb", "/a%2Fb"},
               {"/a%2", "/a%2"},
               {"/a%zz", "/a%zz"},
               {"/.well-known/x", "/.well-known/x"},
               {"/a..b/c", "/a..b/c"},
               {"/", "/"},
               {"*", "*"},
               {"", ""},
               {"example.com:443", "example.com:443"}};
  std::array<char, 64> buffer{};
  for (const auto& one : cases) EXPECT_EQ(plain_path(one.target, buffer), one.path) << one.target;
}

TEST(PlainPath, IsNotKnownWhereItDoesNotFit) {
  std::array<char, 8> buffer{};
  EXPECT_EQ(plain_path("/123456%41", buffer), std::nullopt);
  EXPECT_EQ(plain_path("/1234567890", buffer), "/1234567890") << "plain ones need no buffer";
}

}  // namespace
}  // namespace limit
