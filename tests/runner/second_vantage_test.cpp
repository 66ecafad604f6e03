// The runner and another vantage over a real socket, with what measures imitated: a link that is
// cut, a vantage that fails, dies, does not come or does not end costs its figures and nothing
// else.
#include "runner/second_vantage.h"

#include <optional>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/clock.h"
#include "aio/file.h"
#include "runner/unix_link.h"
#include "runner/vantage_part.h"
#include "runner/vantage_service.h"

namespace runner {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

/// More than two pieces of records.
constexpr std::size_t kRecords = 60'000;

/// What measures.
struct Measured {
  bool begins = true;
  bool stops = true;
  std::string fails;
  std::string trouble;
  bool ended = false;  // its task is over
  std::optional<base::TimePoint> stopped;

  aio::Task<base::Result<drill::Evidence>> measure(VantageAsk ask, VantageOrders& orders,
                                                   std::stop_token stop) {
    auto out = co_await measuring(std::move(ask), orders, std::move(stop));
    ended = true;
    co_return out;
  }

 private:
  aio::Task<base::Result<drill::Evidence>> measuring(VantageAsk ask, VantageOrders& orders,
                                                     std::stop_token stop) {
    if (!fails.empty()) co_return base::fail(base::Code::Internal, fails);
    if (begins) orders.measuring();
    orders.trouble(trouble);
    const auto cancelled = [] { return base::fail(base::Code::Cancelled, "ended"); };
    if (!co_await orders.stop_writing.wait(stop)) co_return cancelled();
    if (stops) {
      stopped = aio::now();
      orders.stopped();
    }
    if (!co_await orders.finish.wait(stop)) co_return cancelled();
    co_return records_of(ask);
  }

  static drill::Evidence records_of(const VantageAsk& ask) {
    drill::Evidence out;
    out.drill_id = ask.drill;
    out.servers = {"", "a@1"};
    out.server_instances = {"", "a"};
    drill::StreamInfo info;
    info.id = drill::StreamId(1001);
    info.name = "b/orders/W";
    info.probe = ask.key;
    info.interval = base::millis(10);
    info.deadline = base::millis(250);
    out.streams = {info};
    for (std::size_t i = 1; i <= kRecords; ++i) {
      drill::Record record;
      record.stream = info.id;
      record.seq = i;
      // Without a pattern, so that they are long.
      const auto salt = static_cast<std::int64_t>(i * 2654435761U % 1'000'003);
      record.scheduled = record.invoked = base::TimePoint(base::millis(10 * std::int64_t(i)));
      record.completed = record.invoked + base::Duration(salt * 999'983);
      out.records.push_back(record);
    }
    return out;
  }
};

/// A vantage that listens.
struct Vantage {
  Vantage(aio::Clock& clock, const aio::Executor& executor, Measured& measured,
          const std::string& path)
      : service(clock, executor, "pod p on n",
                [&measured](VantageAsk ask, VantageOrders& orders, std::stop_token stop) {
                  return measured.measure(std::move(ask), orders, std::move(stop));
                }),
        listening(executor) {
    listening.spawn(serve_unix(
        path,
        [this](Link& link, std::stop_token stop) { return service.serve(link, std::move(stop)); },
        listening.token()));
  }
  aio::Task<base::Result<>> end() {
    co_await service.stop();
    listening.cancel();
    static_cast<void>(co_await listening.join());
    co_return base::Result<>{};
  }

  VantageService service;
  aio::TaskGroup listening;
};

class SecondVantageTest : public testing::Test {
 protected:
  SecondVantageTest() {
    EXPECT_TRUE(aio::make_dirs(folder).has_value());
    times.answer = base::seconds(2);
    times.again = base::millis(20);
    times.begin = times.stop = times.finish = base::seconds(20);
    start();
  }
  ~SecondVantageTest() override {
    end();
    static_cast<void>(aio::remove_tree(folder));
  }

  void start() { vantage = std::make_unique<Vantage>(clock, executor, measured, path); }
  void end() {
    if (!vantage) return;
    EXPECT_TRUE(aio::run(context, vantage->end()).has_value());
    vantage.reset();
  }
  SecondVantage& second() {
    if (!second_) {
      VantageAsk begin;
      begin.drill = "d";
      begin.key = std::string(32, 'k');
      second_ = std::make_unique<SecondVantage>(
          clock, executor, [this](std::stop_token stop) { return connect_unix(path, stop); }, begin,
          [this](bool bad, const std::string& text) { told.emplace_back(bad, text); }, times);
    }
    return *second_;
  }
  template <class Call>
  void run(Call call) {
    EXPECT_TRUE(aio::run(context, done(call())).has_value());
  }
  static aio::Task<base::Result<bool>> done(aio::Task<> task) {
    co_await std::move(task);
    co_return true;
  }
  /// Lets things go on for a while, or until it holds.
  bool until(const std::function<bool()>& holds) {
    const auto end = clock.now() + base::seconds(20);
    context.restart();
    while (!holds() && clock.now() < end) context.run_for(std::chrono::milliseconds(5));
    return holds();
  }
  /// What the drill's evidence has of it.
  drill::Evidence evidence() {
    drill::Evidence out;
    second().finish();
    run([&] { return second().into(out); });
    EXPECT_EQ(out.vantages.size(), 1U);
    return out;
  }

  aio::SystemClock clock;
  boost::asio::io_context context;
  aio::Executor executor = context.get_executor();
  std::string folder = testing::TempDir() + "muster-vantage-" + std::to_string(::getpid());
  std::string path = folder + "/socket";
  Measured measured;
  std::unique_ptr<Vantage> vantage;
  SecondVantage::Times times;
  std::vector<std::pair<bool, std::string>> told;

 private:
  std::unique_ptr<SecondVantage> second_;
};

TEST_F(SecondVantageTest, ItsRecordsBecomePartOfTheDrill) {
  run([&] { return second().begin({}); });
  run([&] { return second().written({}); });
  const drill::Evidence out = evidence();
  EXPECT_EQ(out.vantages.front().missing, "");
  EXPECT_EQ(out.vantages.front().place, "pod p on n");
  EXPECT_GE(out.vantages.front().exchanges.size(), 4U);
  EXPECT_EQ(out.records.size(), kRecords);
  EXPECT_EQ(out.streams.front().probe, std::string(32, 'k')) << "the key arrived";
  EXPECT_TRUE(vantage->service.left().is_set());
  EXPECT_THAT(told, ElementsAre(Pair(false, "measures: pod p on n")));
}

TEST_F(SecondVantageTest, ALinkThatIsCutIsMadeAnewAndNothingIsMissing) {
  run([&] { return second().begin({}); });
  for (int cut = 0; cut < 3; ++cut) {
    const std::size_t before = told.size();
    // A newer connection ends the one before.
    auto other = aio::run(context, connect_unix(path, {}));
    ASSERT_TRUE(other.has_value());
    ASSERT_TRUE(until([&] { return told.size() >= before + 2; })) << cut;
  }
  run([&] { return second().written({}); });
  const drill::Evidence out = evidence();
  EXPECT_EQ(out.vantages.front().missing, "");
  EXPECT_EQ(out.records.size(), kRecords);
  EXPECT_THAT(told, Contains(Pair(true, HasSubstr("cannot be reached and goes on by itself"))));
  EXPECT_THAT(told, Contains(Pair(false, "is reached again")));
}

TEST_F(SecondVantageTest, OneThatDiesCostsItsFigures) {
  times.stop = base::millis(200);
  run([&] { return second().begin({}); });
  end();
  run([&] { return second().written({}); });
  const drill::Evidence out = evidence();
  EXPECT_THAT(out.vantages.front().missing, HasSubstr("stop writing before the ledger was read"));
  EXPECT_TRUE(out.records.empty());
}

TEST_F(SecondVantageTest, OneThatBeganAnewHasNothingToSay) {
  run([&] { return second().begin({}); });
  end();
  start();
  ASSERT_TRUE(until([&] { return told.back().first && told.size() > 2; }));
  EXPECT_THAT(told.back().second, HasSubstr("began anew"));
  EXPECT_THAT(evidence().vantages.front().missing, HasSubstr("began anew"));
}

TEST_F(SecondVantageTest, OneThatDoesNotComeIsNotWaitedForLong) {
  end();
  times.begin = base::millis(300);
  const base::TimePoint began = clock.now();
  run([&] { return second().begin({}); });
  EXPECT_LT(clock.now() - began, base::seconds(5));
  const drill::Evidence out = evidence();
  EXPECT_THAT(out.vantages.front().missing, HasSubstr("did not begin within"));
  EXPECT_THAT(out.vantages.front().missing, HasSubstr("No such file")) << "and why";
}

TEST_F(SecondVantageTest, OneThatIsLongInBeginningDoesNotCount) {
  measured.begins = false;
  times.begin = base::millis(300);
  run([&] { return second().begin({}); });
  EXPECT_THAT(evidence().vantages.front().missing, HasSubstr("did not begin"));
}

TEST_F(SecondVantageTest, OneThatFailsSaysWhy) {
  measured.fails = "probe 'orders': no such Service";
  run([&] { return second().begin({}); });
  const drill::Evidence out = evidence();
  EXPECT_EQ(out.vantages.front().missing, "probe 'orders': no such Service");
  EXPECT_THAT(told, Contains(Pair(true, HasSubstr("no such Service"))));
}

TEST_F(SecondVantageTest, OneThatGoesOnWritingDoesNotCount) {
  measured.stops = false;
  times.stop = base::millis(300);
  run([&] { return second().begin({}); });
  run([&] { return second().written({}); });
  EXPECT_THAT(evidence().vantages.front().missing, HasSubstr("stop writing"));
}

TEST_F(SecondVantageTest, TheLedgerIsReadSoMuchLaterThatEitherClockShowsIt) {
  times.settle = base::seconds(2);  // a dialogue takes less
  run([&] { return second().begin({}); });
  run([&] { return second().written({}); });
  const base::TimePoint read = clock.now();
  ASSERT_TRUE(measured.stopped.has_value());
  EXPECT_GE(read - *measured.stopped, times.settle);
  EXPECT_EQ(evidence().vantages.front().missing, "");
}

TEST_F(SecondVantageTest, AReadThatIsGivenUpDoesNotCostItsFigures) {
  measured.stops = false;
  run([&] { return second().begin({}); });
  std::stop_source stop;
  stop.request_stop();
  run([&] { return second().written(stop.get_token()); });
  EXPECT_EQ(evidence().vantages.front().missing, "");
}

TEST_F(SecondVantageTest, WhatItsFiguresSufferFromIsTold) {
  measured.trouble = "its ledger cannot be written: disk full";
  run([&] { return second().begin({}); });
  EXPECT_THAT(told, Contains(Pair(true, HasSubstr("disk full"))));
  EXPECT_EQ(evidence().vantages.front().missing, "");
}

TEST_F(SecondVantageTest, ItMeasuresOnWithoutALinkAndEndsWhenItIsEnded) {
  times.finish = base::millis(200);
  run([&] { return second().begin({}); });
  EXPECT_FALSE(measured.ended);
  end();
  EXPECT_TRUE(measured.ended);
  EXPECT_THAT(evidence().vantages.front().missing, HasSubstr("did not come"));
}

}  // namespace
}  // namespace runner
