#include "aio/deadline.h"

#include <fmt/format.h>

namespace aio {

Deadline::Deadline(Clock& clock, const Executor& executor, base::TimePoint when,
                   std::stop_token outer)
    : allowed_(when - clock.now()),
      alarm_(clock.alarm(executor)),
      outer_(std::move(outer), Relay{&stop_}) {
  alarm_->arm(when, [this] {
    expired_ = !stop_.stop_requested();
    stop_.request_stop();
  });
}

base::Error Deadline::error(const std::string& what, const std::string& seen) const {
  return {base::Code::DeadlineExceeded,
          fmt::format("{}: no answer within {}{}{}", what, base::human(allowed_),
                      seen.empty() ? "" : "; ", seen),
          base::Retry::Backoff,
          {}};
}

}  // namespace aio
