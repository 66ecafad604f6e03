#include "drill/continuity.h"

#include <gtest/gtest.h>

#include "history_builder.h"

namespace drill::test {
namespace {

// The fault begins with operation 10; the window is from operation 20 to 30.
constexpr std::int64_t kFault = 10;
constexpr std::int64_t kFrom = 20;
constexpr std::int64_t kUntil = 30;

Evidence evidence_of(std::initializer_list<StreamInfo> streams) {
  Evidence out;
  out.streams = streams;
  out.fault_begun = due(kFault);
  return out;
}

/// The history of one session, from operation `first` on; 'd' is a denial.
void session(Evidence& evidence, std::int64_t number, std::string_view letters,
             std::int64_t first = 0, std::uint16_t id = 1) {
  for (std::size_t i = 0; i < letters.size(); ++i) {
    Record record = operation(letters[i], first + static_cast<std::int64_t>(i), StreamId(id));
    if (letters[i] == 'd') record.cause = Cause::Rejected;
    record.value = number;
    evidence.records.push_back(record);
  }
}

Share sessions(const Evidence& evidence) {
  return session_continuity(evidence, due(kFrom), due(kUntil));
}

Share one_session(std::string_view letters, std::int64_t first = 0) {
  Evidence evidence = evidence_of({stream(StreamKind::Session, 1)});
  session(evidence, 0, letters, first);
  return sessions(evidence);
}

TEST(SessionContinuity, ASessionIsContinuedIfItWasNeverDeniedAndAnsweredInTheWindow) {
  const std::string before = "oooooooooo";
  const std::string outage = "xxxxxtttxx";
  struct Case {
    const char* what;
    std::string letters;
    double percent;
  };
  const Case cases[] = {
      {"answered", before + outage + "oooooooooo", 100},
      {"no answer is no denial", before + outage + "xxtoxxxxxx", 100},
      {"late is answered", before + outage + "xxtlxxxxxx", 100},
      {"denied once", before + outage + "oodooooooo", 0},
      {"denied before the window", before + "xxxdxxxxxx" + "oooooooooo", 0},
      {"never answered in it", before + outage + "xxxxxxxxxx", 0},
      {"answered too early", before + "xxxxxooooo" + "xxxxxxxxxx", 0},
      {"answered too late", before + outage + "xxxxxxxxxx" + "ooo", 0},
      {"denied behind the window", before + outage + "oooooooooo" + "d", 100},
      {"denied before the fault", "oooodooooo" + outage + "oooooooooo", 100},
  };
  for (const Case& c : cases) {
    const Share share = one_session(c.letters);
    ASSERT_TRUE(share.percent.has_value()) << c.what;
    EXPECT_EQ(*share.percent, c.percent) << c.what;
    EXPECT_EQ(share.of, 1U) << c.what;
  }
}

TEST(SessionContinuity, OnlySessionsThatWereHadCount) {
  EXPECT_FALSE(one_session("xxxxxxxxxx"
                           "xxxxxxxxxx"
                           "oooooooooo")
                   .percent.has_value());
  EXPECT_FALSE(one_session("").percent.has_value());
  EXPECT_FALSE(one_session("oooooooooo", 10).percent.has_value()) << "made after the fault";
  Evidence evidence = evidence_of({stream(StreamKind::Session, 1)});
  session(evidence, 0, "o");
  session(evidence, 0, "o", 25);
  session(evidence, 1, "o", 25);
  EXPECT_EQ(sessions(evidence).of, 1U);
  EXPECT_EQ(sessions(evidence).percent, 100.0);
}

TEST(SessionContinuity, WhatTheInstrumentDidNotDoSaysNothing) {
  for (const char own : {'n', 'b', 's', '?'}) {
    Evidence evidence = evidence_of({stream(StreamKind::Session, 1)});
    session(evidence, 0, "o");
    session(evidence, 0, std::string(5, own) + "o", 20);
    EXPECT_EQ(sessions(evidence).percent, 100.0) << own;
  }
}

TEST(SessionContinuity, CountsEverySessionOfEveryProbeAndNoOtherStream) {
  Evidence evidence = evidence_of({stream(StreamKind::Session, 1), stream(StreamKind::Session, 2),
                                   stream(StreamKind::Feature, 3)});
  for (std::uint16_t id = 1; id <= 3; ++id) {
    for (const std::int64_t number : {0, 1}) {
      session(evidence, number, "o", 0, id);
      session(evidence, number, id == 2 && number == 1 ? "d" : "o", 22, id);
    }
  }
  const Share share = sessions(evidence);
  EXPECT_EQ(share.of, 4U);
  EXPECT_EQ(share.percent, 75.0);
}

Share features(std::initializer_list<std::string_view> letters) {
  Evidence evidence = evidence_of({});
  std::uint16_t id = 0;
  for (const std::string_view history : letters) {
    evidence.streams.push_back(stream(StreamKind::Feature, ++id));
    const auto made = records(history, StreamId(id));
    evidence.records.insert(evidence.records.end(), made.begin(), made.end());
  }
  return features_working(evidence, due(kFrom), due(kUntil));
}

TEST(Features, OneWorksIfItWasCalledAndNeverFailedInTheWindow) {
  const std::string outside = "oxxxxxxxxxxxxxxxxxxx";  // before the window anything may happen
  EXPECT_EQ(features({outside + "oooooooooo" + "xxx"}).percent, 100.0);
  EXPECT_EQ(features({outside + "ooooollllo"}).percent, 100.0) << "late is working";
  EXPECT_EQ(features({outside + "ooooxooooo"}).percent, 0.0);
  EXPECT_EQ(features({outside + "ooootooooo"}).percent, 0.0) << "not known is not working";
  EXPECT_EQ(features({outside + "nnnnonnbso"}).percent, 100.0) << "of the instrument";
}

TEST(Features, OneThatWasNotCalledDoesNotWork) {
  const std::string outside(20, 'o');
  EXPECT_EQ(features({outside + "oooooooooo", outside}).percent, 50.0);
  EXPECT_EQ(features({outside + "oooooooooo", outside}).of, 2U);
  EXPECT_FALSE(features({outside, outside + "nn"}).percent.has_value()) << "none was called";
  EXPECT_FALSE(features({}).percent.has_value());
}

}  // namespace
}  // namespace drill::test
