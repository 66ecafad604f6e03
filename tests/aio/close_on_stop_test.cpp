#include "aio/close_on_stop.h"

#include <array>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "aio/task.h"
#include "aio/unix_path.h"

namespace aio {
namespace {

using Socket = asio::local::stream_protocol::socket;
using Failure = boost::system::error_code;

Task<> read_from(Socket& socket, std::stop_token stop, std::optional<Failure>& ended) {
  std::array<char, 8> bytes{};
  Failure error;
  const CloseOnStop closing(socket, std::move(stop));
  co_await socket.async_read_some(asio::buffer(bytes),
                                  asio::redirect_error(asio::use_awaitable, error));
  ended = error;
}

struct Pair {
  asio::io_context context;
  Socket mine{context}, theirs{context};
  std::stop_source stop;
  std::optional<Failure> ended;
  Pair() { asio::local::connect_pair(mine, theirs); }
  void read() {
    asio::co_spawn(context, read_from(mine, stop.get_token(), ended),
                   [](std::exception_ptr error) { CHECK(!error); });
    settle();
  }
  void settle() {
    context.restart();
    context.poll();
  }
};

TEST(CloseOnStop, WhatWaitsEndsWhenItIsStopped) {
  Pair pair;
  pair.read();
  EXPECT_FALSE(pair.ended.has_value());
  pair.stop.request_stop();
  pair.settle();
  ASSERT_TRUE(pair.ended.has_value());
  EXPECT_EQ(*pair.ended, asio::error::operation_aborted);
  EXPECT_FALSE(pair.mine.is_open());
}

TEST(CloseOnStop, AStopFromBeforeClosesAtOnce) {
  Pair pair;
  pair.stop.request_stop();
  pair.read();
  ASSERT_TRUE(pair.ended.has_value());
  EXPECT_TRUE(static_cast<bool>(*pair.ended));
}

TEST(CloseOnStop, WhatHasEndedIsLeftOpen) {
  Pair pair;
  pair.read();
  asio::write(pair.theirs, asio::buffer("x", 1));
  pair.settle();
  ASSERT_TRUE(pair.ended.has_value());
  EXPECT_FALSE(static_cast<bool>(*pair.ended));
  pair.stop.request_stop();
  EXPECT_TRUE(pair.mine.is_open());
}

TEST(UnixPath, IsAsLongAsAnAddressHolds) {
  EXPECT_TRUE(check_unix_path(std::string(107, 'x')).has_value());
  const auto longer = check_unix_path(std::string(108, 'x'));
  ASSERT_FALSE(longer.has_value());
  EXPECT_EQ(longer.error().code, base::Code::InvalidArgument);
  EXPECT_NE(longer.error().message.find("(107 bytes)"), std::string::npos);
}

}  // namespace
}  // namespace aio
