#include "sidecar/user_places.h"

#include <utility>

namespace sidecar {

void UserPlaces::attach(std::size_t core, Waker waker) {
  const std::lock_guard hold(lock_);
  wakers_[core] = std::move(waker);
}

void UserPlaces::use(std::optional<UserNames> names, alert::UserGateSettings settings,
                     base::TimePoint now) {
  const std::lock_guard hold(lock_);
  names_ = std::move(names);
  wake(gate_.use(std::move(settings), now));
}

alert::Move UserPlaces::arrive(alert::UserId user, std::size_t core, base::TimePoint now) {
  const std::lock_guard hold(lock_);
  alert::Move move = gate_.arrive(user, core, now);
  wake(move.wakes);
  return move;
}

alert::Move UserPlaces::ask(alert::UserId user, std::uint64_t number, base::TimePoint now) {
  const std::lock_guard hold(lock_);
  alert::Move move = gate_.ask(user, number, now);
  wake(move.wakes);
  return move;
}

void UserPlaces::abandon(alert::UserId user, std::uint64_t number, base::TimePoint now) {
  const std::lock_guard hold(lock_);
  wake(gate_.abandon(user, number, now));
}

void UserPlaces::end(alert::UserId user, base::Duration response, base::TimePoint now) {
  const std::lock_guard hold(lock_);
  wake(gate_.end(user, response, now));
}

void UserPlaces::look(base::TimePoint now) {
  const std::lock_guard hold(lock_);
  wake(gate_.look(now));
}

bool UserPlaces::report(std::string_view user, alert::Reported what, double value,
                        base::TimePoint now) {
  const std::lock_guard hold(lock_);
  if (!names_) return false;
  gate_.report(names_->named(user), what, value, now);
  return true;
}

std::optional<UsersSeen> UserPlaces::seen() const {
  const std::lock_guard hold(lock_);
  if (!names_) return std::nullopt;
  return UsersSeen{gate_.settings(), gate_.counts(), gate_.rows()};
}

void UserPlaces::wake(const alert::Wakes& wakes) {
  for (const alert::Wake& one : wakes) {
    if (wakers_[one.core]) wakers_[one.core](one.number);
  }
}

}  // namespace sidecar
