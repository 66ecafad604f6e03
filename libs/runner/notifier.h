// Tells others of a drill (spec.notifications): a program that reads the message on its stdin, or
// an address that it is sent to. A drill never waits for it: tell() only starts a delivery,
// deliveries run beside everything else, each with its own time limits, and one that fails in all
// its tries is a problem that is said and not an error. Nobody is told twice of what was delivered;
// a receiver whose answer was lost may be, which is why the message names drill and moment.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "api/recovery_plan.h"
#include "base/backoff.h"
#include "report/notification.h"

namespace runner {

class Notifier {
 public:
  struct Options {
    std::vector<api::Notification> notifications;
    std::string directory;  // where programs run
    int tries = 3;
    base::BackoffPolicy backoff{base::seconds(1), base::seconds(10), 2.0, 0.5};
    std::uint64_t seed = 0;
  };
  using Failed = std::function<void(const std::string& problem)>;

  Notifier(aio::Clock& clock, const aio::Executor& executor, Options options);

  /// Starts the deliveries of the message to all who want this moment.
  void tell(const report::NotificationMessage& message);
  /// Called with each delivery that failed for good; nobody, when empty.
  void on_failure(Failed failed) { failed_ = std::move(failed); }
  /// Waits for the deliveries that are under way; what is not done in time is given up.
  /// Returns every problem there was. Must have been called before it is destroyed.
  aio::Task<std::vector<std::string>> finish(base::Duration within, std::stop_token stop);

 private:
  aio::Task<base::Result<>> deliver(const api::Notification& to, report::Moment moment,
                                    std::string payload, std::stop_token stop);
  aio::Task<base::Result<>> attempt(const api::Notification& to, const std::string& payload,
                                    std::stop_token stop);
  void failed(const std::string& problem);

  aio::Clock& clock_;
  aio::Executor executor_;
  Options options_;
  base::Random random_;
  aio::TaskGroup deliveries_;
  Failed failed_;
  std::vector<std::string> problems_;
};

}  // namespace runner
