// Random schedules served through random days: clocks that jump, processes that die between writing
// and acting, drills of others. The laws are checked by ServedSchedule at every step.
#include <gtest/gtest.h>

#include "base/random.h"
#include "served_schedule.h"

namespace scheduling {
namespace {

constexpr const char* kExpressions[] = {"* * * * *",   "*/5 * * * *", "30 2 * * *",
                                        "0 */3 * * *", "0 3 * * SUN", "15,45 1-3 * * *"};
constexpr const char* kZones[] = {"UTC", "Europe/Prague", "America/New_York",
                                  "Australia/Lord_Howe"};

Spec random_spec(base::Random& random, Instant now) {
  Spec spec;
  spec.name = "s";
  spec.cron = Cron::parse(kExpressions[random.below(6)]).value_or(Cron());
  spec.zone = Zone::load(kZones[random.below(4)]).value_or(Zone::utc());
  spec.concurrency = static_cast<Concurrency>(random.below(3));
  spec.in_blackout = static_cast<InBlackout>(random.below(2));
  spec.starting_deadline = Seconds(random.between(1, 7200));
  spec.suspend = random.chance(0.05);
  for (std::uint64_t i = random.below(3); i > 0; --i) {
    const Instant from = now + Seconds(random.between(0, 86'400));
    spec.blackouts.push_back(
        {"once", Blackout::Absolute{from, from + Seconds(random.between(60, 40'000))}});
    spec.blackouts.push_back(
        {"often",
         Blackout::Recurring{Cron::parse(kExpressions[2 + random.below(4)]).value_or(Cron()),
                             spec.zone, Seconds(random.between(60, 3000))}});
  }
  return spec;
}

/// Near a change of clocks in Prague, so that slots meet it.
Instant random_begin(base::Random& random) {
  return Instant(Seconds(1'774'700'000 + random.between(0, 200'000)));
}

TEST(ScheduleProperties, HoldWhateverClocksAndProcessesDo) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    Instant now = random_begin(random);
    ServedSchedule served(random_spec(random, now), now);
    served.set_length(Seconds(random.between(1, 5000)), Seconds(random.between(1, 600)));
    for (int step = 0; step < 60; ++step) {
      now += Seconds(random.between(1, 2000));
      if (random.chance(0.05)) now += Seconds(random.between(0, 400'000));
      if (random.chance(0.05)) now -= Seconds(random.between(0, 100'000));
      if (random.chance(0.1)) served.run_other(now + Seconds(random.between(1, 3000)));
      served.serve(now, random.chance(0.1) ? static_cast<int>(random.below(3)) : -1);
    }
  }
}

TEST(ScheduleProperties, EverySlotIsDecidedOnceWhileTheClockOnlyGoesForward) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const Instant begin = random_begin(random);
    Instant now = begin;
    ServedSchedule served(random_spec(random, now), now);
    for (int step = 0; step < 50; ++step) {
      now += Seconds(random.between(1, 1500));
      served.serve(now, random.chance(0.1) ? 0 : -1);
    }
    served.serve(now);
    std::int64_t slots = 0;
    const Spec& spec = served.spec();
    const Instant until = served.state().decided.value_or(begin);
    for (auto slot = next_after(spec.cron, spec.zone, begin); slot && slot->at <= until;
         slot = next_after(spec.cron, spec.zone, slot->at)) {
      ++slots;
    }
    EXPECT_EQ(served.decided(), slots);
    const auto open = next_after(spec.cron, spec.zone, until);
    const auto after = open ? next_after(spec.cron, spec.zone, open->at) : std::nullopt;
    EXPECT_TRUE(!after || after->at > now) << "at most the newest slot waits";
  }
}

TEST(ScheduleProperties, AQuietScheduleStartsEverySlotThatUpcomingPromises) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const Instant begin = random_begin(random);
    const Instant end = begin + Seconds(100'000);
    Spec spec = random_spec(random, begin);
    std::set<Instant> promised;
    for (const Upcoming& one : upcoming(spec, begin, 100'000 / 60 + 2)) {
      if (one.starts && *one.starts <= end) promised.insert(one.slot.at);
    }
    ServedSchedule served(spec, begin);
    served.set_length(Seconds(0), Seconds(0));
    // Served only when it asked to be: what it waits for is all that can happen.
    for (Instant now = begin; now <= end; now = served.wake().value_or(end + Seconds(1))) {
      served.serve(now);
    }
    EXPECT_EQ(served.started(), promised);
  }
}

}  // namespace
}  // namespace scheduling
