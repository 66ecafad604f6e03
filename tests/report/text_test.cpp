// JUnit, the terminal report and the rows. Where a format belongs to other programs, a parser of
// theirs (Python's XML and YAML) reads what we wrote.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/columns.h"
#include "report/junit.h"
#include "report/rows.h"
#include "report/terminal.h"
#include "sample.h"

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string scratch(const char* name) {
  return std::string(MUSTER_BINARY_DIR "/tests/report/") + name;
}

/// Runs a Python program over files; true when it exits with 0.
bool python(const std::string& program, const std::string& arguments) {
  return std::system(("python3 -c '" + program + "' " + arguments).c_str()) == 0;
}

TEST(ReportTerminal, ShowsEachOfSeveralVantages) {
  const std::string text = report::terminal(sample::two_vantages(), {false, 200, ""});
  EXPECT_THAT(text, HasSubstr("Vantages (★ decided)"));
  EXPECT_THAT(text, testing::ContainsRegex("a ★ +node-1 .* 4 .*the runner's own"));
  EXPECT_THAT(text, testing::ContainsRegex("b +node-2 .*invalid.*± 1.25 ms by 61 comparisons"));
  EXPECT_THAT(text, HasSubstr("b/control failed too (Timeout)"));
  EXPECT_THAT(report::terminal(sample::database_failover(), {false, 200, ""}),
              Not(HasSubstr("Vantages")))
      << "one is not told from others";
}

TEST(ReportJunit, HasOneCasePerObjectiveAndCriterion) {
  const std::string xml = report::junit(sample::database_failover());
  EXPECT_THAT(xml, HasSubstr("tests=\"10\" failures=\"2\" errors=\"0\" time=\"176.200\""));
  EXPECT_THAT(xml,
              HasSubstr("name=\"QueryMillis P95\" time=\"0.000\">\n      <failure type=\"missed\" "
                        "message=\"645.25, target at most 400: 61 % above the target\"/>"));
  EXPECT_THAT(xml, HasSubstr("name=\"RTO\" time=\"12.423\"/>"));
  EXPECT_THAT(xml, Not(HasSubstr(" \" time="))) << "a count has no statistic";
}

TEST(ReportJunit, WhatCannotBeJudgedIsAnError) {
  const std::string xml = report::junit(sample::not_recovered());
  EXPECT_THAT(xml, HasSubstr("failures=\"3\" errors=\"1\""));
  EXPECT_THAT(xml,
              HasSubstr("<error type=\"inconclusive\" message=\"The survivor could not be read"));
}

TEST(ReportJunit, AFailureThatIsNoObjectiveIsACaseOfItsOwn) {
  drill::Report report = sample::database_failover();
  report.verdict = drill::Verdict::Invalid;
  report.reasons = {"the instrument stalled across the onset"};
  const std::string xml = report::junit(report);
  EXPECT_THAT(xml, HasSubstr("errors=\"1\""));
  EXPECT_THAT(xml, HasSubstr("message=\"the instrument stalled across the onset\""));
}

TEST(ReportJunit, IsXmlWhateverTheDrillSays) {
  int i = 0;
  for (const auto& report : {sample::database_failover(), sample::hostile(), sample::empty()}) {
    const std::string file = scratch("junit.xml") + std::to_string(i++);
    std::ofstream(file) << report::junit(report);
    EXPECT_TRUE(python("import sys,xml.dom.minidom as m; m.parse(sys.argv[1])", file)) << file;
  }
}

TEST(ReportTerminal, SaysTheVerdictTheBoundsAndWhereTheReportLies) {
  const std::string text = report::terminal(sample::database_failover(),
                                            {false, 100, "/var/lib/muster/drills/x/report.html"});
  EXPECT_THAT(text, HasSubstr("database-failover  ✗ missed"));
  EXPECT_THAT(text, HasSubstr("RTO  12.389 – 12.423 s  5 min 00 s  ✓ met"));
  EXPECT_THAT(text, HasSubstr("15,874 acknowledged (15,870 kept, 4 lost, 0 delayed)"));
  EXPECT_THAT(text, HasSubstr("The wall clock was set back by 800 ms; no figure depends on it."));
  EXPECT_TRUE(text.ends_with("HTML report: /var/lib/muster/drills/x/report.html\n")) << text;
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ReportTerminal, ColourOnlyWhenAskedAndWithoutChangingTheText) {
  const auto report = sample::database_failover();
  std::string colored = report::terminal(report, {true, 100, ""});
  EXPECT_THAT(colored, HasSubstr("\x1b[31m✗ missed\x1b[0m"));
  for (std::size_t at = 0; (at = colored.find('\x1b')) != std::string::npos;) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  EXPECT_EQ(colored, report::terminal(report, {false, 100, ""}));
}

TEST(ReportTerminal, FitsTheWidth) {
  for (const int columns : {60, 80, 120}) {
    std::istringstream text(report::terminal(sample::not_recovered(), {false, columns, ""}));
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("Evidence:")) continue;  // a path is never cut
      EXPECT_LE(report::width_of(line), columns) << line;
    }
  }
}

TEST(ReportTerminal, HostileTextCannotSteerTheTerminal) {
  const std::string text = report::terminal(sample::hostile(), {false, 100, ""});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x01")));
  EXPECT_THAT(report::terminal(sample::empty(), {}), HasSubstr("! invalid"));
}

TEST(ReportColumns, AlignsByCharactersAndCutsTheWidest) {
  report::Columns columns({"name", ">n"});
  columns.row({{"äöü"}, {"1"}});
  columns.row({{"a name that is long"}, {"1,000"}});
  EXPECT_EQ(columns.text(80, false),
            "  name                     n\n"
            "  äöü                      1\n"
            "  a name that is long  1,000\n");
  EXPECT_EQ(columns.text(20, false),
            "  name             n\n"
            "  äöü              1\n"
            "  a name tha…  1,000\n");
}

TEST(ReportJunit, WhatWasNotAskedForIsNoCase) {
  const std::string xml = report::junit(sample::without_rpo());
  EXPECT_THAT(xml, HasSubstr("tests=\"9\""));
  EXPECT_THAT(xml, HasSubstr("name=\"RTO\""));
  EXPECT_THAT(xml, Not(HasSubstr("name=\"RPO\"")));
}

TEST(ReportTerminal, WhatWasNotAskedForHasNeitherObjectiveNorVerdict) {
  const std::string text = report::terminal(sample::without_rpo(), {false, 200, ""});
  EXPECT_THAT(text, testing::ContainsRegex("RPO +– +– +– +the plan asks for none"));
  EXPECT_THAT(text, Not(HasSubstr(" 0 s")));
}

TEST(ReportRows, WhatWasNotAskedForIsADash) {
  report::ListedDrill drill;
  drill.summary = drill::summarize(sample::without_rpo());
  const std::string table = report::list({drill}, report::Format::Table, {false, 120, ""});
  EXPECT_THAT(table, testing::ContainsRegex("12.389 – 12.423 s +– "));
  EXPECT_THAT(report::list({drill}, report::Format::Yaml, {}),
              HasSubstr("objectiveSeconds: null\n    userVisible: null\n    service: null\n    "
                        "verdict: null"));
}

TEST(ReportRows, FormatsAreThoseOfTheFlag) {
  EXPECT_EQ(report::format_of("json"), report::Format::Json);
  EXPECT_EQ(report::format_of("JSON"), std::nullopt);
}

report::ListedDrill finished(const drill::Report& report) {
  report::ListedDrill drill;
  drill.summary = drill::summarize(report);
  return drill;
}

report::ListedDrill running() {
  report::ListedDrill drill;
  drill.summary.drill_id = "shop-20261121-050000-0001";
  drill.summary.plan = "shop";
  drill.state = report::DrillState::Running;
  drill.has_report = false;
  drill.phase = "Recovery";
  drill.elapsed = base::seconds(12);
  drill.note = "Recovery for 12.0 s";
  return drill;
}

TEST(ReportRows, DrillsWithoutAReportAreListedWithTheirStateAndNoVerdict) {
  const std::vector<report::ListedDrill> rows = {running(), finished(sample::not_recovered())};
  const std::string text = report::list(rows, report::Format::Table, {false, 160, ""});
  EXPECT_THAT(text, HasSubstr("▸ running"));
  EXPECT_THAT(text, HasSubstr("Recovery for 12.0 s"));
  const std::string json = report::list(rows, report::Format::Json, {});
  for (const char* field : {"\"state\": \"Running\"", "\"state\": \"Finished\"",
                            "\"verdict\": null", "\"elapsedSeconds\": 12"}) {
    EXPECT_THAT(json, HasSubstr(field));
  }
}

TEST(ReportRows, AnIdIsThereToBeCopiedAndNeverCut) {
  const std::vector<report::ListedDrill> rows = {finished(sample::database_failover())};
  for (const int columns : {40, 60, 80, 100, 160}) {
    const std::string text = report::list(rows, report::Format::Table, {false, columns, ""});
    EXPECT_THAT(text, HasSubstr("database-failover-20261121-044224-9f3a  ")) << columns;
    EXPECT_THAT(text, HasSubstr("✗ missed")) << columns;
    std::istringstream lines(text);
    for (std::string line; columns >= 60 && std::getline(lines, line);) {
      EXPECT_LE(report::width_of(line), columns) << line;
    }
  }
}

TEST(ReportRows, TableListsDrills) {
  const std::vector<report::ListedDrill> rows = {finished(sample::database_failover()),
                                                 finished(sample::not_recovered())};
  const std::string text = report::list(rows, report::Format::Table, {false, 160, ""});
  EXPECT_THAT(
      text,
      HasSubstr(
          "database-failover-20261121-044224-9f3a  2026-11-21T04:42  ✗ missed  12.389 – 12.423 s"));
  EXPECT_THAT(text, HasSubstr("≥ 136.1 s"));
  EXPECT_EQ(report::list({}, report::Format::Table, {}), "no drills yet\n");
  EXPECT_EQ(report::list({}, report::Format::Json, {}), "[]\n");
  EXPECT_EQ(report::list({}, report::Format::Yaml, {}), "[]\n");
}

TEST(ReportRows, YamlSaysTheSameAsJson) {
  const std::string compare =
      "import json,sys,yaml; a=json.load(open(sys.argv[1])); b=yaml.safe_load(open(sys.argv[2])); "
      "sys.exit(0 if a==b else 1)";
  const std::string json_file = scratch("rows.json"), yaml_file = scratch("rows.yaml");
  const auto check = [&](const std::string& json, const std::string& yaml) {
    std::ofstream(json_file) << json;
    std::ofstream(yaml_file) << yaml;
    EXPECT_TRUE(python(compare, json_file + " " + yaml_file)) << yaml.substr(0, 400);
  };
  for (const auto& r : {sample::not_recovered(), sample::hostile(), sample::empty()}) {
    check(report::show(r, report::Format::Json, {}), report::show(r, report::Format::Yaml, {}));
    const std::vector<report::ListedDrill> rows = {finished(r), running()};
    check(report::list(rows, report::Format::Json, {}),
          report::list(rows, report::Format::Yaml, {}));
  }
  const std::string odd =
      R"({"no":"no","1e3":["010",[],{},[[1,2],{"a":{"b":null}}],"a: b # c"],"":true})";
  check(odd, report::yaml_of_json(odd).value());
  EXPECT_FALSE(report::yaml_of_json("{"));
}

}  // namespace
