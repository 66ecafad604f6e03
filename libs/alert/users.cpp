#include "alert/users.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace alert {

namespace {

constexpr std::size_t kNewest = 20;
constexpr std::size_t kImpactLeast = 100;

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

char response_grade(base::Duration mean) {
  if (mean <= base::millis(100)) return 'A';
  if (mean <= base::millis(500)) return 'B';
  if (mean <= base::millis(1000)) return 'C';
  return mean <= base::millis(2000) ? 'D' : 'F';
}

bool Users::idle(const Session& session, base::TimePoint now) const {
  return session.in_progress == 0 && now - session.active >= policy_.idle_after;
}

bool Users::make_room(base::TimePoint now) {
  while (sessions_.size() >= policy_.users_most) {
    const auto idlest = std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& one, const auto& other) { return one.second.active < other.second.active; });
    if (idlest == sessions_.end() || !idle(idlest->second, now)) return false;
    sessions_.erase(idlest);
  }
  return true;
}

void Users::end_idle(base::TimePoint now) {
  std::erase_if(sessions_, [&](const auto& one) { return idle(one.second, now); });
}

base::Duration Users::room_in(base::TimePoint now) const {
  if (sessions_.size() < policy_.users_most) return base::Duration(0);
  base::Duration least = policy_.idle_after;
  for (const auto& [user, session] : sessions_) {
    if (session.in_progress > 0) continue;
    const base::Duration left = session.active + policy_.idle_after - now;
    least = std::min(least, std::max(left, base::Duration(0)));
  }
  return least;
}

bool Users::enter(UserId user, base::TimePoint now) {
  if (!sessions_.contains(user) && !make_room(now)) return false;
  sessions_[user].active = now;
  return true;
}

bool Users::begin(UserId user, base::TimePoint now) {
  if (!enter(user, now)) return false;
  ++sessions_[user].in_progress;
  return true;
}

void Users::end(UserId user, base::Duration response, base::TimePoint now) {
  const auto it = sessions_.find(user);
  if (it == sessions_.end()) return;
  Session& session = it->second;
  session.active = now;
  // Of a session that was left meanwhile and begun anew, an old request may end.
  if (session.in_progress > 0) --session.in_progress;
  if (response.count() >= 0) session.responses.push(base::to_millis(response));
}

std::optional<UserFiguresNow> Users::figures(UserId user) const {
  const auto it = sessions_.find(user);
  if (it == sessions_.end()) return std::nullopt;
  const auto values = it->second.responses.values();
  UserFiguresNow now;
  now.in_progress = it->second.in_progress;
  now.responses = values.size();
  if (values.empty()) return now;
  now.mean = base::Duration(std::llround(mean(values) * 1e6));
  now.grade = response_grade(*now.mean);
  return now;
}

std::optional<double> Users::impact(UserId user) const {
  double sum = 0;
  int others = 0;
  for (const auto& [other, session] : sessions_) {
    const auto values = session.responses.values();
    if (other == user || values.size() < kImpactLeast) continue;
    const double baseline = mean(values.first(values.size() - kNewest));
    if (!(baseline > 0)) continue;
    sum += mean(values.last(kNewest)) / baseline;
    ++others;
  }
  if (others == 0) return std::nullopt;
  return sum / others;
}

bool Users::busiest(UserId user) const {
  const std::size_t own = sessions_.at(user).in_progress;
  return std::all_of(sessions_.begin(), sessions_.end(), [own, user](const auto& session) {
    return session.first == user || session.second.in_progress < own;
  });
}

std::optional<UserJudgement> Users::judge(UserId user, UserUsage reported, Rank rank,
                                          std::optional<std::size_t> at_once) {
  const auto it = sessions_.find(user);
  if (it == sessions_.end()) return std::nullopt;
  Session& session = it->second;
  reported.concurrent_requests = static_cast<double>(at_once.value_or(session.in_progress));
  reported.impact_ratio = busiest(user) ? impact(user) : std::nullopt;
  UserJudgement judgement;
  judgement.violated = violations(policy_.quota, reported);
  session.violations_in_a_row = judgement.violated.empty() ? 0 : session.violations_in_a_row + 1;
  judgement.answer =
      answer(policy_.strategy, judgement.violated, rank, session.violations_in_a_row);
  return judgement;
}

}  // namespace alert
