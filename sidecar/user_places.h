// The users of an application and their requests, for all cores together: alert::UserGate behind a
// lock, and whom it gives a turn is told on the core where it waits. A request takes the lock when
// it comes and when it ends, for a microsecond; where users are not watched nobody does.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "alert/user_gate.h"
#include "sidecar/user_names.h"

namespace sidecar {

/// What is told of them.
struct UsersSeen {
  alert::UserGateSettings settings;
  alert::UserGateCounts counts;
  std::vector<alert::UserRow> rows;
};

/// Thread: any number at once.
class UserPlaces {
 public:
  using Waker = std::function<void(std::uint64_t number)>;
  explicit UserPlaces(std::size_t cores) : wakers_(cores) {}

  /// How requests of a core are woken; empty: there are none any more. Called under the lock, so it
  /// must not call back.
  void attach(std::size_t core, Waker waker);
  /// `names`: of users that the application reports; empty: users are not watched from now on.
  void use(std::optional<UserNames> names, alert::UserGateSettings settings, base::TimePoint now);

  alert::Move arrive(alert::UserId user, std::size_t core, base::TimePoint now);
  alert::Move ask(alert::UserId user, std::uint64_t number, base::TimePoint now);
  void abandon(alert::UserId user, std::uint64_t number, base::TimePoint now);
  void end(alert::UserId user, base::Duration response, base::TimePoint now);
  void look(base::TimePoint now);
  /// False: users are not watched.
  bool report(std::string_view user, alert::Reported what, double value, base::TimePoint now);

  /// Nothing: users are not watched.
  std::optional<UsersSeen> seen() const;

 private:
  void wake(const alert::Wakes& wakes);

  mutable std::mutex lock_;
  alert::UserGate gate_;
  std::optional<UserNames> names_;
  std::vector<Waker> wakers_;
};

}  // namespace sidecar
