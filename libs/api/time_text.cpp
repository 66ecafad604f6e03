#include "api/time_text.h"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace api {
namespace {

constexpr std::size_t kMostFraction = 9;  // digits

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::int64_t number(std::size_t digits, std::int64_t low, std::int64_t high) {
    std::int64_t value = 0;
    const std::string_view word = rest_.substr(0, digits);
    const bool all =
        word.size() == digits && word.find_first_not_of("0123456789") == std::string_view::npos;
    if (all) std::from_chars(word.data(), word.data() + word.size(), value);
    good_ = good_ && all && value >= low && value <= high;
    rest_.remove_prefix(word.size());
    return value;
  }
  bool take(std::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return false;
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any) { good_ = take(any) && good_; }

  base::Duration fraction() {
    if (!take(".")) return {};
    std::size_t digits = rest_.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) digits = rest_.size();
    good_ = good_ && digits >= 1 && digits <= kMostFraction;
    if (!good_) return {};
    std::int64_t nanos = number(digits, 0, 999'999'999);
    for (std::size_t i = digits; i < kMostFraction; ++i) nanos *= 10;
    return base::Duration(nanos);
  }
  std::chrono::seconds offset() {
    if (take("Zz")) return std::chrono::seconds(0);
    expect("+-");
    const int sign = last_ == '-' ? -1 : 1;
    const std::int64_t hours = number(2, 0, 23);
    expect(":");
    return std::chrono::seconds(sign * (hours * 3600 + number(2, 0, 59) * 60));
  }
  bool done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  char last_ = '\0';
  bool good_ = true;
};

std::string seconds_text(base::WallTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time.time_since_epoch());
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const auto rest = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch() - days);
  const std::int64_t count = rest.count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     count / 3600, count / 60 % 60, count % 60);
}

}  // namespace

std::optional<base::WallTime> parse_time(std::string_view text) {
  Reader reader(text);
  // What 64 bits of nanoseconds hold of 1678 and 2261 is no whole year.
  const auto year = static_cast<int>(reader.number(4, 1679, 2260));
  reader.expect("-");
  const auto month = static_cast<unsigned>(reader.number(2, 1, 12));
  reader.expect("-");
  const auto day = static_cast<unsigned>(reader.number(2, 1, 31));
  reader.expect("Tt");
  const std::int64_t hour = reader.number(2, 0, 23);
  reader.expect(":");
  const std::int64_t minute = reader.number(2, 0, 59);
  reader.expect(":");
  const std::int64_t second = reader.number(2, 0, 59);
  const base::Duration fraction = reader.fraction();
  const std::chrono::seconds offset = reader.offset();
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!reader.done() || !date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset.count();
  return base::WallTime(base::seconds(seconds) + fraction);
}

std::string time_text(base::WallTime time) {
  return seconds_text(time) + "Z";
}

std::string micro_time_text(base::WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  const auto rest =
      std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch() - seconds);
  return fmt::format("{}.{:06}Z", seconds_text(time), rest.count());
}

}  // namespace api
