// What a cron expression means, said a second time and as plainly as possible: every minute of
// decades is looked at, one after the other. Nothing of libs/scheduling is used: offsets of a zone
// come from the C library, days are counted up one by one, expressions are sets of numbers. Used by
// the tests on a sample, and by bench/cron_oracle on every zone and fifty years.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace oracle {

/// Units: minutes since 1970, UTC or as a clock on the wall reads them.
using Minute = std::int64_t;

/// A day as the Gregorian calendar counts it, weekday 0 is Sunday.
struct Day {
  int year, month, day, weekday;
};
/// Every day from 1 January of `first` to 31 December of `last`.
std::vector<Day> calendar(int first, int last);
/// Units: days since 1970 of 1 January.
std::int64_t days_before(int year);

/// A cron expression as sets; an empty set: any value.
struct Expression {
  std::string text;  // what is given to the code under test
  std::set<int> minutes, hours, days, months, weekdays;

  bool every_hour() const { return hours.empty() || hours.size() == 24; }
};

/// For each local minute from 1 January of `first` to 31 December of `last`: does it match?
std::vector<std::uint8_t> matching_minutes(const Expression& expression, int first, int last);

/// Offsets of a zone in minutes east of UTC, each from a minute in UTC on.
struct Offset {
  Minute from;
  Minute offset;
  bool operator==(const Offset&) const = default;
};
/// By localtime_r with TZ set; every hour is looked at and changes are narrowed down to the minute.
/// Fails the program if an offset is not of whole minutes.
std::vector<Offset> offsets(const std::string& zone, int first, int last);

/// The slots of an expression in a zone, in UTC minutes, from 2 January of `first` to 30 December
/// of `last`: walks every minute. `matches` is matching_minutes() of the same years.
std::vector<Minute> slots(const Expression& expression, const std::vector<std::uint8_t>& matches,
                          const std::vector<Offset>& offsets, int first, int last);

/// The names of the system's zones: of /usr/share/zoneinfo/tzdata.zi, links too.
std::vector<std::string> zone_names();

}  // namespace oracle
