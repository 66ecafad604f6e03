#include "alert/user_forecast.h"

#include <algorithm>
#include <cmath>

#include "alert/users.h"

namespace alert {

namespace {

constexpr double kFarRatio = 3;
constexpr double kLongestNanos = 9e18;

bool sensible(const UserLoad& now) {
  return now.users > 0 && now.utilisation >= 0 && now.utilisation < 1 && now.response.count() >= 0;
}

double idle_nanos(const UserLoad& now) {
  return static_cast<double>(now.response.count()) * (1 - now.utilisation);
}

}  // namespace

std::optional<UserForecast> forecast_users(const UserLoad& now, std::size_t users) {
  if (!sensible(now)) return std::nullopt;
  const double more = static_cast<double>(users) / static_cast<double>(now.users);
  UserForecast forecast;
  forecast.far = more > kFarRatio;
  forecast.utilisation = std::min(1.0, now.utilisation * more);
  if (forecast.utilisation >= 1) return forecast;
  const double nanos = idle_nanos(now) / (1 - forecast.utilisation);
  forecast.response = base::Duration(std::llround(std::min(nanos, kLongestNanos)));
  forecast.grade = response_grade(*forecast.response);
  return forecast;
}

std::optional<std::size_t> users_within(const UserLoad& now, base::Duration wanted) {
  if (!sensible(now) || now.utilisation <= 0) return std::nullopt;
  const double idle = idle_nanos(now);
  if (static_cast<double>(wanted.count()) < idle || wanted.count() <= 0) return 0;
  const double share = now.utilisation / static_cast<double>(now.users);
  // R(N) <= wanted where N u <= 1 - S / wanted; below 1, since S is above 0 or saturation is.
  const double most = (1 - idle / static_cast<double>(wanted.count())) / share;
  auto users = static_cast<std::size_t>(std::min(most + 1, 1e15));
  // Rounding may put the bound one off either way: the forecast itself is the judge.
  const auto within = [&](std::size_t count) {
    const auto seen = forecast_users(now, count);
    return seen->response && *seen->response <= wanted;
  };
  while (users > 0 && !within(users)) --users;
  return users;
}

}  // namespace alert
