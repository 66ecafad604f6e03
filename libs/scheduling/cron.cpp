#include "scheduling/cron.h"

#include <algorithm>
#include <bit>

namespace scheduling {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr std::chrono::year kLastYear{2249};
constexpr std::int64_t kMinutesOfHour = 60;
constexpr std::int64_t kHoursOfDay = 24;
/// No two offsets of a zone are further apart, so that no change older than this still has the
/// clock read times that it read before.
constexpr Seconds kFarthestChange = std::chrono::hours(48);

bool has(std::uint64_t bits, std::uint64_t value) {
  return ((bits >> value) & 1U) != 0;
}

/// The first value at `from` or later; 64: none.
std::int64_t next_bit(std::uint64_t bits, std::int64_t from) {
  return from >= 64 ? 64 : std::countr_zero(bits >> static_cast<unsigned>(from)) + from;
}

local_days first_of_next_month(const year_month_day& date) {
  return local_days((date.year() / date.month() + std::chrono::months(1)) / std::chrono::day(1));
}

}  // namespace

bool Cron::matches_day(local_days day) const {
  const year_month_day date(day);
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool by_day = has(days_, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(weekdays_, std::chrono::weekday(day).c_encoding());
  return either_day() ? by_day || by_weekday : by_day && by_weekday;
}

bool Cron::matches(LocalTime time) const {
  const local_days day = std::chrono::floor<days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  return clock.seconds().count() == 0 &&
         has(minutes_, static_cast<std::uint64_t>(clock.minutes().count())) &&
         has(hours_, static_cast<std::uint64_t>(clock.hours().count())) && matches_day(day);
}

bool Cron::can_match() const {
  if (!any_weekday_ || any_day_) return true;  // every month has every weekday
  const year_month_day leap_year{std::chrono::year(2000), std::chrono::month(1),
                                 std::chrono::day(1)};
  const auto first = local_days(leap_year);
  for (local_days day = first; day < first + days(366); day += days(1)) {
    if (matches_day(day)) return true;
  }
  return false;
}

std::optional<minutes> Cron::next_time_of_day(minutes from) const {
  const std::int64_t hour_from = from.count() / kMinutesOfHour;
  const std::int64_t minute = next_bit(minutes_, from.count() % kMinutesOfHour);
  std::int64_t hour = next_bit(hours_, hour_from);
  if (hour == hour_from && minute < kMinutesOfHour) return minutes(hour * kMinutesOfHour + minute);
  if (hour == hour_from) hour = next_bit(hours_, hour_from + 1);
  if (hour >= kHoursOfDay) return std::nullopt;
  return minutes(hour * kMinutesOfHour + next_bit(minutes_, 0));
}

std::optional<LocalTime> Cron::next_match(LocalTime from) const {
  const auto start = std::chrono::ceil<minutes>(from);
  local_days day = std::chrono::floor<days>(start);
  minutes time_of_day = start - day;
  while (true) {
    const year_month_day date(day);
    if (date.year() > kLastYear) return std::nullopt;
    if (!has(months_, static_cast<unsigned>(date.month()))) {
      day = first_of_next_month(date);
      time_of_day = {};
      continue;
    }
    if (matches_day(day)) {
      if (const auto found = next_time_of_day(time_of_day)) return day + *found;
    }
    day += days(1);
    time_of_day = {};
  }
}

namespace {

/// The latest time that the clock has read until `at`: where it was put back, it has read later
/// ones.
LocalTime latest_reading(const Zone& zone, Instant at) {
  LocalTime latest = zone.local(at);
  auto change = zone.last_change(at);
  while (change && at - change->at < kFarthestChange) {
    latest = std::max(latest, change->from - Seconds(1));
    change = zone.last_change(change->at - Seconds(1));
  }
  return latest;
}

Slot::Clock clock_at(const Zone& zone, Instant at, LocalTime nominal) {
  if (zone.local(at) != nominal) return Slot::Clock::AfterGap;
  const auto next = zone.next_change(at);
  if (next && next->to <= nominal && nominal < next->from) return Slot::Clock::FirstOfTwo;
  const auto last = zone.last_change(at);
  if (last && last->to <= nominal && nominal < last->from) return Slot::Clock::SecondOfTwo;
  return Slot::Clock::Plain;
}

/// Each time of day is one slot, when the clock first reads it or more.
std::optional<Slot> next_by_clock(const Cron& cron, const Zone& zone, Instant after) {
  const auto nominal = cron.next_match(latest_reading(zone, after) + Seconds(1));
  if (!nominal) return std::nullopt;
  const Instant at = zone.first_reading(*nominal);
  return Slot{at, *nominal, clock_at(zone, at, *nominal)};
}

/// Each instant whose local time matches is a slot. Between two changes local time is real time.
std::optional<Slot> next_by_real_time(const Cron& cron, const Zone& zone, Instant after) {
  Instant from = after + Seconds(1);
  while (true) {
    const LocalTime local = zone.local(from);
    const auto match = cron.next_match(local);
    const auto change = zone.next_change(from);
    if (match && (!change || from + (*match - local) < change->at)) {
      const Instant at = from + (*match - local);
      return Slot{at, *match, clock_at(zone, at, *match)};
    }
    if (!change) return std::nullopt;
    from = change->at;
  }
}

}  // namespace

std::optional<Slot> next_after(const Cron& cron, const Zone& zone, Instant after) {
  return cron.every_hour() ? next_by_real_time(cron, zone, after)
                           : next_by_clock(cron, zone, after);
}

std::optional<Slot> last_within(const Cron& cron, const Zone& zone, Instant after, Instant until) {
  // Looks back from the end, twice as far each time, so that years of slots cost no more than days.
  std::optional<Slot> last;
  for (Seconds back = std::chrono::hours(1); !last && until > after; back *= 2) {
    const Instant begin = until - after > back ? until - back : after;
    for (auto slot = next_after(cron, zone, begin); slot && slot->at <= until;
         slot = next_after(cron, zone, slot->at)) {
      last = slot;
    }
    if (begin == after) break;
  }
  return last;
}

}  // namespace scheduling
