#include "net/gzip.h"

#include <gtest/gtest.h>

namespace net {
namespace {

constexpr std::size_t kMuch = std::size_t{1} << 20U;

TEST(Gzip, UnpacksWhatItPacked) {
  std::string long_text;
  for (int i = 0; i < 20'000; ++i) long_text += std::to_string(i * 7919);
  for (const std::string& text : {std::string(), std::string("a"), long_text}) {
    const auto back = gunzip(gzip(text), kMuch);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, text);
  }
  EXPECT_LT(gzip(std::string(10'000, 'a')).size(), 200U);
}

TEST(Gzip, ReadsWhatAnotherProgramPacked) {
  // printf hello | gzip -n
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05"
      "\x00\x00\x00",
      25);
  EXPECT_EQ(gunzip(packed, kMuch).value_or(""), "hello");
  EXPECT_EQ(gunzip(packed + packed, kMuch).value_or(""), "hellohello");
}

TEST(Gzip, RefusesWhatIsNone) {
  const std::string packed = gzip("some text of some length, some text");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(gunzip(packed.substr(0, size), kMuch)) << size;
  }
  std::string changed = packed;
  changed[packed.size() - 5] ^= 1;  // of its checksum
  EXPECT_FALSE(gunzip(changed, kMuch));
  EXPECT_EQ(gunzip("hello", kMuch).error().code, base::Code::InvalidArgument);
  EXPECT_FALSE(gunzip(packed + "x", kMuch));
}

TEST(Gzip, StopsWhereItIsTooMuch) {
  const std::string bomb = gzip(std::string(kMuch, '\0'));
  EXPECT_LT(bomb.size(), 10'000U);
  EXPECT_EQ(gunzip(bomb, kMuch - 1).error().code, base::Code::ResourceExhausted);
  EXPECT_EQ(gunzip(bomb, kMuch).value_or("").size(), kMuch);
  std::size_t unpacked = 0;
  EXPECT_FALSE(gunzip(bomb.substr(0, bomb.size() - 4), kMuch, &unpacked));
  EXPECT_EQ(unpacked, kMuch) << "it was work, whatever came of it";
}

TEST(Gzip, IsTakenByWhoSaysSo) {
  for (const char* yes : {"gzip", "deflate, gzip;q=0.5", "GZIP", "*", "br,*;q=0.1", "x-gzip"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no : {"", "deflate", "gzip;q=0", "gzip; q=0.000", "identity", "*;q=0",
                         "gzip;q=0, *", "gzipped"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

}  // namespace
}  // namespace net
