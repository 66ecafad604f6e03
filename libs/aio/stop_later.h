// A stop that is passed on late: what is on its way when somebody asks to stop has a little time to
// end, so that one knows how it ended.
#pragma once

#include <memory>
#include <stop_token>

#include "aio/clock.h"

namespace aio {

class StopLater {
 public:
  /// `token()` stops `grace` after `outer` was asked to. Lifetime: `clock` outlives it.
  StopLater(Clock& clock, const Executor& executor, base::Duration grace, std::stop_token outer);
  StopLater(const StopLater&) = delete;
  StopLater& operator=(const StopLater&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  struct Relay {
    StopLater* later;
    void operator()() const { later->asked(); }
  };
  void asked();

  Clock& clock_;
  base::Duration grace_;
  std::stop_source stop_;
  std::unique_ptr<Alarm> alarm_;
  std::stop_callback<Relay> outer_;
};

}  // namespace aio
