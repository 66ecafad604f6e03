#include "http1/date.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "http1/grammar.h"

namespace http1 {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr int kYearsAheadMax = 50;

/// Takes a text apart from its beginning; once something does not fit, nothing fits any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  Scanner& mark(std::string_view wanted) {
    ok_ = ok_ && left_.starts_with(wanted);
    if (ok_) left_.remove_prefix(wanted.size());
    return *this;
  }
  /// Of so many digits; `padded`: a blank may stand for the first.
  int number(std::size_t digits, bool padded = false) {
    int value = 0;
    ok_ = ok_ && left_.size() >= digits;
    for (std::size_t i = 0; ok_ && i < digits; ++i) {
      if (padded && i == 0 && left_[i] == ' ') continue;
      ok_ = grammar::digit(left_[i]);
      value = value * 10 + (left_[i] - '0');
    }
    if (ok_) left_.remove_prefix(digits);
    return value;
  }
  unsigned month() {
    const auto* const at = std::find(kMonths.begin(), kMonths.end(), left_.substr(0, 3));
    ok_ = ok_ && at != kMonths.end();
    if (ok_) left_.remove_prefix(3);
    return ok_ ? static_cast<unsigned>(at - kMonths.begin()) + 1 : 0;
  }
  void letters() {
    while (!left_.empty() && grammar::letter(left_.front())) left_.remove_prefix(1);
  }
  bool at(std::string_view wanted) const { return left_.starts_with(wanted); }
  bool ended() const { return ok_ && left_.empty(); }

 private:
  std::string_view left_;
  bool ok_ = true;
};

struct Parts {
  int year = 0, day = 0, hour = 0, minute = 0, second = 0;
  unsigned month = 0;
};

void read_clock(Scanner& in, Parts& parts) {
  parts.hour = in.number(2);
  parts.minute = in.mark(":").number(2);
  parts.second = in.mark(":").number(2);
}

int year_now(base::WallTime now) {
  const std::chrono::sys_time<base::Duration> time(now.time_since_epoch());
  return static_cast<int>(
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
}

int whole_year(int two_digits, base::WallTime now) {
  const int this_year = year_now(now);
  const int year = this_year - this_year % 100 + two_digits;
  if (year > this_year + kYearsAheadMax) return year - 100;
  return year + 100 <= this_year + kYearsAheadMax ? year + 100 : year;
}

std::optional<base::WallTime> time_of(const Parts& parts) {
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year(parts.year), chrono::month(parts.month),
                                    chrono::day(static_cast<unsigned>(parts.day))};
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return {};
  const chrono::seconds since = chrono::sys_days(date).time_since_epoch() +
                                chrono::hours(parts.hour) + chrono::minutes(parts.minute) +
                                chrono::seconds(parts.second);
  constexpr auto kLatest = chrono::floor<chrono::seconds>(base::Duration::max());
  return base::WallTime(std::clamp<chrono::seconds>(since, -kLatest, kLatest));
}

}  // namespace

std::optional<base::WallTime> parse_date(std::string_view text, base::WallTime now) {
  Scanner in(text);
  Parts parts;
  in.letters();
  if (in.at(", ")) {
    parts.day = in.mark(", ").number(2);
    const bool old = in.at("-");
    in.mark(old ? "-" : " ");
    parts.month = in.month();
    in.mark(old ? "-" : " ");
    parts.year = old ? whole_year(in.number(2), now) : in.number(4);
    in.mark(" ");
    read_clock(in, parts);
    in.mark(" GMT");
  } else {
    in.mark(" ");
    parts.month = in.month();
    parts.day = in.mark(" ").number(2, true);
    in.mark(" ");
    read_clock(in, parts);
    parts.year = in.mark(" ").number(4);
  }
  if (!in.ended()) return {};
  return time_of(parts);
}

std::string format_date(base::WallTime time) {
  namespace chrono = std::chrono;
  // The first day that nanoseconds reach is not whole: nothing finer than a second from here on.
  const chrono::sys_seconds stamp(chrono::floor<chrono::seconds>(time.time_since_epoch()));
  const auto day = chrono::floor<chrono::days>(stamp);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(stamp - day);
  const auto number = [](auto value, std::size_t digits) {
    std::string text = std::to_string(value);
    return text.insert(0, digits - std::min(digits, text.size()), '0');
  };
  return std::string(kDays[chrono::weekday(day).c_encoding()]) + ", " +
         number(static_cast<unsigned>(date.day()), 2) + " " +
         std::string(kMonths[static_cast<unsigned>(date.month()) - 1]) + " " +
         number(static_cast<int>(date.year()), 4) + " " + number(clock.hours().count(), 2) + ":" +
         number(clock.minutes().count(), 2) + ":" + number(clock.seconds().count(), 2) + " GMT";
}

std::string date_line(base::WallTime time) {
  return "Date: " + format_date(time) + "\r\n";
}

}  // namespace http1
