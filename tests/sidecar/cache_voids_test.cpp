#include "sidecar/cache_voids.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

const std::string kUri = "http://shop/a/1";

TEST(CacheVoids, CoverWhatIsOlderThanThem) {
  CacheVoids voids;
  EXPECT_FALSE(voids.cover(0, kUri, "/a/1"));
  voids.add({false, kUri}, 10);
  EXPECT_TRUE(voids.cover(9, kUri, "/a/1"));
  EXPECT_FALSE(voids.cover(10, kUri, "/a/1"));
  EXPECT_FALSE(voids.cover(9, "http://shop/a/2", "/a/2"));
}

TEST(CacheVoids, PatternsAreOfPaths) {
  CacheVoids voids;
  voids.add({true, "/a/*"}, 10);
  voids.add({true, "/b"}, 12);
  EXPECT_TRUE(voids.cover(9, kUri, "/a/1"));
  EXPECT_FALSE(voids.cover(10, kUri, "/a/1"));
  EXPECT_FALSE(voids.cover(9, "http://shop/c", "/c"));
  EXPECT_TRUE(voids.cover(11, "http://shop/b", "/b"));
}

TEST(CacheVoids, OfOneTextTheNewestCounts) {
  CacheVoids voids;
  voids.add({false, kUri}, 10);
  voids.add({false, kUri}, 20);
  voids.add({false, kUri}, 15);
  EXPECT_EQ(voids.size(), 1U);
  EXPECT_TRUE(voids.cover(19, kUri, "/a/1"));
  EXPECT_FALSE(voids.cover(20, kUri, "/a/1"));
}

TEST(CacheVoids, WhatIsForgottenMakesAllVoidThatIsAsOld) {
  CacheVoids voids;
  voids.add({false, kUri}, 10);
  voids.forget(12);
  EXPECT_EQ(voids.size(), 0U);
  EXPECT_TRUE(voids.cover(11, "http://shop/z", "/z"));
  EXPECT_FALSE(voids.cover(12, kUri, "/a/1"));
}

TEST(CacheVoids, AreBounded) {
  CacheVoids voids;
  for (std::size_t i = 1; i <= CacheVoids::kMost + 10; ++i) {
    voids.add({false, "http://shop/" + std::to_string(i)}, i);
  }
  EXPECT_EQ(voids.size(), CacheVoids::kMost);
  EXPECT_TRUE(voids.cover(9, "http://shop/z", "/z")) << "who knew nothing newer is told nothing";
  EXPECT_FALSE(voids.cover(10, "http://shop/z", "/z"));
}

TEST(CacheVoids, AreToldAsTexts) {
  for (const CacheVoid& each : {CacheVoid{true, "/a/*"}, CacheVoid{false, kUri}}) {
    EXPECT_EQ(void_of(to_text(each)), each);
  }
  for (const char* text : {"", "p", "x/a"})
    EXPECT_EQ(void_of(text), (CacheVoid{true, "*"})) << text;
}

}  // namespace
}  // namespace sidecar
