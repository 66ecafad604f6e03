#include "kube/controller.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "aio/event.h"
#include "aio/task_group.h"

namespace kube {

namespace {

constexpr base::Duration kAskReadyFirst = base::millis(1), kAskReadyMost = base::millis(20);

}  // namespace

const char* name(ReconcileResult result) {
  switch (result) {
    case ReconcileResult::Success: return "success";
    case ReconcileResult::RequeueAfter: return "requeue_after";
    case ReconcileResult::Error: return "error";
    case ReconcileResult::Terminal: return "terminal";
  }
  return "";
}

class Controller::Driver {
 public:
  Driver(aio::Clock& clock, ControllerOptions options, Reconcile reconcile, Controller& owner)
      : clock_(clock),
        options_(std::move(options)),
        reconcile_(std::move(reconcile)),
        owner_(owner),
        queue_(options_.queue) {}

  void add(const Key& key, int priority) {
    queue_.add(key, clock_.now(), priority);
    wake();
  }
  void add_after(const Key& key, base::Duration delay) {
    queue_.add_after(key, delay, clock_.now());
    wake();
  }

  aio::Task<base::Result<>> run(std::stop_token stop) {
    const aio::Executor executor = co_await boost::asio::this_coro::executor;
    work_.emplace(executor, aio::Event::Mode::Auto);
    const auto alarm = clock_.alarm(executor);
    if (!co_await until_ready(*alarm, stop)) {
      work_.reset();
      co_return base::Result<>{};
    }
    aio::TaskGroup group(executor, stop);
    do {
      while (queue_.out() < options_.workers && !stop.stop_requested()) {
        const auto taken = queue_.take(clock_.now());
        if (!taken) break;
        group.spawn(reconcile(*taken, group.token()));
      }
      // With every worker busy the next look is when one has ended.
      if (queue_.out() < options_.workers) {
        alarm->arm(queue_.next_due(), [this] { wake(); });
      } else {
        alarm->disarm();
      }
    } while (co_await work_->wait(stop));
    alarm->disarm();
    group.cancel();
    static_cast<void>(co_await group.join());
    work_.reset();
    co_return base::Result<>{};
  }

  const ControllerOptions& options() const { return options_; }
  const WorkQueue& queue() const { return queue_; }

 private:
  void wake() {
    if (work_) work_->set();
  }

  /// Whoever adds a key has just changed a copy, which may have been the last that was waited for;
  /// a copy of nothing adds none. Cancellation: false.
  aio::Task<bool> until_ready(aio::Alarm& alarm, std::stop_token stop) {
    base::Duration pause = kAskReadyFirst;
    while (options_.ready && !options_.ready()) {
      alarm.arm(clock_.now() + pause, [this] { wake(); });
      if (!co_await work_->wait(stop)) co_return false;
      pause = std::min(pause * 2, kAskReadyMost);
    }
    co_return true;
  }

  aio::Task<base::Result<>> reconcile(WorkQueue::Taken taken, std::stop_token stop) {
    const std::uint64_t number = ++reconciles_;
    const auto outcome = co_await reconcile_(taken.key, stop);
    const base::TimePoint now = clock_.now();
    ReconcileResult result = ReconcileResult::Success;
    if (outcome) {
      queue_.forget(taken.key);
      if (outcome->again > base::Duration::zero()) {
        result = ReconcileResult::RequeueAfter;
        queue_.add_after(taken.key, outcome->again, now, taken.priority);
      }
    } else {
      result = failed(taken, outcome.error(), now, stop.stop_requested());
    }
    const base::Duration took = queue_.done(taken.key, now);
    if (owner_.on_reconciled) {
      owner_.on_reconciled(
          {taken.key, number, result, taken.waited, took, outcome ? nullptr : &outcome.error()});
    }
    wake();
    co_return base::Result<>{};
  }

  ReconcileResult failed(const WorkQueue::Taken& taken, const base::Error& error,
                         base::TimePoint now, bool stopped) {
    // What was told to stop did not fail: the key waits for the next run.
    if (error.code == base::Code::Cancelled && stopped) {
      queue_.add(taken.key, now, taken.priority);
      return ReconcileResult::Error;
    }
    switch (error.code == base::Code::Cancelled ? base::Retry::Backoff : error.retry) {
      case base::Retry::Terminal: queue_.forget(taken.key); return ReconcileResult::Terminal;
      case base::Retry::Backoff: queue_.add_failed(taken.key, now, taken.priority); break;
      case base::Retry::After: queue_.add_after(taken.key, error.after, now, taken.priority); break;
    }
    return ReconcileResult::Error;
  }

  aio::Clock& clock_;
  ControllerOptions options_;
  Reconcile reconcile_;
  Controller& owner_;
  WorkQueue queue_;
  std::uint64_t reconciles_ = 0;    // that began
  std::optional<aio::Event> work_;  // while run() runs: something may be due
};

Controller::Controller(aio::Clock& clock, ControllerOptions options, Reconcile reconcile)
    : driver_(std::make_unique<Driver>(clock, std::move(options), std::move(reconcile), *this)) {}
Controller::~Controller() = default;

void Controller::add(const Key& key, News what) {
  driver_->add(key, what == News::Relisted ? WorkQueue::kRelisted : 0);
}

void Controller::add_after(const Key& key, base::Duration delay) {
  driver_->add_after(key, delay);
}

aio::Task<base::Result<>> Controller::run(std::stop_token stop) {
  return driver_->run(std::move(stop));
}

const ControllerOptions& Controller::options() const {
  return driver_->options();
}

const WorkQueue& Controller::queue() const {
  return driver_->queue();
}

}  // namespace kube
