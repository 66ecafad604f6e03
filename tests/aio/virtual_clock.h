// Time that moves only when a test says so. The simulator has the full one; this is the least that
// the tests of aio need without looking upwards.
#pragma once

#include <map>
#include <memory>

#include "aio/clock.h"

namespace aio {

class VirtualClock final : public Clock {
 public:
  base::TimePoint now() const override { return now_; }
  base::WallTime wall_now() const override { return base::WallTime(now_.time_since_epoch()); }
  std::unique_ptr<Alarm> alarm(const Executor&) override {
    return std::make_unique<VirtualAlarm>(*this);
  }
  /// Rings what is due, in order.
  void advance(base::Duration length) {
    const auto until = now_ + length;
    while (!due_.empty() && due_.begin()->first <= until) {
      auto first = due_.extract(due_.begin());
      now_ = first.key();
      first.mapped().ring();
    }
    now_ = until;
  }
  std::size_t armed() const { return due_.size(); }

 private:
  class VirtualAlarm;
  struct Entry {
    VirtualAlarm* owner;
    std::function<void()> ring;
  };
  class VirtualAlarm final : public Alarm {
   public:
    explicit VirtualAlarm(VirtualClock& clock) : clock_(clock) {}
    ~VirtualAlarm() override { disarm(); }
    void arm(base::TimePoint when, std::function<void()> ring) override {
      disarm();
      clock_.due_.emplace(when, Entry{this, std::move(ring)});
    }
    void disarm() override {
      std::erase_if(clock_.due_, [this](const auto& item) { return item.second.owner == this; });
    }

   private:
    VirtualClock& clock_;
  };

  base::TimePoint now_{base::seconds(1000)};
  std::multimap<base::TimePoint, Entry> due_;
};

}  // namespace aio
