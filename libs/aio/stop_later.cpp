#include "aio/stop_later.h"

#include <utility>

namespace aio {

StopLater::StopLater(Clock& clock, const Executor& executor, base::Duration grace,
                     std::stop_token outer)
    : clock_(clock),
      grace_(grace),
      alarm_(clock.alarm(executor)),
      outer_(std::move(outer), Relay{this}) {}

void StopLater::asked() {
  alarm_->arm(clock_.now() + grace_, [this] { stop_.request_stop(); });
}

}  // namespace aio
