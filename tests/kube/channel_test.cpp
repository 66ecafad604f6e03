#include "kube/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/exec.h"

namespace kube {
namespace {

using testing::HasSubstr;

const std::string kThree =
    R"({"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: 3",)"
    R"("reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}})";

std::string status_message(const std::string& text) {
  return channel_message(kStatus, text);
}

TEST(Channel, TheFirstByteIsTheChannelAndTheRestIsItsOwn) {
  EXPECT_EQ(channel_message(1, "ab"),
            "\x01"
            "ab");
  const auto part = channel_part("\x02oops");
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->channel, kStderr);
  EXPECT_EQ(part->bytes, "oops");
  EXPECT_FALSE(channel_part("").has_value());
  EXPECT_EQ(channel_part(std::string_view("\0", 1))->bytes, "");
}

TEST(ExecStatus, TellsTheExitCode) {
  EXPECT_EQ(exit_code_of(R"({"metadata":{},"status":"Success"})").value_or(-1), 0);
  EXPECT_EQ(exit_code_of(kThree).value_or(-1), 3);
}

TEST(ExecStatus, WhatIsNoExitCodeIsAnErrorThatIsNotTriedAgain) {
  struct Case {
    std::string status;
    base::Code code;
    std::string message;
  };
  const Case cases[] = {
      {"gone", base::Code::Unavailable, "not said in JSON"},
      {R"({"status":"Perhaps"})", base::Code::Unavailable, "in no Status"},
      {R"({"status":"Failure","reason":"NonZeroExitCode"})", base::Code::Unavailable, "not said"},
      {R"({"status":"Failure","reason":"NonZeroExitCode",)"
       R"("details":{"causes":[{"reason":"ExitCode","message":"3x"}]}})",
       base::Code::Unavailable, "not said"},
      {R"({"status":"Failure","reason":"NonZeroExitCode",)"
       R"("details":{"causes":[{"reason":"Else","message":"3"}]}})",
       base::Code::Unavailable, "not said"},
      {R"({"kind":"Status","status":"Failure","reason":"InternalError","message":"no task","code":500})",
       base::Code::Unavailable, "no task"},
      {R"({"kind":"Status","status":"Failure","reason":"NotFound","message":"no container","code":404})",
       base::Code::NotFound, "no container"},
  };
  for (const Case& one : cases) {
    const auto code = exit_code_of(one.status);
    ASSERT_FALSE(code.has_value()) << one.status;
    EXPECT_EQ(code.error().code, one.code) << one.status;
    EXPECT_EQ(code.error().retry, base::Retry::Terminal) << one.status;
    EXPECT_THAT(code.error().message, HasSubstr(one.message));
  }
}

TEST(ExecTranscript, CollectsTheOutputsAndTheEnd) {
  ExecTranscript transcript(100);
  EXPECT_FALSE(transcript.end().has_value());
  for (const char* message : {"\x01", "\x01one ", "\x02two", "\x01three"}) {
    ASSERT_TRUE(transcript.take(message).has_value());
  }
  EXPECT_FALSE(transcript.told());
  ASSERT_TRUE(transcript.take(status_message(kThree)).has_value());
  EXPECT_TRUE(transcript.told());
  ASSERT_TRUE(transcript.take("\x01!").has_value()) << "output may follow";
  EXPECT_EQ(transcript.out, "one three!");
  EXPECT_EQ(transcript.err, "two");
  EXPECT_EQ(transcript.end().value_or(-1), 3);
  EXPECT_FALSE(transcript.truncated);
}

TEST(ExecTranscript, AStatusMayComeInPieces) {
  ExecTranscript transcript(100);
  ASSERT_TRUE(transcript.take(status_message(kThree.substr(0, 20))).has_value());
  EXPECT_FALSE(transcript.told());
  EXPECT_EQ(transcript.end().error().code, base::Code::Unavailable);
  ASSERT_TRUE(transcript.take(status_message(kThree.substr(20))).has_value());
  EXPECT_TRUE(transcript.told());
  EXPECT_EQ(transcript.end().value_or(-1), 3);
}

TEST(ExecTranscript, KeepsTheFirstBytesOfEachOutputAndSaysWhenItCut) {
  ExecTranscript transcript(4);
  ASSERT_TRUE(transcript
                  .take("\x01"
                        "abcd")
                  .has_value());
  EXPECT_FALSE(transcript.truncated) << "exactly as much as fits";
  ASSERT_TRUE(transcript.take("\x02vwxyz").has_value());
  EXPECT_TRUE(transcript.truncated);
  ASSERT_TRUE(transcript.take("\x01more").has_value());
  EXPECT_EQ(transcript.out, "abcd");
  EXPECT_EQ(transcript.err, "vwxy");
}

TEST(ExecTranscript, AChannelThatNoExecHasIsNotPassedOver) {
  ExecTranscript transcript(4);
  const auto taken = transcript.take("\x07what");
  ASSERT_FALSE(taken.has_value());
  EXPECT_THAT(taken.error().message, HasSubstr("channel 7"));
}

TEST(Exec, TellsWhatMayHaveRunFromWhatSurelyDidNot) {
  using base::Code;
  using base::Retry;
  EXPECT_TRUE(may_have_run({Code::Unavailable, "", Retry::Terminal, {}}));
  EXPECT_TRUE(may_have_run({Code::DeadlineExceeded, "", Retry::Terminal, {}}));
  EXPECT_TRUE(may_have_run({Code::Cancelled, "", Retry::Terminal, {}}));
  EXPECT_FALSE(may_have_run({Code::Unavailable, "", Retry::Backoff, {}}));
  EXPECT_FALSE(may_have_run({Code::DeadlineExceeded, "", Retry::Backoff, {}}));
  EXPECT_FALSE(may_have_run({Code::NotFound, "", Retry::Terminal, {}}));
}

}  // namespace
}  // namespace kube
