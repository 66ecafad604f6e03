// The users of an application at one time: at most 12 sessions, what each one's requests take, and
// what one costs the others.
//
// A user is a number that the caller makes of what it knows them by (a keyed hash), so that nobody
// is named here. A session ends when it is ended, or when its place is needed and it has been idle
// for five minutes. A thirteenth user is refused.
//
// Impact of a user: the mean over the others of (mean of their newest 20 responses) / (mean of
// those before, their baseline), of others with at least 100 responses. It says that they are
// slower now, not by whom: it is held against the user only who has the most requests in progress.
//
// Grade of a user, by the mean response: up to 100 ms A, 500 B, 1,000 C, 2,000 D, else F.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "alert/recent.h"
#include "alert/user_quota.h"
#include "base/strong.h"
#include "base/time.h"

namespace alert {

using UserId = base::Strong<struct UserTag, std::uint64_t>;

char response_grade(base::Duration mean);

struct UsersPolicy {
  std::size_t users_most = 12;
  base::Duration idle_after = base::seconds(300);
  UserQuota quota;
  Strategy strategy = Strategy::FairShare;
};

struct UserFiguresNow {
  std::size_t in_progress = 0;
  std::size_t responses = 0;  // the newest 500 are looked at
  std::optional<base::Duration> mean;
  std::optional<char> grade;
};

struct UserJudgement {
  std::vector<Violated> violated;
  Answer answer;
};

class Users {
 public:
  explicit Users(UsersPolicy policy = {}) : policy_(policy) {}

  /// A request of a user begins; false when there is no place for another user. `now` never
  /// decreases.
  bool begin(UserId user, base::TimePoint now);
  /// A request of a user that was let in is answered.
  void end(UserId user, base::Duration response, base::TimePoint now);
  /// The session is over.
  void leave(UserId user) { sessions_.erase(user); }

  std::size_t size() const { return sessions_.size(); }
  std::optional<UserFiguresNow> figures(UserId user) const;
  /// How much slower the others are than they were; empty where too little is known.
  std::optional<double> impact(UserId user) const;

  /// Holds a user against the quota: requests in progress and impact as they are known here,
  /// whatever the application reports besides. Empty for a user without a session.
  std::optional<UserJudgement> judge(UserId user, UserUsage reported, Rank rank);

 private:
  struct Session {
    base::TimePoint active;
    std::size_t in_progress = 0;
    std::size_t violations_in_a_row = 0;
    Recent responses{500};  // in milliseconds
  };
  bool make_room(base::TimePoint now);
  bool busiest(UserId user) const;

  UsersPolicy policy_;
  std::map<UserId, Session> sessions_;
};

}  // namespace alert
