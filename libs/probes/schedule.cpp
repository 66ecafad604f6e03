#include "probes/schedule.h"

#include <algorithm>

#include "base/check.h"

namespace probes {

namespace {
// Less than this is the jitter of a busy machine: sending late is more honest than not sending.
constexpr base::Duration kJitter = base::millis(20);
}  // namespace

Schedule::Schedule(const Config& config)
    : config_(config),
      overdue_max_(std::max(2 * config.interval, kJitter)),
      slots_(config.slots, 0) {
  CHECK(config.interval.count() > 0 && config.slots > 0);
  if (!config.open) {
    for (std::size_t slot = config.slots; slot > 0; --slot) {
      free_.push_back(slot - 1);
    }
  }
}

void Schedule::begin(base::TimePoint first_due) {
  CHECK(!running_);
  running_ = true;
  next_due_ = first_due;
  began_ = first_due;
  last_invoked_ = base::kNever;
  not_sent_ = false;
}

std::optional<drill::Stall> Schedule::end(base::TimePoint now) {
  if (!running_) {
    return std::nullopt;
  }
  running_ = false;
  const auto from = last_invoked_ == base::kNever ? began_ : last_invoked_;
  // The next operation is not due yet for up to Δ: only more than 2Δ is a gap of ours.
  if (now > from && (not_sent_ || now - from > 2 * config_.interval)) {
    return drill::Stall{from, now};
  }
  return std::nullopt;
}

base::TimePoint Schedule::due_of(std::uint64_t seq) const {
  return next_due_ + config_.interval * static_cast<std::int64_t>(seq - next_seq_);
}

base::TimePoint Schedule::next_due_after(base::TimePoint time) const {
  const auto next = next_due();
  return next > time ? next : next + config_.interval * ((time - next) / config_.interval + 1);
}

std::uint64_t Schedule::last_due_before(base::TimePoint until) const {
  if (!running_ || until <= next_due_) {
    return next_seq_ - 1;
  }
  const auto more = (until - next_due_ - base::Duration(1)) / config_.interval;
  return next_seq_ + static_cast<std::uint64_t>(more);
}

Schedule::What Schedule::decide(base::TimePoint now, bool may_send, std::size_t& slot) const {
  if (!may_send || now - next_due_ > overdue_max_) {
    return What::NotSent;
  }
  if (config_.open) {
    slot = static_cast<std::size_t>((next_seq_ - 1) % slots_.size());
    return slots_[slot] == 0 ? What::Send : What::Blocked;
  }
  if (free_.empty()) {
    return What::NotSent;
  }
  slot = free_.back();
  return What::Send;
}

std::optional<std::size_t> Schedule::blocking() const {
  const auto slot = static_cast<std::size_t>((next_seq_ - 1) % slots_.size());
  return config_.open && slots_[slot] != 0 ? std::optional(slot) : std::nullopt;
}

std::optional<drill::Stall> Schedule::invoked(base::TimePoint now) {
  const auto from = last_invoked_ == base::kNever ? began_ : last_invoked_;
  std::optional<drill::Stall> stall;
  if (not_sent_ || now - from > 2 * config_.interval) {
    stall = drill::Stall{from, now};
  }
  last_invoked_ = now;
  not_sent_ = false;
  return stall;
}

std::optional<Schedule::Turn> Schedule::next(base::TimePoint now, bool may_send) {
  if (!running_ || next_due_ > now) {
    return std::nullopt;
  }
  Turn turn;
  turn.seq = next_seq_;
  turn.due = next_due_;
  turn.what = decide(now, may_send, turn.slot);
  ++next_seq_;
  next_due_ += config_.interval;
  if (turn.what == What::NotSent) {
    not_sent_ = true;
    return turn;
  }
  turn.stall = invoked(now);
  if (turn.what == What::Send) {
    slots_[turn.slot] = turn.seq;
    ++in_flight_;
    if (!config_.open) {
      free_.pop_back();
    }
    order_.push_back({turn.slot, turn.seq, turn.due + config_.ack_timeout});
  }
  return turn;
}

void Schedule::done(std::size_t slot) {
  CHECK(slot < slots_.size() && slots_[slot] != 0);
  slots_[slot] = 0;
  --in_flight_;
  if (!config_.open) {
    free_.push_back(slot);
  }
  drop_ended();
}

void Schedule::drop_ended() {
  while (!order_.empty() && slots_[order_.front().slot] != order_.front().seq) {
    order_.pop_front();
  }
}

std::optional<std::size_t> Schedule::expired(base::TimePoint now) {
  if (order_.empty() || order_.front().expires > now) {
    return std::nullopt;
  }
  return order_.front().slot;
}

base::TimePoint Schedule::next_expiry() {
  return order_.empty() ? base::kNever : order_.front().expires;
}

}  // namespace probes
