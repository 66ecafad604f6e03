#include "sim/processes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "aio/task_group.h"
#include "base/check.h"

namespace sim {

/// Its operations can be ended before the objects that they are of.
class Process::Context : public aio::asio::io_context {
 public:
  Context() : io_context(1) {}
  void end_all() { shutdown(); }
};

class Process::VirtualClock final : public aio::Clock {
 public:
  explicit VirtualClock(Process& process) : process_(process) {}
  base::TimePoint now() const override { return process_.machine_.now(); }
  base::WallTime wall_now() const override { return process_.machine_.wall_now(); }
  std::unique_ptr<aio::Alarm> alarm(const aio::Executor&) override {
    return std::make_unique<VirtualAlarm>(process_);
  }

 private:
  class VirtualAlarm final : public aio::Alarm {
   public:
    explicit VirtualAlarm(Process& process) : process_(process) {}
    ~VirtualAlarm() override { disarm(); }
    void arm(base::TimePoint when, std::function<void()> ring) override {
      disarm();
      if (when == base::kNever) return;
      state_ = std::make_shared<std::function<void()>>(std::move(ring));
      const base::TimePoint at = std::max(when, process_.machine_.now());
      process_.machine_.at(at, &process_, [state = std::weak_ptr(state_)] {
        const auto armed = state.lock();
        if (armed && *armed) std::exchange(*armed, nullptr)();
      });
    }
    void disarm() override { state_.reset(); }

   private:
    Process& process_;
    std::shared_ptr<std::function<void()>> state_;
  };

  Process& process_;
};

Process::Process(Machine& machine, std::string name)
    : machine_(machine),
      name_(std::move(name)),
      context_(std::make_unique<Context>()),
      clock_(std::make_unique<VirtualClock>(*this)) {}

Process::~Process() {
  destroy();
}

aio::Clock& Process::clock() {
  return *clock_;
}

aio::Executor Process::executor() {
  return context_->get_executor();
}

namespace {

aio::Task<> keep(aio::Task<base::Result<bool>> task, std::optional<base::Result<bool>>& out) {
  out = co_await std::move(task);
}

}  // namespace

void Process::run(std::shared_ptr<void> program, aio::Task<base::Result<bool>> task,
                  std::function<void(const base::Result<bool>&)> ended) {
  program_ = std::move(program);
  auto outcome = std::make_shared<std::optional<base::Result<bool>>>();
  const auto done = [this, outcome, ended = std::move(ended)](const std::exception_ptr& error) {
    CHECK(!error);
    if (!alive_) return;
    machine_.after({}, nullptr, [outcome, ended] {
      if (ended) ended(**outcome);
    });
    kill();
  };
  aio::asio::co_spawn(*context_, keep(std::move(task), *outcome), done);
  machine_.after({}, this, [] {});
}

void Process::kill() {
  if (!alive_) return;
  alive_ = false;
  late_.clear();
  machine_.dying_.push_back(this);
  if (died_) machine_.after({}, nullptr, std::exchange(died_, nullptr));
}

void Process::stand_still(base::Duration length) {
  still_until_ = std::max(still_until_, machine_.now() + length);
  // Somebody may wait for that.
  machine_.at(still_until_, nullptr, [] {});
}

void Process::poll() {
  context_->restart();
  context_->poll();
}

/// The order matters: operations hold frames of coroutines, which use the program, which holds
/// timers of the context.
void Process::destroy() {
  if (!context_) return;
  const aio::KilledTasks killed;
  context_->end_all();
  program_.reset();
  context_.reset();
}

Machine::Machine() = default;

Machine::~Machine() {
  end_all();
}

void Machine::end_all() {
  for (const auto& process : processes_) {
    process->alive_ = false;
    process->destroy();
  }
}

Process& Machine::make(std::string name) {
  processes_.push_back(std::unique_ptr<Process>(new Process(*this, std::move(name))));
  return *processes_.back();
}

void Machine::at(base::TimePoint when, Process* process, std::function<void()> what) {
  const base::Duration delay = std::max(when - now(), base::Duration{});
  if (process == nullptr) {
    queue_.after(delay, std::move(what));
    return;
  }
  queue_.after(delay, [this, process, what = std::move(what)]() mutable {
    call(*process, std::move(what));
  });
}

void Machine::call(Process& process, std::function<void()> what) {
  if (!process.alive_) return;
  if (process.busy_ || process.stands_still()) {
    process.late_.push_back(std::move(what));
    if (process.busy_ || std::exchange(process.waking_, true)) return;
    queue_.after(process.still_until_ - now(), [this, &process] {
      process.waking_ = false;
      call(process, [] {});
    });
    return;
  }
  process.busy_ = true;
  ++depth_;
  // What came first while it could not run goes first.
  process.late_.push_back(std::move(what));
  while (process.alive_ && !process.late_.empty() && !process.stands_still()) {
    const auto next = std::move(process.late_.front());
    process.late_.pop_front();
    next();
    if (process.alive_) process.poll();
  }
  --depth_;
  process.busy_ = false;
  if (process.alive_ && !process.late_.empty()) {
    // It stands still since a moment ago.
    call(process, [] {});
  }
}

void Machine::bury() {
  if (depth_ > 0) return;
  for (Process* dead : std::exchange(dying_, {})) dead->destroy();
}

bool Machine::step(base::TimePoint until) {
  if (queue_.empty() || queue_.next_at() + kBegin > until) return false;
  queue_.run_one();
  bury();
  return true;
}

bool Machine::run_until(const std::function<bool()>& condition, base::TimePoint until) {
  while (!condition()) {
    if (!step(until)) return false;
  }
  return true;
}

}  // namespace sim
