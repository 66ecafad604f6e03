#include "oracle.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

namespace oracle {
namespace {

constexpr Minute kDay = 1440;

bool leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_of(int month, int year) {
  const int days[] = {31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1];
}

bool fits(const std::set<int>& set, int value) {
  return set.empty() || set.contains(value);
}

bool day_fits(const Expression& expression, const Day& day) {
  if (!fits(expression.months, day.month)) return false;
  if (expression.days.empty()) return fits(expression.weekdays, day.weekday);
  if (expression.weekdays.empty()) return fits(expression.days, day.day);
  return expression.days.contains(day.day) || expression.weekdays.contains(day.weekday);
}

Minute offset_now(Minute utc) {
  const std::time_t seconds = utc * 60;
  std::tm local{};
  localtime_r(&seconds, &local);
  if (local.tm_gmtoff % 60 != 0) {
    std::fprintf(stderr, "an offset of %ld seconds: begin in a later year\n", local.tm_gmtoff);
    std::abort();
  }
  return local.tm_gmtoff / 60;
}

}  // namespace

std::int64_t days_before(int year) {
  std::int64_t days = 0;
  for (int y = 1970; y < year; ++y) days += leap(y) ? 366 : 365;
  return days;
}

std::vector<Day> calendar(int first, int last) {
  std::vector<Day> out;
  int weekday = static_cast<int>((4 + days_before(first)) % 7);  // 1 January 1970: a Thursday
  for (int year = first; year <= last; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= days_of(month, year); ++day) {
        out.push_back({year, month, day, weekday});
        weekday = (weekday + 1) % 7;
      }
    }
  }
  return out;
}

std::vector<std::uint8_t> matching_minutes(const Expression& expression, int first, int last) {
  std::vector<std::uint8_t> out;
  for (const Day& day : calendar(first, last)) {
    const bool day_matches = day_fits(expression, day);
    for (int minute = 0; minute < kDay; ++minute) {
      out.push_back(day_matches && fits(expression.hours, minute / 60) &&
                    fits(expression.minutes, minute % 60));
    }
  }
  return out;
}

std::vector<Offset> offsets(const std::string& zone, int first, int last) {
  setenv("TZ", (":" + zone).c_str(), 1);
  tzset();
  const Minute begin = days_before(first) * kDay;
  const Minute end = days_before(last + 1) * kDay;
  std::vector<Offset> out = {{begin, offset_now(begin)}};
  for (Minute hour = begin; hour < end; hour += 60) {
    const Minute later = offset_now(hour + 60);
    if (later == out.back().offset) continue;
    Minute minute = hour + 1;
    while (offset_now(minute) == out.back().offset) ++minute;
    out.push_back({minute, offset_now(minute)});
    // Two changes within the hour would need another look.
    if (out.back().offset != later) std::abort();
  }
  return out;
}

std::vector<Minute> slots(const Expression& expression, const std::vector<std::uint8_t>& matches,
                          const std::vector<Offset>& offsets, int first, int last) {
  const Minute zero = days_before(first) * kDay;
  const Minute begin = zero + kDay;
  const Minute end = days_before(last + 1) * kDay - kDay;
  const bool real_time = expression.every_hour();
  std::vector<Minute> out;
  Minute seen = -1;  // the latest local minute so far
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const Minute from = std::max(offsets[i].from, begin - kDay / 2);
    const Minute to = i + 1 < offsets.size() ? std::min(offsets[i + 1].from, end) : end;
    for (Minute utc = from; utc < to; ++utc) {
      const Minute local = utc + offsets[i].offset - zero;
      if (local < 0 || local >= static_cast<Minute>(matches.size())) continue;
      bool slot = false;
      if (real_time) {
        slot = matches[static_cast<std::size_t>(local)] != 0;
      } else {
        if (seen < 0) seen = local - 1;
        for (; seen < local; ++seen)
          slot = slot || matches[static_cast<std::size_t>(seen + 1)] != 0;
      }
      if (slot && utc >= begin) out.push_back(utc);
    }
  }
  return out;
}

std::vector<std::string> zone_names() {
  std::ifstream in("/usr/share/zoneinfo/tzdata.zi");
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string name;
    words >> kind >> name;
    if (kind == "L") words >> name;
    if (kind == "Z" || kind == "L") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace oracle
