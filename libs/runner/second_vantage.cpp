#include "runner/second_vantage.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "drill/vantage.h"
#include "runner/vantage_part.h"

namespace runner {

namespace {
constexpr base::Duration kClocksMax = base::seconds(2);  // more is no clock that is known
}  // namespace

SecondVantage::SecondVantage(aio::Clock& clock, const aio::Executor& executor, Connect connect,
                             VantageAsk begin, Tell tell, Times times)
    : clock_(clock),
      executor_(executor),
      connect_(std::move(connect)),
      drill_(begin.drill),
      vantage_(begin.vantage),
      dialog_(std::move(begin)),
      tell_(std::move(tell)),
      times_(times),
      changed_(executor),
      news_(executor, aio::Event::Mode::Auto),
      group_(executor) {}

// --- the link ---

aio::Task<base::Result<>> SecondVantage::run(std::stop_token stop) {
  while (!done() && !stop.stop_requested()) {
    aio::Deadline limit(clock_, executor_, clock_.now() + times_.answer, stop);
    auto link = co_await connect_(limit.token());
    base::Result<> talked = tl::unexpected(link ? base::Error{} : link.error());
    if (link) {
      talked = co_await talk(**link, stop);
      aio::Deadline closing(clock_, executor_, clock_.now() + times_.again, stop);
      co_await (*link)->close(closing.token());
    }
    if (talked || stop.stop_requested()) break;
    broken(talked.error().message);
    co_await aio::wait_for(clock_, times_.again, stop);
  }
  changed_.set();
  co_return base::Result<>{};
}

/// Until there is nothing left to say.
aio::Task<base::Result<>> SecondVantage::talk(Link& link, std::stop_token stop) {
  LinkLines lines(link, kVantageLineMax);
  while (!done()) {
    CO_TRY(co_await ask(link, lines, stop));
    note();
    changed_.set();
    const base::Duration pause = dialog_.pause();
    if (pause == base::Duration{}) continue;
    aio::Deadline next(clock_, executor_, clock_.now() + pause, stop);
    co_await news_.wait(next.token());
    if (stop.stop_requested()) co_return base::fail(base::Code::Cancelled, "the link");
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> SecondVantage::ask(Link& link, LinkLines& lines, std::stop_token stop) {
  aio::Deadline limit(clock_, executor_, clock_.now() + times_.answer, std::move(stop));
  std::string question = to_line(dialog_.next());
  const base::TimePoint asked = clock_.now();
  CO_TRY(co_await link.write(std::move(question), limit.token()));
  const auto line = co_await lines.next(limit.token());
  const base::TimePoint answered = clock_.now();
  if (!line && limit.expired()) {
    co_return tl::unexpected(limit.error("a question", line.error().message));
  }
  if (!line) co_return tl::unexpected(line.error());
  CO_TRY(auto answer, parse_vantage_answer(*line));
  co_return dialog_.heard(std::move(answer), asked, answered);
}

// --- what people are told ---

void SecondVantage::note() {
  if (!dialog_.lost().empty()) {
    if (!std::exchange(told_lost_, true)) tell_(true, "has no figures: " + dialog_.lost());
    return;
  }
  if (!std::exchange(unreachable_, {}).empty() && told_place_) tell_(false, "is reached again");
  if (dialog_.has(Goal::Measuring) && !std::exchange(told_place_, true)) {
    tell_(false, "measures" + (dialog_.place().empty() ? "" : ": " + dialog_.place()));
  }
  if (dialog_.trouble() != trouble_) {
    trouble_ = dialog_.trouble();
    if (!trouble_.empty()) tell_(true, trouble_);
  }
}

void SecondVantage::broken(const std::string& why) {
  // Once its records are here it may go.
  if (unreachable_.empty() && told_place_ && !dialog_.has(Goal::Received)) {
    tell_(true, "cannot be reached and goes on by itself: " + why);
  }
  unreachable_ = why;
}

// --- what the drill asks ---

void SecondVantage::want(Goal goal) {
  dialog_.want(goal);
  news_.set();
}

void SecondVantage::lose(const std::string& why) {
  dialog_.lose(unreachable_.empty() ? why : why + "; " + unreachable_);
  note();
  news_.set();
}

aio::Task<bool> SecondVantage::reach(Goal goal, base::TimePoint until, std::stop_token stop) {
  want(goal);
  aio::Deadline limit(clock_, executor_, until, std::move(stop));
  while (dialog_.lost().empty() && !dialog_.has(goal)) {
    changed_.reset();
    if (!co_await changed_.wait(limit.token())) break;
  }
  co_return dialog_.has(goal);
}

aio::Task<> SecondVantage::begin(std::stop_token stop) {
  group_.spawn(run(group_.token()));
  const base::TimePoint until = clock_.now() + times_.begin;
  if (co_await reach(Goal::Measuring, until, std::move(stop))) co_return;
  lose(fmt::format("it did not begin within {}", base::human(times_.begin)));
}

void SecondVantage::stop_writing() {
  asked_to_stop_ = std::min(asked_to_stop_, clock_.now());
  want(Goal::Stopped);
}

aio::Task<> SecondVantage::written(std::stop_token stop) {
  stop_writing();
  // What it writes while the table is read could be taken for lost.
  if (co_await reach(Goal::Stopped, asked_to_stop_ + times_.stop, stop)) {
    static_cast<void>(co_await aio::wait_for(clock_, settling(), stop));
    co_return;
  }
  if (stop.stop_requested()) co_return;  // the table is not read
  lose("it could not be made to stop writing before the ledger was read");
}

base::Duration SecondVantage::settling() const {
  const std::vector<drill::ClockExchange>& all = dialog_.exchanges();
  if (all.empty()) return times_.settle;
  const drill::ClockFit fit = drill::fit_clock(all, all.front().theirs, all.back().theirs);
  return times_.settle + std::min(2 * fit.uncertainty, kClocksMax);
}

void SecondVantage::finish() {
  want(Goal::Received);
}

aio::Task<> SecondVantage::into(drill::Evidence& evidence) {
  const base::TimePoint until = clock_.now() + times_.finish;
  const bool received = co_await reach(Goal::Received, until, {});
  // Whether it hears that is of no account: it sees the drill's end.
  if (received) co_await reach(Goal::Left, clock_.now() + times_.again, {});
  group_.cancel();
  static_cast<void>(co_await group_.join());
  drill::Evidence part;
  if (!received) {
    lose("its records did not come within " + base::human(times_.finish));
  } else if (auto unpacked = unpack_part(dialog_.bytes(), drill_, vantage_)) {
    part = std::move(*unpacked);
  } else {
    lose(unpacked.error().message);
  }
  join_part(evidence, std::move(part), {dialog_.place(), dialog_.lost(), dialog_.exchanges()});
}

}  // namespace runner
