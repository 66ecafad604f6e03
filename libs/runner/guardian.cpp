#include "runner/guardian.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <unistd.h>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/entropy.h"
#include "aio/file.h"
#include "base/backoff.h"
#include "base/random.h"

namespace runner {
namespace {

constexpr base::Duration kBeat = base::seconds(1);
constexpr base::Duration kStartWithin = base::seconds(10);
constexpr base::Duration kLeaveWithin = base::seconds(5);
constexpr const char* kReady = "standing by";
constexpr const char* kAlive = "alive";
constexpr const char* kDone = "done";

using Pipe = boost::asio::posix::stream_descriptor;

void log(aio::Clock& clock, const std::string& text) {
  // Nobody may be there to read it, and a full disk must not keep the guardian from its work.
  static_cast<void>(
      std::fputs(fmt::format("{} {}\n", base::rfc3339(clock.wall_now()), text).c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

/// What the drill says, until it is gone, was silent for too long, or sent the guardian away.
class Lifeline {
 public:
  Lifeline(aio::Clock& clock, const aio::Executor& executor, int descriptor)
      : clock_(clock), pipe_(executor, ::dup(descriptor)), heard_(clock.now()) {}

  /// Waits for the next word, at most `patience`.
  aio::Task<void> listen(base::Duration patience) {
    aio::Deadline limit(clock_, co_await boost::asio::this_coro::executor, clock_.now() + patience,
                        {});
    const std::stop_callback wake(limit.token(), [this] { pipe_.cancel(); });
    std::array<char, 256> chunk{};
    boost::system::error_code error;
    const std::size_t got = co_await pipe_.async_read_some(
        boost::asio::buffer(chunk), boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) {
      closed_ = !limit.expired();
      co_return;
    }
    heard_ = clock_.now();
    text_.append(chunk.data(), got);
    dismissed_ = dismissed_ || text_.find(kDone) != std::string::npos;
    text_.erase(0, text_.size() - std::min(text_.size(), std::size_t{8}));  // of a word cut in two
  }

  GuardianView view(bool ended) const {
    return {closed_, dismissed_, ended, clock_.now() - heard_};
  }

 private:
  aio::Clock& clock_;
  Pipe pipe_;
  std::string text_;
  base::TimePoint heard_;
  bool closed_ = false;
  bool dismissed_ = false;
};

aio::Task<base::Result<>> recover_until_whole(aio::Clock& clock, aio::Executor executor,
                                              const StateDir& state, DrillDir dir,
                                              base::Duration give_up_after) {
  const base::TimePoint until = clock.now() + give_up_after;
  base::Backoff backoff({base::seconds(1), base::seconds(30), 2.0, 0.5});
  base::Random random(aio::seed());
  while (true) {
    const auto recovered = co_await recover(clock, executor, state, dir, kGuardianName);
    if (recovered && recovered->whole) {
      log(clock, "everything is undone: " + recovered->detail);
      co_return base::Result<>{};
    }
    const std::string why = recovered ? recovered->detail : recovered.error().message;
    const base::Duration pause = backoff.next(random);
    if (clock.now() + pause > until) {
      log(clock, "NOT whole, giving up: " + why);
      co_return base::fail(base::Code::DeadlineExceeded, "not undone: " + why);
    }
    log(clock, fmt::format("not whole yet, next try in {}: {}", base::human(pause), why));
    static_cast<void>(co_await aio::wait_for(clock, pause, {}));
  }
}

}  // namespace

GuardianTurn turn_of(const GuardianView& view, base::Duration silence_max) {
  if (view.dismissed || view.ended) return GuardianTurn::Leave;
  if (view.closed) return GuardianTurn::Recover;
  const bool silent = silence_max > base::Duration::zero() && view.silence >= silence_max;
  return silent ? GuardianTurn::KillAndRecover : GuardianTurn::Wait;
}

// --- the drill's side ---

Guardian::Guardian(aio::Clock& clock, StateDir state, DrillDir dir, Limits limits, aio::Child child)
    : clock_(&clock),
      state_(std::move(state)),
      dir_(std::move(dir)),
      limits_(limits),
      child_(std::move(child)) {}

aio::Task<base::Result<aio::Child>> Guardian::spawn(aio::Clock& clock, const StateDir& state,
                                                    const DrillDir& dir, Limits limits,
                                                    std::stop_token stop) {
  aio::Command command;
  command.argv = {aio::own_program(),  "guardian",
                  "--state-dir",       state.root(),
                  "--drill",           dir.id(),
                  "--drill-pid",       std::to_string(::getpid()),
                  "--silence-seconds", std::to_string(limits.silence_max / base::seconds(1))};
  const auto executor = co_await boost::asio::this_coro::executor;
  CO_TRY(aio::Child child, aio::Child::spawn(executor, command, {"", dir.guardian_log(), true}));
  aio::Deadline limit(clock, executor, clock.now() + kStartWithin, std::move(stop));
  CO_TRY(const std::string word, co_await child.read_line(limit.token()));
  if (word != kReady) co_return base::fail(base::Code::Internal, "the guardian said: " + word);
  // For people and for tests: who has to be killed too when nothing shall be undone by itself.
  CO_TRY(aio::write_file_atomic(dir.guardian_pid(), std::to_string(child.pid()) + "\n"));
  co_return child;
}

aio::Task<base::Result<Guardian>> Guardian::start(aio::Clock& clock, const StateDir& state,
                                                  DrillDir dir, Limits limits,
                                                  std::stop_token stop) {
  auto child = co_await spawn(clock, state, dir, limits, std::move(stop));
  if (!child) co_return tl::unexpected(child.error().with("the drill's guardian did not start"));
  co_return Guardian(clock, state, std::move(dir), limits, std::move(*child));
}

aio::Task<base::Result<>> Guardian::keep(std::stop_token stop) {
  while (co_await aio::wait_for(*clock_, kBeat, stop)) {
    const auto told = child_.write_line(kAlive);
    // Unavailable: nobody has the other end. A pipe that is merely full is a guardian that was
    // stopped for a while: it will find the words.
    if (told || told.error().code != base::Code::Unavailable) continue;
    log(*clock_, "the drill's guardian died: starting another");
    CO_TRY(child_, co_await spawn(*clock_, state_, dir_, limits_, stop));
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> Guardian::dismiss() {
  static_cast<void>(child_.write_line(kDone));
  aio::Deadline limit(*clock_, co_await boost::asio::this_coro::executor,
                      clock_->now() + kLeaveWithin, {});
  CO_TRY(co_await child_.wait(limit.token()));
  co_return base::Result<>{};
}

// --- the guardian's side ---

aio::Task<base::Result<>> stand_guard(aio::Clock& clock, aio::Executor executor,
                                      const StateDir& state, GuardianOptions options) {
  CO_TRY(const DrillDir dir, state.find(options.drill));
  Lifeline lifeline(clock, executor, options.lifeline);
  std::puts(kReady);
  std::fflush(stdout);
  GuardianTurn turn = GuardianTurn::Wait;
  while (turn == GuardianTurn::Wait) {
    co_await lifeline.listen(kBeat);
    turn = turn_of(lifeline.view(aio::file_exists(dir.ended())), options.silence_max);
  }
  if (turn == GuardianTurn::Leave) co_return base::Result<>{};
  if (turn == GuardianTurn::KillAndRecover) {
    log(clock, fmt::format("drill {} (pid {}) said nothing for {}: killing it", dir.id(),
                           options.drill_pid, base::human(options.silence_max)));
    ::kill(options.drill_pid, SIGKILL);
  } else {
    log(clock, fmt::format("drill {} died: undoing everything", dir.id()));
  }
  co_return co_await recover_until_whole(clock, executor, state, dir, options.give_up_after);
}

}  // namespace runner
