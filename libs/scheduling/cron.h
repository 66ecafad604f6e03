// Cron expressions, and the slots they stand for in a time zone. Five fields (minute, hour, day of
// month, month, day of week) as Vixie cron and Kubernetes read them: lists, ranges, steps, names,
// @daily and its like. If both days are restricted, a day that fits either counts. Where the two
// differ and a schedule would mean two things, the expression is refused with what to write
// instead.
//
// When the zone's clock is put forward or back:
//   - an expression that names hours (anything but all 24): each time of day that it matches is ONE
//     slot, at the first instant at which the clock reads that time or later. A time that a gap
//     swallows is a slot right after the gap (several of them: one slot), and a time that comes
//     twice is a slot when it comes first.
//   - an expression of every hour follows real time: a slot at every instant whose local time
//     matches. What a gap swallows is left out, what comes twice runs twice, so that no hour of
//     real time is without its slot where the clock moves by whole hours.
// A slot is an instant; two slots are never at the same one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduling/zone.h"

namespace scheduling {

class Cron {
 public:
  /// Errors: InvalidArgument: for every wrong field its name, the value and what is allowed; an
  /// expression that never matches (30 February).
  static base::Result<Cron> parse(std::string_view text);

  const std::string& text() const { return text_; }
  /// All 24 hours match: slots follow real time.
  bool every_hour() const { return hours_ == kAllHours; }
  /// Both days are restricted: a day that fits either counts.
  bool either_day() const { return !any_day_ && !any_weekday_; }
  bool matches(LocalTime time) const;
  /// The first local time at `from` or later that matches; nothing before the year 2250.
  std::optional<LocalTime> next_match(LocalTime from) const;

 private:
  friend class CronParser;
  static constexpr std::uint32_t kAllHours = (1U << 24U) - 1;
  bool matches_day(std::chrono::local_days day) const;
  bool can_match() const;
  std::optional<std::chrono::minutes> next_time_of_day(std::chrono::minutes from) const;

  std::string text_;
  std::uint64_t minutes_ = 0;
  std::uint32_t hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;  // a bit for each value
  bool any_day_ = false, any_weekday_ = false;                      // the field was * or ?
};

struct Slot {
  /// What the clock does around it.
  enum class Clock : std::uint8_t { Plain, AfterGap, FirstOfTwo, SecondOfTwo };
  Instant at;
  LocalTime nominal;  // the time that matched; after a gap the first one that was swallowed
  Clock clock = Clock::Plain;
  bool operator==(const Slot&) const = default;
};

/// The first slot after `after`; nothing before the year 2250.
std::optional<Slot> next_after(const Cron& cron, const Zone& zone, Instant after);
/// The last slot in (after, until].
std::optional<Slot> last_within(const Cron& cron, const Zone& zone, Instant after, Instant until);

}  // namespace scheduling
