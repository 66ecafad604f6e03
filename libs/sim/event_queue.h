// Virtual time: what is due runs in order of time, then in order of scheduling, so that a run is a
// function of its seed. A six-hour drill takes milliseconds.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "base/time.h"

namespace sim {

class EventQueue {
 public:
  base::TimePoint now() const { return now_; }
  bool empty() const { return queue_.empty(); }
  /// Of what is due next; there is something.
  base::TimePoint next_at() const { return queue_.top().at; }
  /// Runs `what` after the delay; equal times in the order they were asked for.
  void after(base::Duration delay, std::function<void()> what) {
    queue_.push({now_ + delay, next_++, std::move(what)});
  }
  /// Runs the next due thing; false: there is none.
  bool run_one() {
    if (queue_.empty()) return false;
    auto what = std::move(const_cast<Due&>(queue_.top()).what);
    now_ = queue_.top().at;
    queue_.pop();
    what();
    return true;
  }

 private:
  struct Due {
    base::TimePoint at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Due& other) const {
      return std::pair(other.at, other.order) < std::pair(at, order);
    }
  };
  base::TimePoint now_{};
  std::uint64_t next_ = 0;
  std::priority_queue<Due> queue_;
};

}  // namespace sim
