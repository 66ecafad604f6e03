// What the runner asks another vantage, and when it is of no use any more.
#include "runner/vantage_dialog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runner {
namespace {

using Goal = VantageDialog::Goal;
using testing::HasSubstr;

class VantageDialogTest : public testing::Test {
 protected:
  VantageDialogTest() : dialog(begin()) {}
  static VantageAsk begin() {
    VantageAsk out;
    out.drill = "d";
    out.key = std::string(32, 'k');
    return out;
  }
  static base::TimePoint at(std::int64_t millis) { return base::TimePoint(base::millis(millis)); }

  /// The next question, answered in this state; which question it was.
  VantageWish answered(VantageState state, const std::string& why = "") {
    const VantageAsk ask = dialog.next();
    last_number = ask.number;
    VantageAnswer answer;
    answer.number = ask.number;
    answer.run = run;
    answer.place = "pod p on n";
    answer.state = state;
    answer.why = why;
    answer.now = at(now + 5000);
    answer.bytes = state == VantageState::Finished ? records.size() : 0;
    if (ask.wish == VantageWish::Fetch) answer.piece = records.substr(ask.offset, 4);
    EXPECT_TRUE(dialog.heard(answer, at(now - 1), at(now + 1)).has_value());
    now += 100;
    return ask.wish;
  }

  VantageDialog dialog;
  std::string run = "1", records = "0123456789";
  std::int64_t now = 1000;
  std::uint64_t last_number = 0;
};

TEST_F(VantageDialogTest, FromTheBeginningToTheRecords) {
  EXPECT_EQ(answered(VantageState::Idle), VantageWish::Look);
  EXPECT_EQ(dialog.pause(), base::Duration{}) << "there is something to be asked";
  EXPECT_EQ(answered(VantageState::Beginning), VantageWish::Begin);
  EXPECT_EQ(answered(VantageState::Beginning), VantageWish::Look);
  EXPECT_FALSE(dialog.has(Goal::Measuring));
  EXPECT_EQ(answered(VantageState::Measuring), VantageWish::Look);
  EXPECT_TRUE(dialog.has(Goal::Measuring));
  EXPECT_EQ(dialog.place(), "pod p on n");
  dialog.want(Goal::Stopped);
  EXPECT_EQ(answered(VantageState::Stopping), VantageWish::StopWriting);
  EXPECT_EQ(answered(VantageState::Stopping), VantageWish::Look);
  EXPECT_FALSE(dialog.has(Goal::Stopped));
  EXPECT_EQ(answered(VantageState::Stopped), VantageWish::Look);
  EXPECT_TRUE(dialog.has(Goal::Stopped));
  dialog.want(Goal::Received);
  EXPECT_EQ(answered(VantageState::Finishing), VantageWish::Finish);
  EXPECT_EQ(answered(VantageState::Finished), VantageWish::Look);
  EXPECT_FALSE(dialog.has(Goal::Received));
  for (int piece = 0; piece < 3; ++piece) {
    EXPECT_EQ(answered(VantageState::Finished), VantageWish::Fetch);
  }
  EXPECT_TRUE(dialog.has(Goal::Received));
  EXPECT_EQ(dialog.bytes(), records);
  EXPECT_EQ(answered(VantageState::Finished), VantageWish::Look);
  dialog.want(Goal::Left);
  EXPECT_EQ(answered(VantageState::Finished), VantageWish::Leave);
  EXPECT_TRUE(dialog.has(Goal::Left));
  EXPECT_EQ(dialog.lost(), "");
}

TEST_F(VantageDialogTest, EveryAnswerButAPieceComparesTheClocks) {
  answered(VantageState::Idle);
  answered(VantageState::Measuring);
  ASSERT_EQ(dialog.exchanges().size(), 2U);
  EXPECT_EQ(dialog.exchanges().front(), (drill::ClockExchange{at(999), at(6000), at(1001)}));
  dialog.want(Goal::Received);
  answered(VantageState::Finished);
  EXPECT_EQ(answered(VantageState::Finished), VantageWish::Fetch);
  EXPECT_EQ(dialog.exchanges().size(), 3U);
}

TEST_F(VantageDialogTest, TheClocksAreComparedOftenAtFirstAndThenOnceASecond) {
  answered(VantageState::Idle);
  answered(VantageState::Measuring);
  EXPECT_EQ(dialog.pause(), base::millis(100));
  for (int i = 0; i < 20; ++i) answered(VantageState::Measuring);
  EXPECT_EQ(dialog.pause(), base::seconds(1));
}

TEST_F(VantageDialogTest, OfComparisonsThatAreTooManySomeGoEverywhere) {
  answered(VantageState::Idle);
  for (int i = 0; i < 30'000; ++i) answered(VantageState::Measuring);
  const auto& kept = dialog.exchanges();
  EXPECT_LE(kept.size(), 8192U);
  EXPECT_GE(kept.size(), 4096U);
  EXPECT_EQ(kept.front().asked, at(999));
  EXPECT_GE(kept.back().asked, at(now - 101 - 400)) << "one of the newest";
  for (std::size_t i = 1; i < kept.size(); ++i) {
    ASSERT_LT(kept[i - 1].asked, kept[i].asked);
    ASSERT_LE(kept[i].asked - kept[i - 1].asked, base::millis(400)) << "no long gap";
  }
}

TEST_F(VantageDialogTest, AQuestionThatWasNeverHeardIsAskedAgain) {
  answered(VantageState::Idle);
  EXPECT_EQ(answered(VantageState::Idle), VantageWish::Begin) << "it did not hear that";
  EXPECT_EQ(answered(VantageState::Measuring), VantageWish::Begin);
  EXPECT_TRUE(dialog.has(Goal::Measuring));
}

TEST_F(VantageDialogTest, AnAnswerToAnEarlierQuestionIsNotTakenForOneToThis) {
  answered(VantageState::Idle);
  VantageAnswer late;
  late.number = dialog.next().number - 1;
  late.run = run;
  EXPECT_FALSE(dialog.heard(late, at(0), at(1)).has_value());
  EXPECT_EQ(dialog.exchanges().size(), 1U) << "it would be a false comparison";
  EXPECT_EQ(dialog.lost(), "");
}

TEST_F(VantageDialogTest, OneThatBeganAnewIsLost) {
  answered(VantageState::Idle);
  answered(VantageState::Measuring);
  run = "2";
  answered(VantageState::Idle);
  EXPECT_THAT(dialog.lost(), HasSubstr("began anew"));
  EXPECT_FALSE(dialog.has(Goal::Measuring));
  EXPECT_EQ(answered(VantageState::Idle), VantageWish::Look) << "it is told nothing more";
}

TEST_F(VantageDialogTest, OneThatMeasuresForAnotherRunnerIsLost) {
  answered(VantageState::Measuring);
  EXPECT_THAT(dialog.lost(), HasSubstr("another runner"));
}

TEST_F(VantageDialogTest, OneThatFailsIsLostForItsReason) {
  answered(VantageState::Idle);
  answered(VantageState::Failed, "no stream decides");
  EXPECT_EQ(dialog.lost(), "no stream decides");
  dialog.lose("later");
  EXPECT_EQ(dialog.lost(), "no stream decides") << "the first reason stays";
}

TEST_F(VantageDialogTest, RecordsOfAnotherLengthAreNotUsed) {
  answered(VantageState::Idle);
  answered(VantageState::Measuring);
  dialog.want(Goal::Received);
  answered(VantageState::Finished);
  records += "more";
  answered(VantageState::Finished);
  EXPECT_THAT(dialog.lost(), HasSubstr("another length"));
}

TEST_F(VantageDialogTest, ADrillThatEndsWithoutReadingTheLedgerStillGetsTheRecords) {
  answered(VantageState::Idle);
  answered(VantageState::Measuring);
  dialog.want(Goal::Received);
  EXPECT_EQ(answered(VantageState::Finishing), VantageWish::Finish);
  dialog.want(Goal::Stopped);
  answered(VantageState::Finished);
  EXPECT_EQ(answered(VantageState::Finished), VantageWish::Fetch) << "nothing goes back";
}

}  // namespace
}  // namespace runner
