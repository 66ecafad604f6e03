// Every plan and system under dr-drills is read with the kinds that the program has, and held
// against the system it names: what ships can be run as it lies there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/cross_check.h"
#include "api/plan_edit.h"
#include "api/plan_parse.h"
#include "api/yaml.h"
#include "probes/probe_kind.h"
#include "targets/catalog.h"

namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::Pair;

const fs::path kDrills = fs::path(MUSTER_SOURCE_DIR) / "dr-drills";

api::ActionCatalog catalog() {
  api::ActionCatalog kinds;
  targets::local_catalog().describe(kinds);
  for (const auto& probe : probes::probe_kinds()) kinds.add(probe->kind());
  return kinds;
}

api::Node read(const fs::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  auto documents = api::parse_yaml(text.str(), file.string());
  if (!documents) {
    ADD_FAILURE() << api::format(documents.error());
    return {};
  }
  EXPECT_EQ(documents->size(), 1U) << file;
  return documents->empty() ? api::Node() : documents->front();
}

std::vector<fs::path> plans() {
  std::vector<fs::path> out;
  for (const fs::directory_entry& entry : fs::directory_iterator(kDrills)) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

api::RecoveryPlan parsed(const api::Node& document, const fs::path& file) {
  auto plan = api::parse_plan(document, file.string(), catalog());
  if (!plan) {
    ADD_FAILURE() << api::format(plan.error());
    return {};
  }
  return *plan;
}

api::LocalSystem system_of(const api::RecoveryPlan& plan) {
  if (!plan.target.local) return {};
  const fs::path file = kDrills / "systems" / plan.target.local->system / "system.yaml";
  auto system = api::parse_local_system(read(file), file.string());
  if (!system) {
    ADD_FAILURE() << api::format(system.error());
    return {};
  }
  return *system;
}

TEST(ShippedPlans, AreThere) {
  EXPECT_THAT(plans(), testing::SizeIs(testing::Ge(6U)));
}

TEST(ShippedPlans, FitTheSystemsTheyName) {
  for (const fs::path& file : plans()) {
    SCOPED_TRACE(file);
    const api::RecoveryPlan plan = parsed(read(file), file);
    const api::LocalSystem system = system_of(plan);
    EXPECT_TRUE(system.drillable);
    EXPECT_EQ(plan.name, file.stem());
    EXPECT_THAT(api::format(api::cross_check(plan, system, catalog())), IsEmpty());
  }
}

struct Figures {
  std::int64_t rto, rpo, baseline, deadline, users, operations;
  std::size_t degraded, validation;
};

Figures figures_of(const std::string& failure_type) {
  if (failure_type == "DatabaseLoss") return {1800, 300, 300, 4800, 4, 80, 5, 4};
  if (failure_type == "CompleteSiteFailure") return {1800, 300, 300, 3600, 4, 80, 5, 4};
  if (failure_type == "ApplicationServerFailure") return {180, 30, 300, 1200, 8, 180, 4, 4};
  return {300, 60, 300, 1800, 6, 120, 5, 4};
}

TEST(ShippedPlans, HaveTheFiguresOfTheScenario) {
  for (const fs::path& file : plans()) {
    SCOPED_TRACE(file);
    const api::RecoveryPlan plan = parsed(read(file), file);
    const Figures figures = figures_of(plan.failure_type);
    EXPECT_EQ(plan.objectives.rto_seconds, figures.rto);
    EXPECT_EQ(plan.objectives.rpo_seconds, figures.rpo);
    EXPECT_EQ(plan.timing.baseline_seconds, figures.baseline);
    EXPECT_EQ(plan.timing.deadline_seconds, figures.deadline);
    ASSERT_TRUE(plan.load.has_value());
    EXPECT_EQ(plan.load->users, figures.users);
    EXPECT_EQ(plan.load->operations_per_minute, figures.operations);
    EXPECT_EQ(plan.degraded.size(), figures.degraded);
    EXPECT_EQ(plan.validation.size(), figures.validation);
  }
}

TEST(ShippedPlans, TheApplicationFailoverHasTheTargetsOfItsScenario) {
  const fs::path file = kDrills / "application-failover.yaml";
  const api::RecoveryPlan plan = parsed(read(file), file);
  std::int64_t start_up = 0;
  for (const api::Step& step : plan.recovery) {
    SCOPED_TRACE(step.name);
    if (step.phase == "FailureAssessment") EXPECT_EQ(step.target_millis, 15'000);
    if (step.action.kind == "route") EXPECT_EQ(step.target_millis, 5'000);
    if (step.phase == "BackupActivation") start_up += step.target_millis;
    if (step.name == "sessions-restored") EXPECT_EQ(step.target_millis, 30'000);
  }
  EXPECT_EQ(start_up, 45'000);
  std::map<std::string, int> shares;
  for (const api::LoadOperation& operation : plan.load->mix) {
    shares[operation.name == "heavy" ? "lists" : operation.name] += int(operation.share);
  }
  EXPECT_THAT(shares, testing::UnorderedElementsAre(Pair("lists", 40), Pair("realtime", 30),
                                                    Pair("secured", 30)));
  const auto target = [](const std::vector<api::Criterion>& criteria, const std::string& metric) {
    const auto found = std::ranges::find(criteria, metric, &api::Criterion::metric);
    return found == criteria.end() ? -1.0 : found->target;
  };
  EXPECT_EQ(target(plan.degraded, "ApiResponseMillis"), 1200);
  EXPECT_EQ(target(plan.degraded, "QueryMillis"), 750);
  EXPECT_EQ(target(plan.degraded, "Users"), 8);
  EXPECT_EQ(target(plan.degraded, "RequestsPerSecond"), 15);
  EXPECT_EQ(target(plan.validation, "ApiResponseMillis"), 1000);
  EXPECT_EQ(target(plan.validation, "QueryMillis"), 500);
  EXPECT_EQ(target(plan.validation, "SessionContinuityPercent"), 95);
  EXPECT_EQ(target(plan.validation, "FeaturePercent"), 100);
}

// What passes even if nothing goes wrong; the recovery itself comes on top.
TEST(ShippedPlans, AreQuickWithTheQuickProfile) {
  for (const fs::path& file : plans()) {
    SCOPED_TRACE(file);
    api::Node document = read(file);
    const api::RecoveryPlan full = parsed(document, file);
    ASSERT_TRUE(api::apply_profile(document, "quick").has_value());
    const api::RecoveryPlan quick = parsed(document, file);
    EXPECT_EQ(quick.profile, "quick");
    EXPECT_LE(
        quick.timing.baseline_seconds + quick.timing.hold_seconds + quick.timing.validation_seconds,
        40);
    EXPECT_EQ(quick.objectives.rto_seconds, full.objectives.rto_seconds);
  }
}

TEST(ShippedPlans, ObserveWherePatroniDecides) {
  const fs::path file = kDrills / "database-failover-patroni.yaml";
  EXPECT_EQ(parsed(read(file), file).mode, api::FailoverMode::Observe);
}

}  // namespace
