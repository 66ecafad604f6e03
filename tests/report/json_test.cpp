#include "report/json.h"

#include <fstream>
#include <sstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/stamps.h"
#include "sample.h"

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const char* const kSchema = MUSTER_SOURCE_DIR "/docs/schemas/drill-report.v1alpha1.json";

std::string published_schema() {
  std::ifstream file(kSchema);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Empty when the document obeys the published schema, else the first complaint.
std::string complaint(const std::string& document) {
  const json schema_json = json::parse(published_schema());
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json),
                                          schema);
  const json target = json::parse(document);
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(target), &results)) {
    return "";
  }
  valijson::ValidationResults::Error error;
  std::string all;
  while (results.popError(error)) {
    for (const std::string& step : error.context) all += step;
    all += ": " + error.description + "\n";
  }
  return all;
}

TEST(ReportJson, RoundTripsEveryField) {
  for (const drill::Report& report : {sample::database_failover(), sample::not_recovered(),
                                      sample::two_vantages(), sample::empty()}) {
    const auto back = report::from_json(report::to_json(report));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, report);
  }
}

TEST(ReportJson, ObeysThePublishedSchema) {
  EXPECT_EQ(complaint(report::to_json(sample::database_failover())), "");
  EXPECT_EQ(complaint(report::to_json(sample::not_recovered())), "");
  EXPECT_EQ(complaint(report::to_json(sample::empty())), "");
  EXPECT_EQ(complaint(report::to_json(sample::two_vantages())), "");
  EXPECT_EQ(complaint(report::to_json(sample::hostile())), "");
}

TEST(ReportJson, SchemaRefusesWhatTheReaderRefuses) {
  json document = json::parse(report::to_json(sample::database_failover()));
  document["rto"]["verdict"] = "Splendid";
  EXPECT_THAT(complaint(document.dump()), HasSubstr("verdict"));
  document = json::parse(report::to_json(sample::database_failover()));
  document["invented"] = 1;
  EXPECT_NE(complaint(document.dump()), "");
  document.erase("invented");
  document["streams"][0].erase("attempts");
  EXPECT_NE(complaint(document.dump()), "");
}

TEST(ReportJson, PublishedSchemaIsTheOneOfTheTables) {
  if (published_schema() == report::json_schema()) return;
  const std::string fresh = MUSTER_BINARY_DIR "/drill-report.v1alpha1.json";
  std::ofstream(fresh) << report::json_schema();
  ADD_FAILURE() << "fields.h changed; if that is meant: cp " << fresh << " " << kSchema;
}

TEST(ReportJson, InfinityIsNullWithAFlag) {
  const json document = json::parse(report::to_json(sample::not_recovered()));
  EXPECT_EQ(document["rto"]["service"]["upperSeconds"], nullptr);
  EXPECT_EQ(document["rto"]["service"]["unbounded"], true);
  EXPECT_EQ(document["rto"]["service"]["lowerSeconds"], 136.169);
  EXPECT_EQ(document["sustainedAtSeconds"], nullptr);
}

TEST(ReportJson, TimesAreSecondsSinceTheStart) {
  const json document = json::parse(report::to_json(sample::database_failover()));
  EXPECT_EQ(document["faultBegunAtSeconds"], 40.01);
  EXPECT_EQ(document["phaseBegan"]["Validation"], 62.5);
  EXPECT_EQ(document["started"], "2026-11-21T04:42:24.123456789Z");
}

TEST(ReportJson, NamesTheFieldThatIsWrong) {
  const json good = json::parse(report::to_json(sample::database_failover()));
  struct Case {
    const char* pointer;
    json value;
    const char* message;
  };
  const Case cases[] = {
      {"/rto/service/lowerSeconds", "1", "rto.service.lowerSeconds: must be a number of seconds"},
      {"/rto/service/unbounded", true, "rto.service: must be unbounded exactly when"},
      {"/streams/2/stream/kind", "Wild", "streams[2].stream.kind: must be one of ServiceNew"},
      {"/ledger/lost", -1, "ledger.lost: must be a whole number"},
      {"/started", "yesterday", "started: must be a time such as"},
      {"/phaseBegan", json{{"Lunch", 1}}, "phaseBegan.Lunch: must be one of Preflight"},
      {"/timeline/0/atSeconds", 1e300, "timeline[0].atSeconds: must be a number of seconds"},
      {"/series/0/points/3/good", 4294967296, "series[0].points[3].good: must be a whole number"},
      {"/steadyStartNanoseconds", 9223372036854775807,
       "steadyStartNanoseconds: must be nanoseconds"},
      {"/reasons", "because", "reasons: must be a list"},
      {"/version", 1, "version: must be 3"},
      {"/kind", "Drill", "kind: must be DrillReport"}};
  for (const Case& one : cases) {
    json document = good;
    document[json::json_pointer(one.pointer)] = one.value;
    const auto back = report::from_json(document.dump());
    ASSERT_FALSE(back) << one.pointer;
    EXPECT_EQ(back.error().code, base::Code::InvalidArgument);
    EXPECT_THAT(back.error().message, HasSubstr(one.message));
  }
}

TEST(ReportJson, RefusesWhatIsCutOffOrNoReport) {
  const std::string whole = report::to_json(sample::database_failover());
  for (const std::string& text : {whole.substr(0, whole.size() / 2), std::string(),
                                  std::string("[]"), std::string("{}"), std::string("null")}) {
    EXPECT_FALSE(report::from_json(text)) << text.substr(0, 20);
  }
  json document = json::parse(whole);
  document.erase("rpo");
  EXPECT_EQ(report::from_json(document.dump()).error().message, "rpo: missing");
}

TEST(ReportJson, ReadsWhatWasWrittenBeforeAFieldCame) {
  json document = json::parse(report::to_json(sample::database_failover()));
  for (const char* later : {"vantages", "names"}) EXPECT_EQ(document.erase(later), 1U) << later;
  const auto back = report::from_json(document.dump());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(back->vantages.empty());
  EXPECT_TRUE(back->names.empty());
}

TEST(ReportJson, WhatWasNotAskedForIsNull) {
  const drill::Report asked_for_none = sample::without_rpo();
  const std::string text = report::to_json(asked_for_none);
  const json document = json::parse(text);
  EXPECT_EQ(document["rpo"]["objectiveSeconds"], nullptr);
  EXPECT_EQ(document["rpo"]["verdict"], nullptr);
  EXPECT_EQ(complaint(text), "");
  EXPECT_EQ(*report::from_json(text), asked_for_none);
}

TEST(ReportJson, ReadsAnObjectiveOfNothingOfTheVersionBefore) {
  json document = json::parse(report::to_json(sample::without_rpo()));
  document["version"] = 3;
  document["rpo"]["objectiveSeconds"] = 0;
  document["rpo"]["verdict"] = "Inconclusive";
  const auto back = report::from_json(document.dump());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, sample::without_rpo());
  document["version"] = 2;
  EXPECT_FALSE(report::from_json(document.dump()).has_value());
}

TEST(ReportStamps, WallTimesSurviveExactly) {
  for (const std::int64_t nanos :
       {0LL, 1LL, 1'795'236'144'123'456'789LL, -1LL, 951'782'400'000'000'000LL}) {
    const base::WallTime time{base::Duration(nanos)};
    EXPECT_EQ(report::parse_utc_nanos(report::utc_nanos(time)), time) << nanos;
  }
  EXPECT_EQ(report::utc_nanos(base::WallTime(base::Duration(-1))),
            "1969-12-31T23:59:59.999999999Z");
  for (const char* bad : {"", "2026-02-30T00:00:00.000000000Z", "2026-11-21T24:00:00.000000000Z",
                          "2026-11-21T04:42:24Z", "2026-11-21T04:42:24.000000000Zx",
                          "+026-11-21T04:42:24.000000000Z"}) {
    EXPECT_EQ(report::parse_utc_nanos(bad), std::nullopt) << bad;
  }
}

}  // namespace
