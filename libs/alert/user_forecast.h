// What N users would see, from what n users see now. The model: every user asks for as much as the
// present ones do on average, one resource is the busiest, and it is shared in equal parts by
// whatever waits for it (processor sharing, arrivals at random):
//
//   u = U / n               the part of the busiest resource that a user takes, U of it in use
//   S = R (1 - U)           a response on an idle system, R what it takes now
//   R(N) = S / (1 - N u)    and beyond N u = 1 no number: the system is saturated, and a queue
//   grows N at most               the largest N with R(N) within a wanted response
//
// Its limits. Near saturation it is too dark for users who wait for an answer before they ask
// again, since they slow down as it does. It knows nothing of locks, caches, or a second resource
// that is busy next; it is only as good as U and R are means of the same minutes. So a forecast
// for more than three times the present users says that it is far.
#pragma once

#include <cstddef>
#include <optional>

#include "base/time.h"

namespace alert {

/// What is seen now.
struct UserLoad {
  std::size_t users = 0;
  base::Duration response{0};  // mean
  double utilisation = 0;      // of the busiest resource, in [0, 1)
};

struct UserForecast {
  double utilisation = 0;                  // of the busiest resource; 1 when saturated
  std::optional<base::Duration> response;  // empty when saturated
  char grade = 'F';                        // of the response; F when saturated
  bool far = false;                        // more than three times the present users
};

/// Empty without users, for a utilisation outside [0, 1), and for a response below 0.
std::optional<UserForecast> forecast_users(const UserLoad& now, std::size_t users);

/// The most users who would see a mean response within `wanted`; empty as above, and where the
/// busiest resource is idle, of which no bound follows.
std::optional<std::size_t> users_within(const UserLoad& now, base::Duration wanted);

}  // namespace alert
