#include "verify/figures.h"

#include <ctime>

#include <fmt/format.h>

namespace verify {

using api::Node;

Node seconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

Node seconds(const std::optional<Duration>& duration) {
  return duration ? seconds(*duration) : Node();
}

Node stamp(TimePoint at, TimePoint origin) {
  return at == kNever ? Node() : seconds(at - origin);
}

Node bounds(const Interval& interval) {
  return Node::map()
      .set("lowerSeconds", seconds(interval.lower))
      .set("upperSeconds", seconds(interval.upper))
      .set("unbounded", !interval.upper.has_value());
}

Node bounds(const std::optional<Interval>& interval) {
  return interval ? bounds(*interval) : Node();
}

Node count(const std::optional<std::uint64_t>& number) {
  return number ? count(*number) : Node();
}

Node count(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

std::string wall(base::WallTime at) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t total = at.time_since_epoch().count();
  const std::int64_t nanos = (total % kSecond + kSecond) % kSecond;
  const auto whole = static_cast<std::time_t>(total / kSecond - (total % kSecond < 0 ? 1 : 0));
  std::tm t{};
  gmtime_r(&whole, &t);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", t.tm_year + 1900, t.tm_mon + 1,
                     t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, nanos);
}

}  // namespace verify
