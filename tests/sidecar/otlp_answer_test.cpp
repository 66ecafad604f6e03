// What a receiver of OTLP says of a request that it took in part.
#include "sidecar/otlp_answer.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

using ingest::OtlpFormat;

TEST(OtlpAnswer, OfAPartialSuccessIsReadInEitherForm) {
  for (const OtlpFormat format : {OtlpFormat::Json, OtlpFormat::Protobuf}) {
    const OtlpPartial partial =
        otlp_partial(format, otlp_response(format, OtlpSignal::Metrics, 17, "no such metric"));
    EXPECT_EQ(partial.rejected, 17U);
    EXPECT_EQ(partial.message, "no such metric");
    const OtlpPartial none =
        otlp_partial(format, otlp_response(format, OtlpSignal::Metrics, 0, ""));
    EXPECT_EQ(none.rejected, 0U);
    EXPECT_EQ(none.message, "");
  }
  EXPECT_EQ(
      otlp_partial(OtlpFormat::Json, R"({"partialSuccess":{"rejectedDataPoints":3}})").rejected,
      3U);
  EXPECT_EQ(otlp_partial(OtlpFormat::Json, R"({"partialSuccess":{"errorMessage":"old"}})").message,
            "old")
      << "a warning, of nothing that was rejected";
}

TEST(OtlpAnswer, ThatMakesNoSenseSaysNothing) {
  for (const char* answer : {"", "<html>", "[]", "{\"partialSuccess\":7}", "\x0a\x05\x08"}) {
    for (const OtlpFormat format : {OtlpFormat::Json, OtlpFormat::Protobuf}) {
      const OtlpPartial partial = otlp_partial(format, answer);
      EXPECT_EQ(partial.rejected, 0U) << answer;
      EXPECT_EQ(partial.message, "") << answer;
    }
  }
}

TEST(OtlpAnswer, OfAnybodyIsBounded) {
  const std::string hostile = "\x1b[31m\n" + std::string(10'000, 'x') + "\xff";
  const OtlpPartial partial =
      otlp_partial(OtlpFormat::Protobuf,
                   otlp_response(OtlpFormat::Protobuf, OtlpSignal::Metrics, SIZE_MAX, hostile));
  EXPECT_EQ(partial.rejected, 0U) << "less than none";
  EXPECT_LE(partial.message.size(), 200U);
  EXPECT_EQ(partial.message.find_first_of("\x1b\n"), std::string::npos);
  EXPECT_EQ(otlp_partial(OtlpFormat::Protobuf,
                         otlp_response(OtlpFormat::Protobuf, OtlpSignal::Metrics, SIZE_MAX / 2, ""))
                .rejected,
            1'000'000U);
}

}  // namespace
}  // namespace sidecar
