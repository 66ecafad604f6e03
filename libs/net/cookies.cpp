#include "net/cookies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

namespace net {
namespace {

constexpr std::size_t kCookiesMax = 64;
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view next_part(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

std::optional<int> digits(std::string_view text, std::size_t most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all = error == std::errc() && end == text.data() + text.size();
  return all && text.size() <= most && text.front() != '-' ? std::optional(value) : std::nullopt;
}

/// The parts of a date, found in any order by what they look like: servers write several forms.
struct Date {
  std::optional<int> day, month, year;
  std::optional<std::chrono::seconds> time;

  bool take_time(std::string_view token) {
    std::array<int, 3> parts{};
    for (int& part : parts) {
      const auto text = next_part(token, ':');
      const auto number = text.empty() ? std::nullopt : digits(text, 2);
      if (!number) return false;
      part = *number;
    }
    if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return false;
    time = std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) +
           std::chrono::seconds(parts[2]);
    return true;
  }

  void take(std::string_view token) {
    if (token.empty() || (!time && take_time(token))) return;
    if (const auto number = digits(token, 4)) {
      if (!day && token.size() <= 2) {
        day = number;
      } else if (!year) {
        // Two digits: 70 to 99 are of the last century.
        year = *number < 70 ? 2000 + *number : (*number < 100 ? 1900 + *number : *number);
      }
      return;
    }
    const auto at = std::find(kMonths.begin(), kMonths.end(), lower(token.substr(0, 3)));
    if (!month && at != kMonths.end()) month = static_cast<int>(at - kMonths.begin()) + 1;
  }

  std::optional<std::chrono::sys_seconds> moment() const {
    if (!day || !month || !year || !time) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *year < 1601) return std::nullopt;
    return std::chrono::sys_days(date) + *time;
  }
};

std::optional<std::chrono::sys_seconds> date_of(std::string_view text) {
  Date date;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" \t,-"), text.size());
    date.take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return date.moment();
}

/// What its attributes say of a cookie's end. Max-Age says more than Expires.
bool is_over(std::string_view attributes, base::WallTime now) {
  std::optional<bool> by_age, by_date;
  while (!attributes.empty()) {
    auto attribute = next_part(attributes, ';');
    const std::string name = lower(next_part(attribute, '='));
    const auto value = trim(attribute);
    if (name == "max-age" && !value.empty()) {
      const bool number = value.find_first_not_of("0123456789", value.front() == '-' ? 1 : 0) ==
                          std::string_view::npos;
      if (number) {
        by_age = value.front() == '-' || value.find_first_not_of('0') == std::string_view::npos;
      }
    } else if (name == "expires") {
      if (const auto date = date_of(value)) {
        // In seconds: nanoseconds end in 2262, dates of servers do not.
        by_date = date->time_since_epoch() <=
                  std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
      }
    }
  }
  return by_age.value_or(by_date.value_or(false));
}

}  // namespace

void CookieJar::take(std::string_view set_cookie, base::WallTime now) {
  const bool sendable = std::none_of(set_cookie.begin(), set_cookie.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
  });
  auto pair = next_part(set_cookie, ';');
  if (!sendable || pair.find('=') == std::string_view::npos) return;
  const std::string name(next_part(pair, '='));
  if (name.empty()) return;
  const auto known = std::find_if(cookies_.begin(), cookies_.end(),
                                  [&](const auto& c) { return c.first == name; });
  if (is_over(set_cookie, now)) {
    if (known != cookies_.end()) cookies_.erase(known);
  } else if (known != cookies_.end()) {
    known->second = trim(pair);
  } else if (cookies_.size() < kCookiesMax) {
    cookies_.emplace_back(name, trim(pair));
  }
}

std::string CookieJar::header() const {
  std::string out;
  for (const auto& [name, value] : cookies_) {
    out += (out.empty() ? "" : "; ") + name + "=" + value;
  }
  return out;
}

}  // namespace net
