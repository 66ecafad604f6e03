#include "kube/lease.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace kube {

namespace {
constexpr base::Duration kShortest = base::seconds(3);
constexpr base::Duration kReleased = base::seconds(1);  // a duration must be positive
using lease_event::Answered;
}  // namespace

base::Result<> check(const LeaseConfig& config) {
  const auto refuse = [](std::string what) {
    return base::fail(base::Code::InvalidArgument, "leader election: " + std::move(what));
  };
  if (config.identity.empty()) return refuse("the identity is empty");
  if (config.duration < kShortest || config.duration % base::seconds(1) != base::Duration::zero()) {
    return refuse(fmt::format("the lease lasts {}; allowed are whole seconds, 3 at least",
                              base::human(config.duration)));
  }
  if (config.renew_deadline <= base::Duration::zero() || config.renew_deadline >= config.duration) {
    return refuse(fmt::format("the renew deadline is {}; it must be shorter than the lease, {}",
                              base::human(config.renew_deadline), base::human(config.duration)));
  }
  if (config.retry <= base::Duration::zero() || config.retry >= config.renew_deadline) {
    return refuse(
        fmt::format("the time between renewals is {}; it must be shorter than the renew "
                    "deadline, {}",
                    base::human(config.retry), base::human(config.renew_deadline)));
  }
  return {};
}

Lease::Lease(LeaseConfig config) : config_(std::move(config)) {
  CHECK(check(config_));
}

std::vector<LeaseAction> Lease::step(const LeaseEvent& event, base::TimePoint now,
                                     base::WallTime wall) {
  if (ended_) return {};
  now_ = now;
  wall_ = wall;
  actions_.clear();
  // Before anything else: what arrives late must not find a leader that should have stopped.
  if (leads_ && now_ >= until_) {
    lose(fmt::format("it could not be renewed for {}", base::human(config_.renew_deadline)));
  }
  std::visit([this](const auto& one) { on(one); }, event);
  if (!ended_ && doing_ == Doing::Nothing) go_on();
  if (!ended_) {
    const base::TimePoint at = next_look();
    if (at != base::kNever) actions_.emplace_back(lease_action::WakeAt{at});
  }
  return std::move(actions_);
}

void Lease::on(const lease_event::Seen& event) {
  if (!leads_) {
    see(event.record);
    return;
  }
  // The watch may be behind our own writes: what it shows is a reason to ask, and no more.
  doubted_ |= !event.record || event.record->holder != config_.identity;
}

void Lease::on(const Answered& event) {
  const Doing what = doing_;
  doing_ = Doing::Nothing;
  if (event.how == Answered::How::Failed) not_before_ = now_ + config_.retry;
  if (what == Doing::Read) was_read(event);
  if (what == Doing::Take || what == Doing::Renew) was_written(what, event);
  if (what == Doing::Release) end(event.how == Answered::How::Done);
}

void Lease::on(const lease_event::Woke& /*event*/) {}

void Lease::on(const lease_event::Stop& /*event*/) {
  stopping_ = true;
}

void Lease::see(const std::optional<LeaseRecord>& record) {
  if (known_ && record == record_) return;
  was_held_ =
      record ? !record->holder.empty() && record->holder != config_.identity : record_ && was_held_;
  known_ = true;
  record_ = record;
  changed_ = now_;
}

void Lease::was_read(const Answered& event) {
  if (event.how != Answered::How::Done) return;
  doubted_ = false;
  see(event.record);
  if (!leads_ || is_mine()) return;
  lose(record_ ? fmt::format("'{}' holds it", record_->holder) : "the Lease was deleted");
}

void Lease::was_written(Doing what, const Answered& event) {
  if (event.how == Answered::How::Conflict) {
    known_ = false;
    if (++conflicts_ > 1) not_before_ = now_ + config_.retry;
    return;
  }
  if (event.how != Answered::How::Done) return;
  conflicts_ = 0;
  see(event.record);
  // A renewal whose answer came after the deadline keeps the lease from others, not the lead: its
  // work was told to stop, and another term has another epoch.
  if (!is_mine() || (what == Doing::Renew && !leads_)) return;
  if (now_ >= sent_ + config_.renew_deadline) return;
  leads_ = true;
  renewed_ = sent_;
  until_ = sent_ + config_.renew_deadline;
  if (!stopping_) actions_.emplace_back(lease_action::Lead{record_->transitions, until_});
}

void Lease::go_on() {
  if (stopping_) {
    release();
  } else if (leads_) {
    lead();
  } else {
    follow();
  }
}

void Lease::lead() {
  if (now_ < not_before_) return;
  if (!known_ || doubted_) {
    ask();
    return;
  }
  if (now_ < renewed_ + config_.retry) return;
  LeaseRecord next = *record_;
  next.renewed = wall_;
  write(Doing::Renew, std::move(next));
}

void Lease::follow() {
  if (now_ < not_before_) return;
  if (!known_) {
    ask();
    return;
  }
  if (now_ < free_from()) return;
  LeaseRecord next = record_.value_or(LeaseRecord{});
  next.holder = config_.identity;
  next.duration = config_.duration;
  next.acquired = next.renewed = wall_;
  if (record_) ++next.transitions;
  write(Doing::Take, std::move(next));
}

void Lease::release() {
  if (!is_mine() || !known_) {
    end(false);
    return;
  }
  leads_ = false;
  LeaseRecord next = *record_;
  next.holder.clear();
  next.duration = kReleased;
  next.renewed = wall_;
  write(Doing::Release, std::move(next));
}

void Lease::ask() {
  doing_ = Doing::Read;
  actions_.emplace_back(lease_action::Read{config_.renew_deadline / 2});
}

void Lease::write(Doing what, LeaseRecord record) {
  doing_ = what;
  sent_ = now_;
  base::Duration within = config_.renew_deadline / 2;
  if (what == Doing::Renew) within = std::min(within, until_ - now_);
  actions_.emplace_back(lease_action::Write{std::move(record), !record_, within});
}

void Lease::lose(std::string why) {
  leads_ = false;
  doubted_ = false;
  actions_.emplace_back(lease_action::Lost{std::move(why)});
}

void Lease::end(bool released) {
  ended_ = true;
  leads_ = false;
  actions_.emplace_back(lease_action::Ended{released});
}

/// When the Lease as it was last seen may be taken.
base::TimePoint Lease::free_from() const {
  if (!record_) return was_held_ ? changed_ + config_.duration : changed_;
  if (record_->holder.empty() || is_mine()) return changed_;
  return changed_ + record_->duration;
}

base::TimePoint Lease::next_look() const {
  base::TimePoint next = leads_ ? until_ : base::kNever;
  if (doing_ != Doing::Nothing) return next;
  base::TimePoint request = leads_ ? renewed_ + config_.retry : free_from();
  if (!known_ || doubted_) request = not_before_;
  return std::min(next, std::max(request, not_before_));
}

}  // namespace kube
