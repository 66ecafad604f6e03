#include "scheduling/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace scheduling {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(const std::string& text) {
  const auto time = parse_time(text, Zone::utc());
  EXPECT_TRUE(time) << text;
  return time.value_or(Instant());
}

Spec spec_of(const std::string& expression = "0 3 * * *") {
  Spec spec;
  spec.name = "nightly";
  spec.cron = Cron::parse(expression).value_or(Cron());
  return spec;
}

Blackout absolute(const std::string& from, const std::string& to) {
  return {"freeze", Blackout::Absolute{at(from), at(to)}};
}

Blackout recurring(const std::string& expression, std::int64_t hours) {
  return {"closing", Blackout::Recurring{Cron::parse(expression).value_or(Cron()), Zone::utc(),
                                         std::chrono::hours(hours)}};
}

State since(const std::string& text) {
  return {at(text), {}, {}};
}

/// "start 2026-…", "skip TooLate 2026-…", "wait 2026-…".
std::string told(const Decision& decision) {
  if (const auto* start = std::get_if<Start>(&decision)) {
    return "start " + utc_text(start->slot.at);
  }
  if (const auto* skip = std::get_if<Skip>(&decision)) {
    return std::string("skip ") + name(skip->record.outcome) + " " + utc_text(skip->record.slot);
  }
  if (const auto* replace = std::get_if<Replace>(&decision)) {
    return "replace " + utc_text(replace->slot.at);
  }
  const auto& wait = std::get<Wait>(decision);
  return "wait " + (wait.until ? utc_text(*wait.until) : "for ever");
}

const Record& record_of(const Decision& decision) {
  if (const auto* start = std::get_if<Start>(&decision)) return start->record;
  if (const auto* skip = std::get_if<Skip>(&decision)) return skip->record;
  return std::get<Replace>(decision).record;
}

std::string decided(const Spec& spec, const State& state, const std::string& now,
                    const std::vector<std::string>& running = {}) {
  return told(decide(spec, state, running, at(now)));
}

const std::vector<std::string> kOther = {"other"};

TEST(ScheduleEngine, WaitsForTheNextSlotAndStartsIt) {
  const State state = since("2026-11-21T04:00");
  EXPECT_EQ(decided(spec_of(), state, "2026-11-21T05:00"), "wait 2026-11-22T03:00:00Z");
  EXPECT_EQ(decided(spec_of(), state, "2026-11-22T03:00"), "start 2026-11-22T03:00:00Z");
  EXPECT_EQ(decided(spec_of(), state, "2026-11-22T03:05"), "start 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, SlotsBeforeItWasServedAreNotItsOwn) {
  EXPECT_EQ(decided(spec_of(), since("2026-11-21T03:00"), "2026-11-21T03:00"),
            "wait 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, ADecidedSlotIsNeverStartedAgain) {
  State state = since("2026-11-21T04:00");
  const Decision first = decide(spec_of(), state, {}, at("2026-11-22T03:00"));
  state = state.with(record_of(first));
  EXPECT_EQ(decided(spec_of(), state, "2026-11-22T03:00"), "wait 2026-11-23T03:00:00Z");
  EXPECT_EQ(decided(spec_of(), state, "2026-11-22T02:00"), "wait 2026-11-23T03:00:00Z")
      << "the clock was put back";
}

TEST(ScheduleEngine, SkipsASlotBeyondItsDeadline) {
  const State state = since("2026-11-21T04:00");
  EXPECT_EQ(decided(spec_of(), state, "2026-11-22T03:05:01"), "skip TooLate 2026-11-22T03:00:00Z");
  Spec patient = spec_of();
  patient.starting_deadline = Seconds(3600);
  EXPECT_EQ(decided(patient, state, "2026-11-22T04:00"), "start 2026-11-22T03:00:00Z");
  EXPECT_EQ(decided(patient, state, "2026-11-22T04:00:01"), "skip TooLate 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, StartsTheNewestOfManyMissedSlotsAndAccountsForTheRest) {
  const Spec spec = spec_of("* * * * *");
  State state = since("2026-11-21T04:00");
  const Decision first = decide(spec, state, {}, at("2027-11-21T04:00:20"));
  const Record& record = record_of(first);
  EXPECT_EQ(record.outcome, Outcome::Missed);
  EXPECT_EQ(utc_text(record.first), "2026-11-21T04:01:00Z");
  EXPECT_EQ(utc_text(record.slot), "2027-11-21T03:59:00Z");
  EXPECT_EQ(record.count, kMissedCounted + 1) << "more than can be counted";
  state = state.with(record);
  EXPECT_EQ(decided(spec, state, "2027-11-21T04:00:20"), "start 2027-11-21T04:00:00Z");
  State few = since("2026-11-21T04:00");
  EXPECT_EQ(record_of(decide(spec, few, {}, at("2026-11-21T04:04:20"))).count, 3);
}

TEST(ScheduleEngine, SaysHowFarTheClockIsBehind) {
  State state = since("2026-11-21T04:00");
  state.decided = at("2026-12-01T03:00");
  const auto wait = std::get<Wait>(decide(spec_of(), state, {}, at("2026-11-25T00:00")));
  EXPECT_EQ(utc_text(*wait.until), "2026-12-02T03:00:00Z");
  EXPECT_EQ(wait.clock_behind, Seconds(6 * 86400 + 3 * 3600));
}

TEST(ScheduleEngine, ForbidWaitsForTheRunningDrillUntilTheDeadline) {
  const State state = since("2026-11-21T04:00");
  const Decision due = decide(spec_of(), state, kOther, at("2026-11-22T03:00"));
  EXPECT_EQ(told(due), "wait 2026-11-22T03:05:01Z");
  EXPECT_EQ(std::get<Wait>(due).reason, "other is still running");
  EXPECT_EQ(decided(spec_of(), state, "2026-11-22T03:05"), "start 2026-11-22T03:00:00Z")
      << "it ended in time";
  EXPECT_EQ(decided(spec_of(), state, "2026-11-22T03:05:01", kOther),
            "skip StillRunning 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, AllowStartsBesideARunningDrill) {
  Spec spec = spec_of();
  spec.concurrency = Concurrency::Allow;
  EXPECT_EQ(decided(spec, since("2026-11-21T04:00"), "2026-11-22T03:00", kOther),
            "start 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, ReplaceAbortsFirstAndStartsWhenEverythingIsUndone) {
  Spec spec = spec_of();
  spec.concurrency = Concurrency::Replace;
  State state = since("2026-11-21T04:00");
  const Decision replace = decide(spec, state, kOther, at("2026-11-22T03:00"));
  EXPECT_EQ(told(replace), "replace 2026-11-22T03:00:00Z");
  EXPECT_THAT(std::get<Replace>(replace).drills, ElementsAre("other"));
  state = state.with(record_of(replace));
  EXPECT_EQ(decided(spec, state, "2026-11-22T03:01", kOther), "wait 2026-11-22T03:05:01Z");
  EXPECT_EQ(decided(spec, state, "2026-11-22T03:05:01", kOther),
            "skip TooLate 2026-11-22T03:00:00Z");
  const Decision start = decide(spec, state, {}, at("2026-11-22T03:02"));
  EXPECT_EQ(told(start), "start 2026-11-22T03:00:00Z");
  state = state.with(record_of(start));
  EXPECT_EQ(decided(spec, state, "2026-11-22T03:02"), "wait 2026-11-23T03:00:00Z");
  ASSERT_EQ(state.recent.size(), 1U) << "one slot, one record";
  EXPECT_EQ(state.recent[0].outcome, Outcome::Started);
}

TEST(ScheduleEngine, AReplacingSlotGivesWayToTheNextOne) {
  Spec spec = spec_of("* * * * *");
  spec.concurrency = Concurrency::Replace;
  State state = since("2026-11-21T04:00");
  state = state.with(record_of(decide(spec, state, kOther, at("2026-11-21T04:01"))));
  EXPECT_EQ(decided(spec, state, "2026-11-21T04:01:30", kOther), "wait 2026-11-21T04:02:00Z");
  const Decision skip = decide(spec, state, kOther, at("2026-11-21T04:02"));
  EXPECT_EQ(told(skip), "skip Missed 2026-11-21T04:01:00Z");
  state = state.with(record_of(skip));
  EXPECT_EQ(decided(spec, state, "2026-11-21T04:02", kOther), "replace 2026-11-21T04:02:00Z");
}

TEST(ScheduleEngine, AReplacingSlotIsNotStartedDaysLater) {
  Spec spec = spec_of("0 3 * * SUN");
  spec.concurrency = Concurrency::Replace;
  State state = since("2026-11-21T04:00");
  state = state.with(record_of(decide(spec, state, kOther, at("2026-11-22T03:00"))));
  EXPECT_EQ(decided(spec, state, "2026-11-24T09:00"), "skip TooLate 2026-11-22T03:00:00Z")
      << "the machine was off meanwhile";
}

TEST(ScheduleEngine, SuspendedSlotsAreSkipped) {
  Spec spec = spec_of();
  spec.suspend = true;
  EXPECT_EQ(decided(spec, since("2026-11-21T04:00"), "2026-11-22T03:00"),
            "skip Suspended 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, ASlotInABlackoutIsSkippedWithItsName) {
  Spec spec = spec_of();
  spec.blackouts = {recurring("0 0 28 * *", 96), absolute("2026-11-20", "2026-11-22T03:00:01")};
  const State state = since("2026-11-21T04:00");
  const Decision skip = decide(spec, state, {}, at("2026-11-22T03:01"));
  EXPECT_EQ(told(skip), "skip Blackout 2026-11-22T03:00:00Z");
  EXPECT_EQ(record_of(skip).detail, "blackout freeze");
  spec.blackouts = {absolute("2026-11-20", "2026-11-22T03:00")};
  EXPECT_EQ(decided(spec, state, "2026-11-22T03:01"), "start 2026-11-22T03:00:00Z")
      << "a window does not include its end";
}

TEST(ScheduleEngine, ALateSlotIsNotStartedIntoABlackout) {
  Spec spec = spec_of();
  spec.blackouts = {absolute("2026-11-22T03:02", "2026-11-22T03:04")};
  const State state = since("2026-11-21T04:00");
  EXPECT_EQ(decided(spec, state, "2026-11-22T03:02"), "skip Blackout 2026-11-22T03:00:00Z");
  spec.in_blackout = InBlackout::Defer;
  EXPECT_EQ(decided(spec, state, "2026-11-22T03:02"), "wait 2026-11-22T03:04:00Z");
  EXPECT_EQ(decided(spec, state, "2026-11-22T03:04"), "start 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, ADeferredSlotStartsWhenTheBlackoutEnds) {
  Spec spec = spec_of();
  spec.in_blackout = InBlackout::Defer;
  spec.blackouts = {absolute("2026-11-22", "2026-11-22T05:00"), recurring("0 5 * * *", 1)};
  const State state = since("2026-11-21T04:00");
  const Decision wait = decide(spec, state, {}, at("2026-11-22T03:00"));
  EXPECT_EQ(told(wait), "wait 2026-11-22T06:00:00Z") << "windows that meet are one";
  EXPECT_EQ(decided(spec, state, "2026-11-22T05:30"), "wait 2026-11-22T06:00:00Z");
  EXPECT_EQ(decided(spec, state, "2026-11-22T06:05"), "start 2026-11-22T03:00:00Z");
  EXPECT_EQ(decided(spec, state, "2026-11-22T06:05:01"), "skip TooLate 2026-11-22T03:00:00Z")
      << "the deadline counts from the end of the blackout";
}

TEST(ScheduleEngine, ABlackoutWithoutEndSkips) {
  Spec spec = spec_of();
  spec.in_blackout = InBlackout::Defer;
  spec.blackouts = {recurring("0 * * * *", 2)};
  EXPECT_EQ(decided(spec, since("2026-11-21T04:00"), "2026-11-22T03:00"),
            "skip Blackout 2026-11-22T03:00:00Z");
}

TEST(ScheduleEngine, KeepsTheNewestDrillsOfEachKind) {
  Spec spec = spec_of();
  const std::vector<PastDrill> past = {{"a", at("2026-11-01"), true},
                                       {"b", at("2026-11-02"), false},
                                       {"c", at("2026-11-03"), true},
                                       {"d", at("2026-11-04"), true},
                                       {"e", at("2026-11-05"), false}};
  EXPECT_THAT(beyond_limits(spec, past), IsEmpty()) << "evidence is kept unless told otherwise";
  spec.successful_limit = 2;
  EXPECT_THAT(beyond_limits(spec, past), ElementsAre("a"));
  spec.failed_limit = 1;
  EXPECT_THAT(beyond_limits(spec, past), ElementsAre("a", "b"));
}

TEST(Upcoming, SaysWhatBecomesOfEachSlot) {
  Spec spec = spec_of("30 2 * * *");
  spec.zone = Zone::load("Europe/Prague").value_or(Zone::utc());
  spec.blackouts = {absolute("2026-03-30", "2026-03-31")};
  const auto slots = upcoming(spec, at("2026-03-28T12:00"), 3);
  ASSERT_EQ(slots.size(), 3U);
  EXPECT_EQ(slots[0].reason, "the clock is put forward over 2026-03-29 02:30: right after the gap");
  EXPECT_TRUE(slots[0].starts);
  EXPECT_EQ(slots[1].reason, "skipped: blackout freeze");
  EXPECT_FALSE(slots[1].starts);
  EXPECT_EQ(slots[2].reason, "");
  spec.in_blackout = InBlackout::Defer;
  EXPECT_EQ(upcoming(spec, at("2026-03-28T12:00"), 3)[1].reason,
            "deferred to 2026-03-31T02:00:00+02:00: blackout freeze");
  spec.suspend = true;
  EXPECT_EQ(upcoming(spec, at("2026-03-28T12:00"), 1)[0].reason, "skipped: suspended");
}

TEST(ScheduleState, SurvivesBeingWrittenAndRead) {
  State state = since("2026-11-21T04:00:01");
  EXPECT_EQ(state_from_json(to_json(state, "s"), "s").value_or(State{}), state);
  state = state.with({Outcome::TooLate, at("2026-11-22T03:00"), at("2026-11-22T03:00"), 1,
                      at("2026-11-22T04:00"), "\"why\""});
  state = state.with({Outcome::Missed, at("2026-11-24T03:00"), at("2026-11-23T03:00"), 2,
                      at("2026-11-24T04:00"), ""});
  EXPECT_EQ(state_from_json(to_json(state, "s"), "s").value_or(State{}), state);
}

TEST(ScheduleState, RefusesWhatIsDamagedOrAnothers) {
  State state = since("2026-11-21T04:00");
  state = state.with({Outcome::TooLate, at("2026-11-22T03:00"), at("2026-11-22T03:00"), 1,
                      at("2026-11-22T04:00"), ""});
  const std::string good = to_json(state, "s");
  const auto why = [](const std::string& text) {
    const auto read = state_from_json(text, "s");
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(why(good), "");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto found = text.find(from);
    EXPECT_NE(found, std::string::npos) << from;
    return why(text.replace(found, from.size(), to));
  };
  EXPECT_THAT(why(""), HasSubstr("not the state"));
  EXPECT_THAT(why(good.substr(0, good.size() / 2)), HasSubstr("not the state"));
  EXPECT_THAT(changed("\"version\": 1", "\"version\": 2"), HasSubstr("version"));
  EXPECT_THAT(changed("\"schedule\": \"s\"", "\"schedule\": \"t\""), HasSubstr("belongs to 't'"));
  EXPECT_THAT(changed("2026-11-21T04:00:00Z", "yesterday"), HasSubstr("since"));
  EXPECT_THAT(changed("TooLate", "TooLat"), HasSubstr("record 0"));
  EXPECT_THAT(changed("\"decidedUntil\": \"2026-11-22", "\"decidedUntil\": \"2026-11-21"),
              HasSubstr("after decidedUntil"));
  EXPECT_THAT(changed("\"decidedUntil\": \"2026-11-22", "\"decidedUntil\": \"2026-22-22"),
              HasSubstr("decidedUntil"));
}

}  // namespace
}  // namespace scheduling
