#include "traffic/template.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"

namespace traffic {
namespace {

std::string made(std::string_view path) {
  const Segments segments(path);
  return std::string(Template(segments).text());
}

TEST(Template, ReplacesWhatNamesOneThingAmongMany) {
  struct Case {
    const char* path;
    const char* text;
  };
  const Case cases[] = {
      {"/", "/"},
      {"/users", "/users"},
      {"/users/42", "/users/{id}"},
      {"/users/42/orders/7?page=2", "/users/{id}/orders/{id}"},
      {"/days/2026-11-26", "/days/{id}"},
      {"/hosts/10.0.0.1", "/hosts/{id}"},
      {"/api/v1/items", "/api/v1/items"},
      {"/oauth2/sha256", "/oauth2/sha256"},
      {"/things/550e8400-e29b-41d4-a716-446655440000", "/things/{uuid}"},
      {"/things/550E8400-E29B-41D4-A716-446655440000/x", "/things/{uuid}/x"},
      {"/things/550e8400-e29b-41d4-a716_44665544000X", "/things/{token}"},
      {"/commits/17d363c9", "/commits/{hex}"},
      {"/commits/17d363c", "/commits/17d363c"},
      {"/facade/deadbeef", "/facade/deadbeef"},
      {"/keys/deadbeefdeadbeef", "/keys/{hex}"},
      {"/s/dQw4w9WgXcQdQw4w9WgXcQ", "/s/{token}"},
      {"/s/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/s/{token}"},
      {"/s/cjld2cjxh0000qzrmn831i7rn", "/s/{token}"},
      {"/posts/my-post-about-2024-and-2025", "/posts/my-post-about-2024-and-2025"},
      {"/files/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
       "/files/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
      {"/files/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "/files/{token}"},
      {"/files/report.pdf", "/files/report.pdf"},
      {"/search/caf%C3%A9", "/search/{text}"},
      {"/search/caf\xc3\xa9", "/search/{text}"},
      {"/x/a\"b", "/x/{text}"},
      {"/x/{id}", "/x/{text}"},
      {"/1/2/3/4/5/6/7/8", "/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}"},
      {"/1/2/3/4/5/6/7/8/9", "/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{rest}"},
      {"/-/..", "/-/.."},
  };
  for (const Case& test : cases) EXPECT_EQ(made(test.path), test.text) << test.path;
}

// Whatever the bytes of a path: the text is short, begins with '/', and needs no escaping.
TEST(Template, IsAlwaysALabelThatNeedsNoEscaping) {
  base::Random random(6);
  const std::string likely = "/aZ9-_.~:@%?#\"\\\n";
  for (int run = 0; run < 20'000; ++run) {
    std::string path = "/";
    const std::size_t length = random.below(400);
    for (std::size_t i = 0; i < length; ++i) {
      path += random.chance(0.9) ? likely[random.below(likely.size())]
                                 : static_cast<char>(random.below(256));
    }
    const std::string text = made(path);
    ASSERT_EQ(text.front(), '/');
    ASSERT_LE(text.size(), 9u * 41u);
    ASSERT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
      return c > ' ' && c < 127 && c != '"' && c != '\\' && c != '?' && c != '#';
    })) << text;
  }
}

}  // namespace
}  // namespace traffic
