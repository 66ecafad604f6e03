// Events, groups, deadlines and waiting, in virtual time: nothing in here waits for a clock.
#include <vector>

#include <gtest/gtest.h>

#include "aio/deadline.h"
#include "aio/event.h"
#include "aio/task_group.h"
#include "virtual_clock.h"

namespace aio {
namespace {

using base::Code;
using base::fail;
using base::Result;
using base::seconds;

Task<Result<>> count_when(Event& event, int& count, std::stop_token stop) {
  if (!co_await event.wait(stop)) {
    co_return fail(Code::Cancelled, "stopped");
  }
  ++count;
  co_return Result<>{};
}

Task<Result<>> fail_when(Event& event, Code code, std::stop_token stop) {
  co_await event.wait(stop);
  co_return fail(code, "asked to fail");
}

Task<Result<bool>> wait_in(Clock& clock, base::Duration length, std::stop_token stop) {
  co_return co_await wait_for(clock, length, stop);
}

struct Loop {
  asio::io_context context;
  Executor executor{context.get_executor()};
  VirtualClock clock;

  void settle() {
    context.restart();
    while (context.poll() > 0) {
    }
  }
  /// Starts a task and gives its result once it has ended.
  template <class T>
  std::shared_ptr<std::optional<Result<T>>> start(Task<Result<T>> task) {
    auto slot = std::make_shared<std::optional<Result<T>>>();
    asio::co_spawn(context, std::move(task), [slot](std::exception_ptr, Result<T> value) {
      slot->emplace(std::move(value));
    });
    settle();
    return slot;
  }
};

TEST(Event, ManualWakesEveryWaiterAndStaysSet) {
  Loop loop;
  Event event(loop.executor);
  int count = 0;
  TaskGroup group(loop.executor);
  group.spawn(count_when(event, count, {}));
  group.spawn(count_when(event, count, {}));
  loop.settle();
  EXPECT_EQ(count, 0);
  event.set();
  loop.settle();
  EXPECT_EQ(count, 2);
  group.spawn(count_when(event, count, {}));
  loop.settle();
  EXPECT_EQ(count, 3);
}

TEST(Event, AutoWakesOneWaiterPerSet) {
  Loop loop;
  Event event(loop.executor, Event::Mode::Auto);
  int count = 0;
  TaskGroup group(loop.executor);
  event.set();  // before any wait: not lost
  group.spawn(count_when(event, count, group.token()));
  group.spawn(count_when(event, count, group.token()));
  loop.settle();
  EXPECT_EQ(count, 1);
  event.set();
  loop.settle();
  EXPECT_EQ(count, 2);
}

TEST(Event, StopEndsOnlyTheWaiterItBelongsTo) {
  Loop loop;
  Event event(loop.executor);
  int count = 0;
  std::stop_source one;
  TaskGroup group(loop.executor);
  group.spawn(count_when(event, count, one.get_token()));
  group.spawn(count_when(event, count, {}));
  loop.settle();
  one.request_stop();
  loop.settle();
  EXPECT_EQ(group.running(), 1U);
  event.set();
  loop.settle();
  EXPECT_EQ(count, 1);
}

TEST(TaskGroup, FirstErrorStopsTheOthersAndIsReturned) {
  Loop loop;
  Event go(loop.executor);
  Event never(loop.executor);
  int count = 0;
  TaskGroup group(loop.executor);
  group.spawn(count_when(never, count, group.token()));
  group.spawn(fail_when(go, Code::DataLoss, group.token()));
  group.spawn(fail_when(never, Code::Internal, group.token()));  // later: not the one returned
  const auto joined = loop.start(group.join());
  EXPECT_FALSE(joined->has_value());
  go.set();
  loop.settle();
  ASSERT_TRUE(joined->has_value());
  ASSERT_FALSE((*joined)->has_value());
  EXPECT_EQ((*joined)->error().code, Code::DataLoss);
  EXPECT_EQ(group.running(), 0U);
  EXPECT_EQ(count, 0);
}

TEST(TaskGroup, BeingCancelledIsNoError) {
  Loop loop;
  Event never(loop.executor);
  int count = 0;
  std::stop_source outer;
  TaskGroup group(loop.executor, outer.get_token());
  group.spawn(count_when(never, count, group.token()));
  const auto joined = loop.start(group.join());
  outer.request_stop();
  loop.settle();
  ASSERT_TRUE(joined->has_value());
  EXPECT_TRUE((*joined)->has_value());
}

TEST(Clock, WaitEndsWhenItsTimeComesOrWhenStopped) {
  Loop loop;
  const auto whole = loop.start(wait_in(loop.clock, seconds(5), {}));
  std::stop_source source;
  const auto cut = loop.start(wait_in(loop.clock, seconds(5), source.get_token()));
  loop.clock.advance(seconds(4));
  source.request_stop();
  loop.settle();
  EXPECT_FALSE(whole->has_value());
  ASSERT_TRUE(cut->has_value());
  EXPECT_FALSE((*cut)->value());
  loop.clock.advance(seconds(1));
  loop.settle();
  ASSERT_TRUE(whole->has_value());
  EXPECT_TRUE((*whole)->value());
  EXPECT_EQ(loop.clock.armed(), 0U);
}

TEST(Clock, SystemAlarmRingsOnceAndNotWhenDisarmed) {
  asio::io_context context;
  SystemClock clock;
  int rings = 0;
  const auto alarm = clock.alarm(context.get_executor());
  const auto dropped = clock.alarm(context.get_executor());
  alarm->arm(clock.now(), [&] { rings += 100; });
  alarm->arm(clock.now() + base::millis(1), [&] { ++rings; });  // replaces the first
  dropped->arm(clock.now(), [&] { rings += 1000; });
  dropped->disarm();
  context.run();
  EXPECT_EQ(rings, 1);
}

Task<Result<int>> answer_when(Event& event, std::stop_token stop) {
  if (!co_await event.wait(stop)) {
    co_return fail(Code::Cancelled, "stopped");
  }
  co_return 42;
}

Task<Result<int>> ask(Loop& loop, Event& event, std::stop_token stop) {
  return with_deadline(loop.clock, loop.clock.now() + seconds(5), stop, "ask the standby",
                       [&event](std::stop_token token) { return answer_when(event, token); });
}

TEST(Deadline, PassesTheAnswerOn) {
  Loop loop;
  Event event(loop.executor);
  const auto asked = loop.start(ask(loop, event, {}));
  loop.clock.advance(seconds(4));
  event.set();
  loop.settle();
  EXPECT_EQ((*asked)->value(), 42);
  EXPECT_EQ(loop.clock.armed(), 0U);
}

TEST(Deadline, NamesWhatTookTooLong) {
  Loop loop;
  Event event(loop.executor);
  const auto asked = loop.start(ask(loop, event, {}));
  loop.clock.advance(seconds(5));
  loop.settle();
  ASSERT_TRUE(asked->has_value());
  EXPECT_EQ((*asked)->error().code, Code::DeadlineExceeded);
  EXPECT_EQ((*asked)->error().message, "ask the standby: no answer within 5.00 s; stopped");
}

TEST(Deadline, AnOuterStopStaysACancellation) {
  Loop loop;
  Event event(loop.executor);
  std::stop_source source;
  const auto asked = loop.start(ask(loop, event, source.get_token()));
  source.request_stop();
  loop.settle();
  EXPECT_EQ((*asked)->error().code, Code::Cancelled);
}

}  // namespace
}  // namespace aio
