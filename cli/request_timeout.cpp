#include "cli/request_timeout.h"

#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace cli {
namespace {

constexpr double kSecondsMost = 365.0 * 24 * 3600;

/// Seconds of the unit that `text` begins with, which is taken off it; 0: of none.
double take_unit(std::string_view& text) {
  // "ms" before "m": the longer one counts.
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  for (const auto& [unit, seconds] : kUnits) {
    if (!text.starts_with(unit)) continue;
    text.remove_prefix(unit.size());
    return seconds;
  }
  return 0;
}

/// A number without a sign or an exponent, taken off `text`; false: there is none.
bool take_number(std::string_view& text, double& out) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789."));
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
    return false;
  }
  text.remove_prefix(digits.size());
  return true;
}

}  // namespace

base::Result<base::Duration> request_timeout_of(const std::string& text) {
  std::string_view rest = text;
  double seconds = 0;
  bool first = true;
  do {
    double number = 0;
    if (!take_number(rest, number)) break;
    const bool bare = first && rest.empty() && text.find('.') == std::string::npos;
    const double unit = bare ? 1 : take_unit(rest);
    if (unit == 0) break;
    seconds += number * unit;
    first = false;
    if (rest.empty() && seconds <= kSecondsMost) {
      constexpr double kNanos = 1e9;
      return base::Duration(static_cast<std::int64_t>(seconds * kNanos));
    }
  } while (!rest.empty());
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("'{}' is not allowed: seconds (30), or a duration with units (1m30s, "
                  "500ms) of at most a year; 0 for no limit",
                  text));
}

}  // namespace cli
