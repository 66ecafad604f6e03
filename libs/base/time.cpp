#include "base/time.h"

#include <array>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace base {
namespace {

std::tm utc(WallTime time, std::int64_t* millis_part) {
  const auto total = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::int64_t second = total >= 0 ? total / 1000 : (total - 999) / 1000;
  *millis_part = total - second * 1000;
  const auto value = static_cast<std::time_t>(second);
  std::tm out{};
  gmtime_r(&value, &out);
  return out;
}

std::string three_digits(double value) {
  const double size = std::fabs(value);
  if (size >= 100) return fmt::format("{:.0f}", value);
  if (size >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

}  // namespace

std::string human(Duration duration) {
  const double s = to_seconds(duration);
  const double size = std::fabs(s);
  if (size >= 60) {
    const auto whole = static_cast<std::int64_t>(std::llround(size));
    const char* sign = s < 0 ? "-" : "";
    if (whole >= 3600) {
      return fmt::format("{}{} h {:02} min", sign, whole / 3600, whole % 3600 / 60);
    }
    return fmt::format("{}{} min {:02} s", sign, whole / 60, whole % 60);
  }
  if (size >= 1) return three_digits(s) + " s";
  if (size >= 1e-3) return three_digits(s * 1e3) + " ms";
  if (size >= 1e-6) return three_digits(s * 1e6) + " µs";
  return s == 0 ? "0 s" : fmt::format("{} ns", duration.count());
}

std::string rfc3339(WallTime time) {
  std::int64_t ms = 0;
  const std::tm t = utc(time, &ms);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1,
                     t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, ms);
}

std::string compact_utc(WallTime time) {
  std::int64_t ms = 0;
  const std::tm t = utc(time, &ms);
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                     t.tm_hour, t.tm_min, t.tm_sec);
}

}  // namespace base
