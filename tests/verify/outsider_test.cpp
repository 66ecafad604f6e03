// docs/examples/verify_bundle.py knows the documents alone: on drawn drills it finds what the
// report says, and what is false in a report that was signed anew.
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judged_drill.h"

namespace verify {
namespace {

struct Answer {
  int status = 0;
  std::string text;
};

Answer ask_outsider(const JudgedDrill& drill) {
  const std::string file = testing::TempDir() + "muster-outsider-" + std::to_string(getpid());
  std::ofstream(file, std::ios::binary) << drill.bytes();
  const std::string command = "python3 " MUSTER_SOURCE_DIR "/docs/examples/verify_bundle.py " +
                              file + " >" + file + ".txt 2>&1";
  Answer out;
  out.status = std::system(command.c_str());
  std::ifstream told(file + ".txt");
  out.text.assign(std::istreambuf_iterator<char>(told), {});
  std::remove(file.c_str());
  std::remove((file + ".txt").c_str());
  return out;
}

/// A drill of the kind that it judges: counted from the onset, decided by users' operations.
std::optional<JudgedDrill> drill_in_its_scope(std::uint64_t seed) {
  JudgedDrill drill = judged_drill(seed, {.operations = 200 + seed % 300,
                                          .streams = 1 + seed % 5,
                                          .interval = base::millis(seed % 2 == 0 ? 10 : 50),
                                          .mess = static_cast<double>(seed % 5) / 4});
  const api::Node report = *api::parse_json(drill.documents.report_json);
  const std::string& decided_by = report["rto"]["decidedBy"].as_string();
  if (report["rto"]["zeroPoint"].as_string() != "Onset" || decided_by == "reference") return {};
  return drill;
}

TEST(Outsider, AgreesOnDrawnDrills) {
  int agreed = 0;
  for (std::uint64_t seed = 1; seed <= 110; ++seed) {
    const std::optional<JudgedDrill> drill = drill_in_its_scope(seed);
    if (!drill) continue;
    const Answer answer = ask_outsider(*drill);
    if (answer.text.find("which this program does not judge") != std::string::npos) continue;
    ASSERT_EQ(answer.status, 0) << "seed " << seed << "\n" << answer.text;
    ++agreed;
  }
  EXPECT_GE(agreed, 15);
}

TEST(Outsider, NoticesAFalseFigureAndAFalseVerdict) {
  JudgedDrill drill;
  std::uint64_t seed = 0;
  Answer honest{1, ""};
  do {  // the first that lost something, and was back
    ASSERT_LT(++seed, 200U);
    std::optional<JudgedDrill> drawn = drill_in_its_scope(seed);
    if (!drawn) continue;
    drill = std::move(*drawn);
    honest = ask_outsider(drill);
  } while (honest.status != 0 || honest.text.find("lost writes: 0") != std::string::npos ||
           honest.text.find("inf") != std::string::npos ||
           honest.text.find("not measured") != std::string::npos);
  const api::Node true_report = *api::parse_json(drill.documents.report_json);
  const auto asked_with = [&](const api::Node& report) {
    drill.documents.report_json = api::to_json(report);
    return ask_outsider(drill);
  };
  for (const char* objective : {"rto", "rpo"}) {
    for (const char* end : {"lowerSeconds", "upperSeconds"}) {
      api::Node report = true_report;
      api::Node& figure = *report.find(objective)->find("service")->find(end);
      figure = figure.as_double() + 1e-6;
      const Answer answer = asked_with(report);
      EXPECT_NE(answer.status, 0) << objective << " " << end;
      EXPECT_THAT(answer.text, testing::HasSubstr("does NOT agree"));
    }
  }
  api::Node report = true_report;
  report.set("rpoRecords", true_report["rpoRecords"].as_int() + 1);
  EXPECT_NE(asked_with(report).status, 0);
  report = true_report;
  report.find("rto")->set("verdict", "Missed");
  EXPECT_NE(asked_with(report).status, 0) << honest.text;
}

}  // namespace
}  // namespace verify
