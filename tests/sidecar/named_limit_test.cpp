#include "sidecar/named_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.h"

namespace sidecar {
namespace {

using alert::Measure;
using alert::Threshold;
using testing::HasSubstr;

Threshold of(const Parsed& parsed, Measure measure) {
  EXPECT_TRUE(parsed.settings) << parsed.err;
  return parsed.settings ? parsed.settings->alerts.thresholds[index(measure)] : Threshold{};
}

TEST(NamedLimit, AThresholdIsAWarningOrWhatIsCriticalOrBoth) {
  const Threshold before{.warning = 1, .critical = 2};
  struct Case {
    const char* text;
    Threshold after;
  };
  for (const Case& test :
       {Case{"cpuPercent=70", {.warning = 70, .critical = 2}},
        Case{"cpuPercent=70:85.5", {.warning = 70, .critical = 85.5}},
        Case{"cpuPercent=:85", {.warning = 1, .critical = 85}}, Case{"cpuPercent={}", before},
        Case{R"(cpuPercent={"critical": "0.5"})", {.warning = 1, .critical = 0.5}},
        Case{R"(cpuPercent={"warning": 3, "critical": 4.5})", {.warning = 3, .critical = 4.5}}}) {
    alert::Thresholds all = alert::default_thresholds();
    all[index(Measure::Cpu)] = before;
    const auto set = set_threshold(test.text, all);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(all[index(Measure::Cpu)], test.after) << test.text;
    all[index(Measure::Cpu)] = {.warning = 80};
    EXPECT_EQ(all, alert::default_thresholds()) << "and no other";
  }
}

TEST(NamedLimit, EachMeasureHasItsName) {
  for (std::size_t at = 0; at < alert::kMeasures; ++at) {
    alert::Thresholds all = alert::default_thresholds();
    const std::string name(setting_name(static_cast<Measure>(at)));
    ASSERT_TRUE(set_threshold(name + "=1:2", all)) << name;
    EXPECT_EQ(all[at], (Threshold{.warning = 1, .critical = 2})) << name;
  }
}

TEST(NamedLimit, WhatIsWrongIsToldWithWhatIsAllowed) {
  struct Case {
    const char* flag;
    const char* word;
  };
  for (const Case& test : {
           Case{"--threshold=cpuPercent", "'cpuPercent': no NAME=VALUE"},
           Case{"--threshold=cpu=1", "cpu: there are cpuPercent, memoryPercent"},
           Case{"--threshold=cpuPercent=", "cpuPercent: '' is not allowed: WARNING"},
           Case{"--threshold=cpuPercent=:", "':' is not allowed"},
           Case{"--threshold=cpuPercent=7x", "'7x' is not allowed"},
           Case{"--threshold=cpuPercent=7:8:9", "'7:8:9' is not allowed"},
           Case{"--threshold=cpuPercent=0", "cpuPercent: warning 0 is not allowed: above 0 and at"},
           Case{"--threshold=cpuPercent=nan", "warning nan is not allowed"},
           Case{"--threshold=memoryPercent=:100.5", "critical 100.5 is not allowed"},
           Case{"--threshold=cpuPercent=90:80", "at most critical, which is 80"},
           Case{"--threshold=diskPercent=95", "diskPercent: warning 95 is not allowed: at most"},
           Case{R"(--threshold=cpuPercent={"warn": 1})", "warn: there are warning and critical"},
           Case{R"(--threshold=cpuPercent={"warning": "x"})", "warning: a number is allowed"},
           Case{"--threshold=cpuPercent={", "JSON"},
           Case{"--operation-threshold=query=1", "query: there are queryMillis, bulkMillis"},
           Case{"--operation-threshold=queryMillis=0", "0 is not allowed: a whole number from 1"},
           Case{"--operation-threshold=queryMillis=1.5", "1.5 is not allowed"},
           Case{"--encryption-target=gradeAPercent=101", "from 1 to 100"},
           Case{"--encryption-target=gradeBPercent=96", "95, 96, 75, 65 is not allowed"},
           Case{"--slow-timing=api=1", "api: there are apiMillis"},
           Case{"--errors-from=500", "4xx,5xx"},
           Case{"--alert-cooldown-seconds=0", "--alert-cooldown-seconds"},
           Case{"--samples-kept=59", "--samples-kept"},
           Case{"--disk-path=data", "--disk-path 'data'"},
       }) {
    const Parsed wrong = parsed({test.flag});
    EXPECT_FALSE(wrong.settings) << test.flag;
    EXPECT_EQ(wrong.exit, 2) << test.flag;
    EXPECT_THAT(wrong.err, HasSubstr(test.word)) << test.flag;
  }
  const std::vector<std::string> nine(9, "--disk-path=/");
  EXPECT_THAT(parsed(nine).err, HasSubstr("9 are not allowed: at most 8"));
}

void expect_all(const Parsed& from) {
  ASSERT_TRUE(from.settings) << from.err;
  const AlertSettings& alerts = from.settings->alerts;
  EXPECT_EQ(alerts.thresholds[index(Measure::Cpu)], (Threshold{.warning = 70, .critical = 85}));
  EXPECT_EQ(alerts.thresholds[index(Measure::Disk)], (Threshold{.warning = 80, .critical = 90}));
  EXPECT_EQ(alerts.thresholds[index(Measure::ErrorRate)], (Threshold{.critical = 0.5}));
  EXPECT_EQ(alerts.errors_from, ErrorsFrom::Server);
  EXPECT_EQ(alerts.cooldown, base::seconds(60));
  EXPECT_EQ(alerts.operations[static_cast<std::size_t>(alert::OperationKind::Query)],
            base::millis(50));
  EXPECT_EQ(alerts.encryption.field, base::millis(3));
  EXPECT_EQ(alerts.encryption.grades[0], 99);
  EXPECT_EQ(alerts.slow.api, 250);
  EXPECT_THAT(alerts.disk_paths, testing::ElementsAre("/data", "/logs"));
  EXPECT_EQ(alerts.samples_kept, 2000U);
}

TEST(AlertOptions, AreFlagsAndFields) {
  expect_all(
      parsed({"--threshold=cpuPercent=70:85", "--threshold=diskPercent=80",
              "--threshold=errorPercent=:0.5", "--errors-from=5xx", "--alert-cooldown-seconds=60",
              "--operation-threshold=queryMillis=50", "--encryption-target=fieldMillis=3",
              "--encryption-target=gradeAPercent=99", "--slow-timing=apiMillis=250",
              "--disk-path=/data", "--disk-path=/logs", "--samples-kept=2000"}));
  expect_all(parsed({},
                    "thresholds:\n  cpuPercent: {warning: 70, critical: 85}\n"
                    "  diskPercent: {warning: 80}\n  errorPercent: {critical: '0.5'}\n"
                    "errorsFrom: 5xx\nalertCooldownSeconds: 60\n"
                    "operationThresholds: {queryMillis: 50}\n"
                    "encryptionTargets: {fieldMillis: 3, gradeAPercent: 99}\n"
                    "slowTimings: {apiMillis: 250}\ndiskPaths: [/data, /logs]\n"
                    "samplesKept: 2000\n"));
}

TEST(AlertOptions, AFlagChangesOfAThresholdOfTheFileWhatItSays) {
  const std::string file = "thresholds: {cpuPercent: {warning: 70, critical: 85}}\n";
  EXPECT_EQ(of(parsed({"--threshold=cpuPercent=60"}, file), Measure::Cpu),
            (Threshold{.warning = 60, .critical = 85}));
  EXPECT_EQ(of(parsed({"--threshold=cpuPercent=60:95"}, file), Measure::Cpu),
            (Threshold{.warning = 60, .critical = 95}));
}

TEST(AlertOptions, AFileSaysWhereItIsWrong) {
  EXPECT_THAT(parsed({}, "thresholds: [1]\n").err,
              HasSubstr("side.yaml:1:13: thresholds: list where a map belongs"));
  EXPECT_THAT(parsed({}, "slowTimings: {apiMillis: soon}\n").err,
              HasSubstr("slowTimings.apiMillis: string where a number or a map belongs"));
  EXPECT_THAT(parsed({}, "thresholds: {cpuPercent: {warning: 90, critical: 80}}\n").err,
              HasSubstr("cpuPercent: warning 90 is not allowed: at most critical, which is 80"));
}

}  // namespace
}  // namespace sidecar
