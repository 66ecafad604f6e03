#include "net/server_timing.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace net {
namespace {

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Up to the separator, which does not count inside quotes.
std::string_view next_part(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (quoted && rest[end] == '\\' && end + 1 < rest.size()) ++end;
  }
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

bool is_dur(std::string_view name) {
  return name.size() == 3 && (name[0] | 0x20) == 'd' && (name[1] | 0x20) == 'u' &&
         (name[2] | 0x20) == 'r';
}

double duration_of(std::string_view parameters) {
  while (!parameters.empty()) {
    auto value = next_part(parameters, ';');
    if (!is_dur(next_part(value, '='))) continue;
    value = trim(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    double millis = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), millis);
    constexpr double kDay = 86'400'000;
    const bool right = error == std::errc() && end == value.data() + value.size() &&
                       std::isfinite(millis) && millis >= 0 && millis <= kDay;
    return right ? millis : 0;
  }
  return 0;
}

}  // namespace

double server_timing_millis(std::string_view header, std::string_view metric) {
  double sum = 0;
  while (!header.empty()) {
    auto entry = next_part(header, ',');
    if (next_part(entry, ';') == metric) sum += duration_of(entry);
  }
  return sum;
}

}  // namespace net
