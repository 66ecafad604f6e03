#include "http1/grammar.h"

#include <string>

#include <gtest/gtest.h>

namespace http1::grammar {
namespace {

std::size_t found_at(const std::string& text) {
  const char* const end = text.data() + text.size();
  return static_cast<std::size_t>(find_control(text.data(), end) - text.data());
}

TEST(Rfc9110Section55, EveryControlIsFoundWhereverItStands) {
  for (const char filler : {'a', ' ', '\t', '~', '\x80', '\xff', '\xa0'}) {
    for (std::size_t at = 0; at < 20; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(21, filler);
        text[at] = static_cast<char>(c);
        const bool is_control = (c < 0x20 && c != '\t') || c == 0x7f;
        ASSERT_EQ(found_at(text), is_control ? at : text.size()) << c << " at " << at;
      }
    }
  }
}

TEST(Rfc9110Section55, TheFirstOfSeveralControlsIsFound) {
  for (std::size_t first = 0; first < 16; ++first) {
    for (std::size_t second = first + 1; second < 17; ++second) {
      std::string text(17, '\x80');
      text[first] = '\x7f';
      text[second] = '\r';
      ASSERT_EQ(found_at(text), first);
      text[first] = '\t';
      ASSERT_EQ(found_at(text), second);
    }
  }
  EXPECT_EQ(found_at(""), 0u);
}

TEST(Rfc9110Section51, EightLettersAreMadeSmallAsOne) {
  for (const char filler : {'a', 'Z', '@', '[', '\x80', '\xff', '\0'}) {
    for (std::size_t at = 0; at < 8; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(8, filler);
        text[at] = static_cast<char>(c);
        std::string small = text;
        for (char& one : small) one = lower(one);
        std::uint64_t word = 0;
        std::memcpy(&word, small.data(), sizeof word);
        ASSERT_EQ(lower_eight(text.data()), word) << c << " at " << at << " among " << filler;
      }
    }
  }
}

TEST(Rfc9110Section561, EveryMemberOfAListIsHandedOver) {
  std::string seen;
  const auto keep = [&seen](std::string_view member) {
    seen += "[" + std::string(member) + "]";
    return member != "stop";
  };
  EXPECT_TRUE(each_member(" a ,,\tb c", keep));
  EXPECT_FALSE(each_member("stop,d", keep));
  EXPECT_EQ(seen, "[a][][b c][stop]");
}

}  // namespace
}  // namespace http1::grammar
