#include "report/stamps.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace report {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

/// Reads `count` digits at the front and removes them together with the separator that follows.
bool take(std::string_view& text, std::size_t count, char separator, std::int64_t* out) {
  if (text.size() <= count || text[count] != separator) return false;
  const char* end = text.data() + count;
  const auto [stop, error] = std::from_chars(text.data(), end, *out);
  if (error != std::errc{} || stop != end || *out < 0) return false;
  text.remove_prefix(count + 1);
  return true;
}

}  // namespace

double seconds_of(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

base::Duration duration_of(double seconds) {
  return base::Duration(std::llround(seconds * 1e9));
}

std::string utc_nanos(base::WallTime time) {
  const auto total = time.time_since_epoch();
  const auto days = std::chrono::floor<Days>(total);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days(days.count())}};
  const auto rest = total - days;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(rest).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     seconds / 3600, seconds / 60 % 60, seconds % 60,
                     (rest - std::chrono::seconds(seconds)).count());
}

std::optional<base::WallTime> parse_utc_nanos(std::string_view text) {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanos = 0;
  if (!take(text, 4, '-', &year) || !take(text, 2, '-', &month) || !take(text, 2, 'T', &day) ||
      !take(text, 2, ':', &hour) || !take(text, 2, ':', &minute) || !take(text, 2, '.', &second) ||
      !take(text, 9, 'Z', &nanos) || !text.empty()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1678 || year > 2261 || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
  return base::WallTime(base::seconds(seconds) + base::Duration(nanos));
}

}  // namespace report
