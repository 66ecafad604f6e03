#include "runner/record_sink.h"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace runner {
namespace {

base::Error disk_full() {
  return {base::Code::ResourceExhausted, "no space left"};
}

TEST(RecordSink, TellsTheFirstLedgerErrorOnceAndOnTheExecutor) {
  boost::asio::io_context context;
  RecordSink sink;
  std::vector<std::string> told;
  sink.notify(context.get_executor(),
              [&](const base::Error& error) { told.push_back(error.message); }, {});
  std::thread([&] {
    sink.on_ledger_error(disk_full());
    sink.on_ledger_error({base::Code::Internal, "and another"});
  }).join();
  EXPECT_TRUE(told.empty()) << "told on the prober's thread";
  context.run();
  EXPECT_EQ(told, std::vector<std::string>{"no space left"});
}

TEST(RecordSink, AnErrorThatArrivesAfterTheSinkIsGoneReachesNobody) {
  boost::asio::io_context context;
  bool told = false;
  {
    // What the callback refers to is gone with the sink, as a drill is with its instrument.
    const auto drill = std::make_unique<int>(1);
    RecordSink sink;
    sink.notify(context.get_executor(),
                [&told, drill = drill.get()](const base::Error&) { told = *drill == 1; }, {});
    std::thread([&] { sink.on_ledger_error(disk_full()); }).join();
  }
  EXPECT_EQ(context.run(), 1U);  // it was on its way
  EXPECT_FALSE(told);
}

TEST(RecordSink, WithoutAListenerAnErrorIsOfNoConsequence) {
  RecordSink sink;
  sink.on_ledger_error(disk_full());
  EXPECT_TRUE(sink.take().records.empty());
}

}  // namespace
}  // namespace runner
