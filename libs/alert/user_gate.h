// Which request of which user is served now, which waits and for how long, and who is told to come
// back. It is told what happens and when, and answers; who waits is the edge's to wake.
//
//   arrive -> Run -> end
//          -> Wait -> ask, at `ask_at` or when it is woken -> Run -> end
//                                                          -> Wait …
//                                                          -> Late: it has waited for too long
//                  -> abandon
//          -> Full: as many requests of the user wait as may
//          -> NoPlace: there are as many users as may be (users.h)
//
// A request waits for two things. While its user is throttled (user_quota.h), for the delay to be
// over. Then for a place: a user has as many requests running as its quota says; half of that and
// at least one where the answer is to queue; one where it is to isolate. A place goes to who came
// first. Each user has a line of its own, so that nobody waits for another one's requests.
//
// Once a second look() holds each user against the quota. Its requests at once are the most since
// the look before, running or waiting for a place: what waits out a delay does not count, or a
// throttle would bring about the violation that it is the answer to. What the application reported
// holds for 90 s. A response is timed from Run on: what waited here is not the application's doing.
//
// Without `enforced` all run at once, and what would have been done is counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "alert/user_quota.h"
#include "alert/users.h"
#include "base/time.h"

namespace alert {

struct UserGateSettings {
  UsersPolicy users;
  bool enforced = false;
  std::size_t waiting_max = 10;                 // of one user
  base::Duration wait_max = base::seconds(10);  // at least the longest delay, 1 s
  std::map<UserId, Rank> ranks;                 // all others: normal
};

enum class Turn : std::uint8_t { Run, Wait, Full, Late, NoPlace };

/// A request that has its turn now and does not know it yet.
struct Wake {
  std::size_t core = 0;
  std::uint64_t number = 0;
  bool operator==(const Wake&) const = default;
};
using Wakes = std::vector<Wake>;

struct Move {
  Turn turn = Turn::Run;
  std::uint64_t number = 0;     // of the request; 0: nobody counts it, and it has no end()
  base::TimePoint ask_at{};     // of one that waits: when to ask again at the latest
  base::Duration come_back{0};  // of one that is refused
  Wakes wakes;                  // of others
};

enum class Reported : std::uint8_t { Memory, Cpu, DatabaseConnections };
inline constexpr std::size_t kReportedCount = 3;
inline constexpr std::size_t kViolationCount = 5;
/// Upper bounds of the buckets of waits, in seconds; above the last one is one more.
inline constexpr std::array<double, 8> kWaitBounds{0.1, 0.2, 0.5, 1, 2, 5, 10, 30};

struct UserGateCounts {
  std::uint64_t at_once = 0, waited = 0;  // that ran
  std::uint64_t full = 0, late = 0, no_place = 0, abandoned = 0;
  std::uint64_t would_wait = 0, would_refuse = 0;           // not enforced
  std::array<std::uint64_t, kViolationCount> violations{};  // one for each look
  std::array<std::uint64_t, kWaitBounds.size() + 1> waits{};
  double wait_seconds = 0;
  std::uint64_t reports = 0, reports_of_nobody = 0;
};

/// What is known of a user.
struct UserRow {
  UserId user;
  base::Duration known_for{0};
  std::size_t running = 0, waiting = 0;
  UserFiguresNow figures;
  UserUsage usage;  // at the last look
  std::vector<Violated> violated;
  std::array<std::uint64_t, kViolationCount> violations{};
  Answer answer;
};

/// Thread: one at a time. Times that are told may be a little out of order; the latest counts.
class UserGate {
 public:
  explicit UserGate(UserGateSettings settings = {});

  const UserGateSettings& settings() const { return settings_; }
  /// Others from now on. Who is known stays known.
  Wakes use(UserGateSettings settings, base::TimePoint now);

  Move arrive(UserId user, std::size_t core, base::TimePoint now);
  /// Of a request that waits.
  Move ask(UserId user, std::uint64_t number, base::TimePoint now);
  /// A request that waits is given up.
  Wakes abandon(UserId user, std::uint64_t number, base::TimePoint now);
  /// One that ran is over. `response`: negative where none is to be counted.
  Wakes end(UserId user, base::Duration response, base::TimePoint now);

  /// What the application says that a user takes; false: there is no such user.
  bool report(UserId user, Reported what, double value, base::TimePoint now);
  /// Once a second.
  Wakes look(base::TimePoint now);

  const UserGateCounts& counts() const { return counts_; }
  std::vector<UserRow> rows() const;

 private:
  struct Waiter {
    std::uint64_t number = 0;
    std::size_t core = 0;
    base::TimePoint arrived, free_at;
  };
  struct Report {
    double value = 0;
    base::TimePoint at;
  };
  struct Line {
    base::TimePoint since;
    std::size_t running = 0, peak = 0;
    std::deque<Waiter> waiting;   // in their order
    std::vector<Waiter> granted;  // they have a place, and have not asked since
    std::array<std::optional<Report>, kReportedCount> reports;
    UserUsage usage;
    std::vector<Violated> violated;
    std::array<std::uint64_t, kViolationCount> violations{};
    Answer answer;

    bool empty() const { return running == 0 && waiting.empty(); }
  };

  void advance(base::TimePoint now);
  Line& line_of(UserId user);
  Move no_place();
  std::size_t places(const Line& line) const;
  bool may_run(const Waiter& waiter) const;
  std::size_t demand(const Line& line) const;
  Wakes admit(UserId user, Line& line);
  bool take_granted(Line& line, std::uint64_t number);
  Move turn_of(UserId user, Line& line, std::uint64_t number);
  UserUsage usage_of(const Line& line) const;
  void judge(UserId user, Line& line);

  UserGateSettings settings_;
  Users users_;
  std::map<UserId, Line> lines_;
  UserGateCounts counts_;
  std::uint64_t last_ = 0;
  base::TimePoint now_{};
};

}  // namespace alert
