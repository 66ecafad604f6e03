#include "metrics/admission_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "promtool.h"

namespace metrics {
namespace {

using testing::HasSubstr;

TEST(AdmissionMetrics, EverySeriesOfAPathIsThereFromTheBeginning) {
  AdmissionMetrics metrics;
  metrics.declare("/validate");
  for (const char* line : {R"(muster_admission_requests_total{allowed="true",path="/validate"} 0)",
                           R"(muster_admission_requests_total{allowed="false",path="/validate"} 0)",
                           R"(muster_admission_requests_total{allowed="none",path="/validate"} 0)",
                           R"(muster_admission_request_seconds_count{path="/validate"} 0)",
                           "muster_admission_stray_requests_total 0"}) {
    EXPECT_THAT(metrics.text(), HasSubstr(line));
  }
  EXPECT_EQ(complaint(metrics.text()), "");
}

TEST(AdmissionMetrics, CountsAnswersAndTellsWhenCertificatesEnd) {
  AdmissionMetrics metrics;
  metrics.declare("/validate");
  metrics.answered("/validate", "false", base::millis(3));
  metrics.answered("/validate", "false", base::millis(30));
  metrics.certificates(base::WallTime(base::seconds(1'800'000'000)),
                       base::WallTime(base::seconds(1'900'000'000)));
  for (
      const char* line :
      {R"(muster_admission_requests_total{allowed="false",path="/validate"} 2)",
       R"(muster_admission_request_seconds_bucket{path="/validate",le="0.005"} 1)",
       R"(muster_admission_request_seconds_count{path="/validate"} 2)",
       R"(muster_admission_certificate_expiry_timestamp_seconds{certificate="serving"} 1800000000)",
       R"(muster_admission_certificate_expiry_timestamp_seconds{certificate="authority"} 1900000000)"}) {
    EXPECT_THAT(metrics.text(), HasSubstr(line));
  }
  EXPECT_EQ(complaint(metrics.text()), "");
}

}  // namespace
}  // namespace metrics
