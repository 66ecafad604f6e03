// What the runner and another vantage say to each other is read as it was written, and nothing else
// is taken for it.
#include "runner/vantage_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runner {
namespace {

using testing::HasSubstr;

VantageAsk begin() {
  VantageAsk out;
  out.number = 3;
  out.wish = VantageWish::Begin;
  out.drill = "orders-20261126T151424Z-0a1b";
  out.plan = plan_digest("plan");
  out.key = std::string("\0\xff", 2) + std::string(30, 'k');
  out.vantage = 2;
  return out;
}

TEST(VantageWords, QuestionsAreReadAsTheyWereWritten) {
  VantageAsk fetch;
  fetch.number = std::uint64_t{1} << 40U;
  fetch.wish = VantageWish::Fetch;
  fetch.offset = 1'000'000;
  VantageAsk leave;
  leave.wish = VantageWish::Leave;
  for (const VantageAsk& ask : {VantageAsk{}, begin(), fetch, leave}) {
    const std::string line = to_line(ask);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
    const auto read = parse_vantage_ask(line);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, ask);
  }
}

TEST(VantageWords, AnswersAreReadAsTheyWereWritten) {
  VantageAnswer answer;
  answer.number = 9;
  answer.run = "00ff";
  answer.place = "pod \"x\" on n\n2";
  answer.state = VantageState::Finished;
  answer.why = "its ledger cannot be written: disk full";
  answer.now = base::TimePoint(base::Duration(1'234'567'890'123'456'789));
  answer.bytes = 77;
  answer.piece = std::string("\n\0\xc3", 3);
  const std::string line = to_line(answer);
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
  const auto read = parse_vantage_answer(line);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, answer);
  EXPECT_EQ(*parse_vantage_answer(to_line(VantageAnswer{})), VantageAnswer{});
  answer.piece = std::string(kVantagePiece, 'x');
  EXPECT_LT(to_line(answer).size(), kVantageLineMax);
}

TEST(VantageWords, EveryStateAndWishHasAWordOfItsOwn) {
  for (int i = 0; i <= static_cast<int>(VantageState::Failed); ++i) {
    VantageAnswer answer;
    answer.state = static_cast<VantageState>(i);
    EXPECT_EQ(parse_vantage_answer(to_line(answer))->state, answer.state);
  }
  EXPECT_STREQ(name(VantageState::Stopped), "Stopped");
  EXPECT_STREQ(name(VantageWish::Leave), "Leave");
}

TEST(VantageWords, WhatIsNotAsItShouldBeIsRefused) {
  const auto refused = [](const std::string& line) {
    const auto read = parse_vantage_ask(line);
    EXPECT_FALSE(read.has_value()) << line;
    return read ? "" : read.error().message;
  };
  refused("");
  refused("[]");
  EXPECT_THAT(refused(R"({"v":2,"n":1,"ask":"Look"})"), HasSubstr("this one speaks 1"));
  EXPECT_THAT(refused(R"({"v":1,"n":1,"ask":"Stop"})"), HasSubstr("'Stop' is none"));
  EXPECT_THAT(refused(R"({"v":1,"n":-1,"ask":"Look"})"), HasSubstr("n: an integer"));
  EXPECT_THAT(refused(R"({"v":1,"n":1,"ask":"Fetch","offset":9999999999})"), HasSubstr("offset"));
  const auto changed = [](auto change) {
    VantageAsk ask = begin();
    change(ask);
    return to_line(ask);
  };
  for (const char* id : {"", "..", "a/b", ".hidden", "a b"}) {
    EXPECT_THAT(refused(changed([id](VantageAsk& a) { a.drill = id; })), HasSubstr("drill"))
        << "it becomes a folder's name";
  }
  EXPECT_THAT(refused(changed([](VantageAsk& a) { a.vantage = 0; })), HasSubstr("the runner"));
  EXPECT_THAT(refused(changed([](VantageAsk& a) { a.vantage = 26; })), HasSubstr("vantage"));
  EXPECT_EQ(refused(changed([](VantageAsk& a) { a.key = "short"; })), "key: no key");
}

TEST(VantageWords, AnAnswerOfTooMuchIsRefused) {
  VantageAnswer answer;
  answer.piece = std::string(kVantagePiece + 1, 'x');
  EXPECT_FALSE(parse_vantage_answer(to_line(answer)).has_value());
  EXPECT_FALSE(parse_vantage_answer(R"({"v":1,"n":1,"state":"Idle","bytes":536870913})"));
  EXPECT_FALSE(parse_vantage_answer(R"({"v":1,"n":1,"state":"Idle","piece":"?"})"));
  EXPECT_TRUE(parse_vantage_answer(R"({"v":1,"n":1,"state":"Idle","other":true})"))
      << "a later one may say more";
}

}  // namespace
}  // namespace runner
