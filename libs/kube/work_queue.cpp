#include "kube/work_queue.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace kube {

bool WorkQueue::ByTurn::operator<(const ByTurn& other) const {
  return std::tie(other.priority, due, order) < std::tie(priority, other.due, other.order);
}

bool WorkQueue::ByTime::operator<(const ByTime& other) const {
  return std::tie(due, order) < std::tie(other.due, other.order);
}

void WorkQueue::enter(const Key& key, Waiting& waiting, base::TimePoint now) {
  waiting.is_due = waiting.due <= now;
  if (waiting.is_due) {
    ++adds_;
    due_.insert({waiting.priority, waiting.due, waiting.order, key});
  } else {
    later_.insert({waiting.due, waiting.order, key});
  }
}

void WorkQueue::leave(const Key& key, const Waiting& waiting) {
  if (out_.contains(key)) return;
  if (waiting.is_due) {
    due_.erase({waiting.priority, waiting.due, waiting.order, key});
  } else {
    later_.erase({waiting.due, waiting.order, key});
  }
}

void WorkQueue::add(const Key& key, base::TimePoint now, int priority) {
  add_after(key, {}, now, priority);
}

void WorkQueue::add_after(const Key& key, base::Duration delay, base::TimePoint now, int priority) {
  if (shut_down_) return;
  const base::TimePoint due = now + std::max(delay, base::Duration::zero());
  const auto [found, is_new] = waiting_.try_emplace(key);
  Waiting& waiting = found->second;
  if (is_new) {
    waiting = {priority, due, order_++, false};
    if (!out_.contains(key)) enter(key, waiting, now);
    return;
  }
  leave(key, waiting);
  const bool was_due = waiting.is_due;
  waiting.priority = std::max(waiting.priority, priority);
  waiting.due = std::min(waiting.due, due);
  if (out_.contains(key)) return;
  enter(key, waiting, now);
  if (was_due) --adds_;  // it was due before, so it did not become so
}

base::Duration WorkQueue::add_failed(const Key& key, base::TimePoint now, int priority) {
  if (shut_down_) return {};
  ++retries_;
  base::Duration delay = config_.retry_first;
  for (unsigned failure = failures_[key]++; failure > 0 && delay < config_.retry_longest; --failure)
    delay *= 2;
  delay = std::min(delay, config_.retry_longest);
  add_after(key, delay, now, priority);
  return delay;
}

void WorkQueue::forget(const Key& key) {
  failures_.erase(key);
}

unsigned WorkQueue::failures(const Key& key) const {
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

void WorkQueue::make_due(base::TimePoint now) {
  while (!later_.empty() && later_.begin()->due <= now) {
    const Key key = later_.begin()->key;
    later_.erase(later_.begin());
    enter(key, waiting_.at(key), now);
  }
}

std::optional<WorkQueue::Taken> WorkQueue::take(base::TimePoint now) {
  make_due(now);
  if (due_.empty()) return std::nullopt;
  const auto first = due_.begin();
  Taken taken{first->key, first->priority, now - first->due};
  due_.erase(first);
  waiting_.erase(taken.key);
  out_.emplace(taken.key, now);
  return taken;
}

base::Duration WorkQueue::done(const Key& key, base::TimePoint now) {
  const auto out = out_.find(key);
  CHECK(out != out_.end());
  const base::Duration took = now - out->second;
  out_.erase(out);
  const auto again = waiting_.find(key);
  if (again == waiting_.end()) return took;
  if (shut_down_ && again->second.due > now) {
    waiting_.erase(again);
    return took;
  }
  enter(key, again->second, now);
  return took;
}

base::TimePoint WorkQueue::next_due() const {
  return later_.empty() ? base::kNever : later_.begin()->due;
}

void WorkQueue::shut_down() {
  shut_down_ = true;
  for (const ByTime& late : later_) waiting_.erase(late.key);
  later_.clear();
}

base::Duration WorkQueue::unfinished(base::TimePoint now) const {
  base::Duration sum{};
  for (const auto& [key, since] : out_) sum += now - since;
  return sum;
}

base::Duration WorkQueue::longest_out(base::TimePoint now) const {
  base::Duration longest{};
  for (const auto& [key, since] : out_) longest = std::max(longest, now - since);
  return longest;
}

}  // namespace kube
