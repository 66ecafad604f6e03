#include "api/json_schema.h"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/plan_parse.h"
#include "documents.h"
#include "test_catalog.h"

namespace api {
namespace {

class JsonSchema : public testing::Test {
 protected:
  JsonSchema() {
    const nlohmann::json json = nlohmann::json::parse(to_json(json_schema(test_catalog())));
    const valijson::adapters::NlohmannJsonAdapter adapter(json);
    valijson::SchemaParser().populateSchema(adapter, schema_);
  }

  bool takes(const std::string& yaml) {
    const nlohmann::json json = nlohmann::json::parse(to_json(document_of(yaml)));
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(json), nullptr);
  }

 private:
  valijson::Schema schema_;
};

TEST_F(JsonSchema, TakesWhatIsShipped) {
  for (const char* file : {"database-failover.yaml", "database-failover-sync.yaml",
                           "database-failover-patroni.yaml", "systems/postgres-pair/system.yaml",
                           "systems/postgres-backup/system.yaml", "systems/patroni/system.yaml",
                           "schedules/weekly-database-failover.yaml", "kubernetes/sidecar.yaml"}) {
    EXPECT_TRUE(takes(read_file(source_path(std::string("dr-drills/") + file)))) << file;
  }
}

TEST_F(JsonSchema, RefusesSidecarProfilesThatAreNone) {
  const std::string text = read_file(source_path("dr-drills/kubernetes/sidecar.yaml"));
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {"responseSeconds: 30", "responseSecond: 30"},
           {"responseSeconds: 30", "responseSeconds: 0"},
           {"limits: \"on\"", "limits: yes"},
           {"requests: 10,", "request: 10,"}}) {
    EXPECT_FALSE(takes(with(text, from, to))) << to;
  }
}

TEST_F(JsonSchema, RefusesSchedulesThatAreNone) {
  const std::string text =
      read_file(source_path("dr-drills/schedules/weekly-database-failover.yaml"));
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {"concurrencyPolicy: Forbid", "concurrencyPolicy: forbid"},
           {"startingDeadlineSeconds: 600", "startingDeadlineSeconds: 0"},
           {"durationSeconds: 432000", "durationSeconds: 5d"},
           {"from: 2026-12-19, ", "from: 2026-12-19, schedule: x, "},
           {"plan: ../database-failover.yaml", "profiles: [quick]"},
           {"kind: DrillSchedule", "kind: CronJob"}}) {
    EXPECT_FALSE(takes(with(text, from, to))) << to;
  }
}

TEST_F(JsonSchema, RefusesWhatTheParserRefuses) {
  const std::string plan = read_file(source_path("dr-drills/database-failover.yaml"));
  const std::pair<const char*, const char*> changes[] = {
      {"rtoSeconds: 300", "rtoSeconds: 0"},
      {"rtoSeconds: 300", "rtoSeconds: 5m"},
      {"rtoSeconds: 300", "rtoSeconds: 1.5"},
      {"rtoSeconds: 300, ", ""},
      {"rpoSeconds: 60", "rpoSecond: 60"},
      {"signal: KILL", "signal: KIL"},
      {"kind: RecoveryPlan", "kind: RecoveryPlans"},
      {"name: assess", "name: Assess"},
      {"phase: FailureAssessment", "phase: Failback"},
      {"atMost: 1500", "atMost: \"1.5.0\""},
      {"atMost: 1500", "atMost: 1500, atLeast: 1"},
      {"waitFor: {postgres:", "waitFor: {postgre:"},
      {"remove: \"{primary}\"}", "remove: \"{primary}\", to: b}"},
      {"    process: {name: \"{primary}\", signal: KILL}\n", ""},
      {"    local:\n", "    kubernetes: {workloads: []}\n    local:\n"},
      {"instances: [a, b]", "instances: []"},
  };
  for (const auto& [from, to] : changes) {
    const std::string changed = with(plan, from, to);
    EXPECT_FALSE(takes(changed)) << to;
    EXPECT_FALSE(parse_plan(document_of(changed), "p.yaml", test_catalog())) << to;
  }
}

}  // namespace
}  // namespace api
