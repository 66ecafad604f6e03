// The measuring side of another vantage: answers whoever is connected, and measures from Begin to
// Finish whether anybody is connected or not. It measures once; a process that is to measure for
// another drill is another process.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/task_group.h"
#include "drill/evidence.h"
#include "runner/instrument.h"
#include "runner/link.h"
#include "runner/vantage_words.h"

namespace runner {

/// What the runner asks of what measures, and what that tells. Thread: the executor's.
class VantageOrders {
 public:
  explicit VantageOrders(const aio::Executor& executor)
      : stop_writing(executor), finish(executor) {}

  aio::Event stop_writing;
  aio::Event finish;

  void measuring();
  void stopped();
  /// What its figures suffer from.
  void trouble(std::string what) { why_ = std::move(what); }

 private:
  friend class VantageService;
  VantageState state_ = VantageState::Idle;
  std::string why_;
};

class VantageService {
 public:
  /// Measures until it is asked to finish. Errors: why there are no records.
  using Measure = std::function<aio::Task<base::Result<drill::Evidence>>(VantageAsk, VantageOrders&,
                                                                         std::stop_token)>;

  /// Lifetime: the clock outlives it.
  VantageService(aio::Clock& clock, const aio::Executor& executor, std::string place,
                 Measure measure);

  VantageAnswer answer(const VantageAsk& ask);
  /// Answers until the link ends.
  aio::Task<> serve(Link& link, std::stop_token stop);
  /// The records were received: there is nothing left to do.
  aio::Event& left() { return left_; }
  /// Ends what measures, and waits for its end; then it may go.
  aio::Task<> stop();

 private:
  void begin(const VantageAsk& ask);
  aio::Task<base::Result<>> measure(VantageAsk ask, std::stop_token stop);

  aio::Clock& clock_;
  std::string place_, run_;
  Measure measure_;
  VantageOrders orders_;
  aio::Event left_;
  aio::TaskGroup measuring_;
  std::string records_;
};

/// Measures with an Instrument in the seat of this vantage, as an order says.
/// Cancellation: Cancelled with what it had measured by then, and nothing measures any more.
aio::Task<base::Result<drill::Evidence>> measure_by(Instrument& instrument, std::string drill_id,
                                                    VantageOrders& orders, std::stop_token stop);

}  // namespace runner
