#include "base/interval.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

namespace base {
namespace {

struct Unit {
  double nanos;
  const char* name;
};

Unit unit_for(Duration largest) {
  if (largest >= seconds(600)) return {60e9, "min"};
  if (largest >= seconds(1)) return {1e9, "s"};
  return {1e6, "ms"};
}

/// Decimals that keep the width of an interval visible.
int decimals_for(double width) {
  if (width <= 0 || width >= 10) return 1;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(width))), 1, 3);
}

std::string rounded(double value, int decimals, bool up) {
  const double scale = std::pow(10, decimals);
  // A value that is exact in nanoseconds stays what it is despite the division before.
  const double shifted = value * scale;
  const double nearest = std::round(shifted);
  const double whole = std::fabs(shifted - nearest) < 1e-6 ? nearest
                       : up                                ? std::ceil(shifted)
                                                           : std::floor(shifted);
  return fmt::format("{:.{}f}", whole / scale, decimals);
}

/// Drops zeros behind the point that all of the texts end in.
void drop_zeros(std::initializer_list<std::string*> texts) {
  const auto all_end_in = [&](char c) {
    return std::ranges::all_of(texts, [&](const std::string* text) {
      return text->find('.') != std::string::npos && text->back() == c;
    });
  };
  const auto pop = [&] {
    for (std::string* text : texts) text->pop_back();
  };
  while (all_end_in('0')) pop();
  if (all_end_in('.')) pop();
}

}  // namespace

std::string interval(Duration lower, std::optional<Duration> upper) {
  const Duration top = upper.value_or(lower);
  const Unit unit = unit_for(top);
  const double low = static_cast<double>(lower.count()) / unit.nanos;
  if (!upper) {
    std::string least = rounded(low, 1, false);
    drop_zeros({&least});
    return fmt::format("≥ {} {}", least, unit.name);
  }
  const double high = static_cast<double>(top.count()) / unit.nanos;
  if (top == Duration{} && lower == Duration{}) return "0 s";
  const int decimals = decimals_for(high - low);
  std::string from = rounded(low, decimals, false), to = rounded(high, decimals, true);
  drop_zeros({&from, &to});
  if (lower == Duration{}) from = "0";
  if (from == to) return fmt::format("{} {}", to, unit.name);
  return fmt::format("{} – {} {}", from, to, unit.name);
}

}  // namespace base
