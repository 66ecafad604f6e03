// The users of an application at one time: at most 12 sessions, what each one's requests take, and
// what one costs the others.
//
// A user is a number that the caller makes of what it knows them by (a keyed hash), so that nobody
// is named here. A session ends when it is ended, or when it has been idle for five minutes and its
// place is needed or somebody looks. A thirteenth user is refused.
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
  UserQuota quota{};
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

  /// Others from now on. Sessions stay, also where there are more of them than may begin.
  void use(UsersPolicy policy) { policy_ = policy; }

  /// A user asks for something; false when there is no place for another user. `now` never
  /// decreases.
  bool enter(UserId user, base::TimePoint now);
  /// A request of a user begins; false as enter().
  bool begin(UserId user, base::TimePoint now);
  /// A request of a user that was let in is answered.
  void end(UserId user, base::Duration response, base::TimePoint now);
  /// The session is over.
  void leave(UserId user) { sessions_.erase(user); }
  /// So are all that have been idle for too long.
  void end_idle(base::TimePoint now);
  /// When there may be a place for another user; as if nobody did anything until then.
  base::Duration room_in(base::TimePoint now) const;

  std::size_t size() const { return sessions_.size(); }
  std::optional<UserFiguresNow> figures(UserId user) const;
  /// How much slower the others are than they were; empty where too little is known.
  std::optional<double> impact(UserId user) const;

  /// Holds a user against the quota: requests at once and impact as they are known here, whatever
  /// the application reports besides. `at_once`: where somebody has looked more often; else those
  /// in progress now. Empty for a user without a session.
  std::optional<UserJudgement> judge(UserId user, UserUsage reported, Rank rank,
                                     std::optional<std::size_t> at_once = {});

 private:
  struct Session {
    base::TimePoint active;
    std::size_t in_progress = 0;
    std::size_t violations_in_a_row = 0;
    Recent responses{500};  // in milliseconds
  };
  bool idle(const Session& session, base::TimePoint now) const;
  bool make_room(base::TimePoint now);
  bool busiest(UserId user) const;

  UsersPolicy policy_;
  std::map<UserId, Session> sessions_;
};

}  // namespace alert
