#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/yaml.h"
#include "scheduling/spec.h"

namespace scheduling {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kFull =
    "apiVersion: muster.dev/v1alpha1\n"                                             // 1
    "kind: DrillSchedule\n"                                                         // 2
    "metadata: {name: weekly}\n"                                                    // 3
    "spec:\n"                                                                       // 4
    "  schedule: \"0 3 * * SUN\"\n"                                                 // 5
    "  timeZone: Europe/Prague\n"                                                   // 6
    "  concurrencyPolicy: Replace\n"                                                // 7
    "  startingDeadlineSeconds: 600\n"                                              // 8
    "  blackoutPolicy: Defer\n"                                                     // 9
    "  successfulDrillsHistoryLimit: 12\n"                                          // 10
    "  failedDrillsHistoryLimit: 3\n"                                               // 11
    "  suspend: true\n"                                                             // 12
    "  blackouts:\n"                                                                // 13
    "  - {name: closing, schedule: \"0 0 28 * *\", durationSeconds: 345600}\n"      // 14
    "  - {name: freeze, from: 2026-12-18, to: 2027-01-04, timeZone: Asia/Tokyo}\n"  // 15
    "  drill: {plan: ../plan.yaml, profile: quick, set: [a.b=1]}\n";                // 16

tl::expected<Spec, api::Problems> parsed(const std::string& text) {
  auto documents = api::parse_yaml(text, "s.yaml");
  EXPECT_TRUE(documents) << api::format(documents.error());
  return parse_schedule(documents ? documents->front() : api::Node(), "s.yaml");
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from;
  return found == std::string::npos ? text : text.replace(found, from.size(), to);
}

std::string refused(const std::string& from, const std::string& to) {
  const auto spec = parsed(with(kFull, from, to));
  return spec ? "" : api::format(spec.error());
}

TEST(ScheduleDocument, IsRead) {
  const auto spec = parsed(kFull);
  ASSERT_TRUE(spec) << api::format(spec.error());
  EXPECT_EQ(spec->name, "weekly");
  EXPECT_EQ(spec->cron.text(), "0 3 * * SUN");
  EXPECT_EQ(spec->zone.name(), "Europe/Prague");
  EXPECT_EQ(spec->concurrency, Concurrency::Replace);
  EXPECT_EQ(spec->starting_deadline, Seconds(600));
  EXPECT_EQ(spec->in_blackout, InBlackout::Defer);
  EXPECT_EQ(spec->successful_limit, 12);
  EXPECT_EQ(spec->failed_limit, 3);
  EXPECT_TRUE(spec->suspend);
  EXPECT_EQ(spec->drill.plan, "../plan.yaml");
  EXPECT_EQ(spec->drill.profile, "quick");
  EXPECT_THAT(spec->drill.sets, ElementsAre("a.b=1"));
  ASSERT_EQ(spec->blackouts.size(), 2U);
  const auto& closing = std::get<Blackout::Recurring>(spec->blackouts[0].window);
  EXPECT_EQ(closing.zone.name(), "Europe/Prague");
  EXPECT_EQ(closing.length, Seconds(345600));
  const auto& freeze = std::get<Blackout::Absolute>(spec->blackouts[1].window);
  EXPECT_EQ(utc_text(freeze.from), "2026-12-17T15:00:00Z") << "midnight in Tokyo";
}

TEST(ScheduleDocument, HasSafeDefaults) {
  const auto spec = parsed(
      "{apiVersion: muster.dev/v1alpha1, kind: DrillSchedule, metadata: {name: s}, "
      "spec: {schedule: \"@daily\", drill: {plan: p.yaml}}}");
  ASSERT_TRUE(spec) << api::format(spec.error());
  EXPECT_EQ(spec->zone.name(), "UTC");
  EXPECT_EQ(spec->concurrency, Concurrency::Forbid);
  EXPECT_EQ(spec->in_blackout, InBlackout::Skip);
  EXPECT_EQ(spec->starting_deadline, Seconds(300));
  EXPECT_FALSE(spec->successful_limit);
  EXPECT_FALSE(spec->failed_limit);
  EXPECT_FALSE(spec->suspend);
}

TEST(ScheduleDocument, TellsEveryProblemAtOnceWithItsPlace) {
  std::string text = kFull;
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {"0 3 * * SUN", "0 25 * * SUN"},
           {"Europe/Prague", "Europe/Praha"},
           {"concurrencyPolicy: Replace", "concurrencyPolicy: replace"},
           {"Seconds: 600", "Seconds: 10m"},
           {"suspend: true", "suspended: true"},
           {"0 0 28 * *", "0 0 30 2 *"},
           {"Asia/Tokyo", "Tokyo"},
           {"plan: ../plan.yaml, ", ""}}) {
    text = with(text, from, to);
  }
  const auto spec = parsed(text);
  ASSERT_FALSE(spec);
  const std::string all = api::format(spec.error());
  EXPECT_EQ(spec.error().size(), 8U) << all;
  for (const char* part :
       {"s.yaml:5:13: spec.schedule: \"0 25 * * SUN\": hour \"25\"",
        "s.yaml:6:13: spec.timeZone: \"Europe/Praha\" is no time zone",
        "s.yaml:7:22: spec.concurrencyPolicy: ", "s.yaml:8:28: spec.startingDeadlineSeconds: ",
        "Did you mean \"suspend\"", "spec.blackouts.closing.schedule: \"0 0 30 2 *\": never comes",
        "spec.blackouts.freeze.timeZone: \"Tokyo\"", "spec.drill.plan: is missing"}) {
    EXPECT_THAT(all, HasSubstr(part));
  }
}

TEST(ScheduleDocument, HoldsTheFieldsOfABlackoutTogether) {
  EXPECT_THAT(refused(", durationSeconds: 345600", ""), HasSubstr("durationSeconds: is missing"));
  EXPECT_THAT(refused("durationSeconds: 345600", "durationSeconds: 60, to: 2027-01-01"),
              HasSubstr("closing.to: is not allowed beside schedule: durationSeconds is"));
  EXPECT_THAT(refused("from: 2026-12-18, to: 2027-01-04", "from: 2026-12-18"),
              HasSubstr("freeze.to: is missing: beside from"));
  EXPECT_THAT(refused("to: 2027-01-04", "to: 2026-12-18"),
              HasSubstr("is not allowed: a time after 2026-12-18T00:00:00+09:00 is"));
  EXPECT_THAT(refused("to: 2027-01-04", "to: tomorrow"), HasSubstr("\"tomorrow\" is no time"));
  EXPECT_THAT(refused("from: 2026-12-18", "schedule: \"@daily\", from: 2026-12-18"),
              HasSubstr("exactly one is needed"));
  EXPECT_THAT(refused("name: freeze", "name: closing"), HasSubstr("closing"));
}

TEST(ScheduleDocument, WarnsOfWhatMayNotBeMeant) {
  const Instant now(Seconds(1'795'000'000));  // November 2026
  auto spec = parsed(with(kFull, "  suspend: true\n", ""));
  ASSERT_TRUE(spec);
  EXPECT_THAT(warnings(*spec, now), IsEmpty());
  EXPECT_THAT(warnings(*spec, now + std::chrono::hours(24 * 365)),
              ElementsAre("blackout freeze ended at 2027-01-03T15:00:00Z"));
  spec = parsed(with(with(kFull, "0 3 * * SUN", "0 3 1 * SUN"), "  suspend: true\n", ""));
  ASSERT_TRUE(spec);
  EXPECT_THAT(warnings(*spec, now), ElementsAre(HasSubstr("a day that fits either counts")));
  spec = parsed(with(with(kFull, "0 0 28 * *", "0 * * * *"), "  suspend: true\n", ""));
  ASSERT_TRUE(spec);
  EXPECT_THAT(warnings(*spec, now),
              ElementsAre("none of the next 50 slots starts: skipped: blackout closing does not "
                          "end"));
}

TEST(ScheduleDocument, InAClusterNamesARecoveryPlan) {
  const auto read = [](const std::string& text) {
    return parse_cluster_schedule(api::parse_yaml(text, "s.yaml")->front(), "s.yaml");
  };
  const std::string drill = "drill: {plan: ../plan.yaml, profile: quick, set: [a.b=1]}";
  const auto spec =
      read(with(kFull, drill, "drill: {planRef: {name: database-failover}, profile: quick}"));
  ASSERT_TRUE(spec) << api::format(spec.error());
  EXPECT_EQ(spec->drill.plan, "database-failover");
  EXPECT_EQ(spec->drill.profile, "quick");
  const auto file = read(kFull);
  ASSERT_FALSE(file);
  EXPECT_THAT(api::format(file.error()), HasSubstr("there is no field \"plan\" here"));
  EXPECT_FALSE(parsed(with(kFull, drill, "drill: {planRef: {name: database-failover}}")));
}

}  // namespace
}  // namespace scheduling
