// Connections to the ports of a pod, through a real API server and Kubernetes' own streaming
// server.
#include "kube/port_forward.h"

#include <array>
#include <deque>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "node.h"

namespace kube {
namespace {

using asio::ip::tcp;
using base::Code;
using testing::HasSubstr;

/// What listens in the pod: it says again what it hears, until it hears "bye".
class Echo {
 public:
  explicit Echo(asio::io_context& context)
      : acceptor_(context, {asio::ip::address_v4::loopback(), 0}) {
    asio::co_spawn(context, serve(), [](std::exception_ptr) {});
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void close() { acceptor_.close(); }
  bool left() const { return left_; }

 private:
  static auto into(boost::system::error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
  }
  aio::Task<> serve() {
    boost::system::error_code error;
    tcp::socket peer = co_await acceptor_.async_accept(into(error));
    std::array<char, 16384> part{};
    while (!error) {
      const std::size_t got = co_await peer.async_read_some(asio::buffer(part), into(error));
      const std::string_view heard(part.data(), got);
      if (error || heard.ends_with("bye\n")) break;
      co_await asio::async_write(peer, asio::buffer(heard.data(), got), into(error));
    }
    left_ = true;
  }

  tcp::acceptor acceptor_;
  bool left_ = false;
};

class PortForwardTest : public NodeTest {
 protected:
  /// Stays as long as what runs may speak with it.
  Echo& echo() { return echoes_.emplace_back(context); }
  base::Result<std::unique_ptr<PortForward>> open(std::uint16_t port, Client& as) {
    return aio::run(context, PortForward::open(as, {space, "web"}, port, {}));
  }
  std::unique_ptr<PortForward> opened(std::uint16_t port) {
    auto forward = open(port, *client);
    EXPECT_TRUE(forward.has_value()) << forward.error().message;
    return forward ? std::move(*forward) : nullptr;
  }
  base::Result<> write(PortForward& forward, std::string text) {
    return aio::run(context, forward.write(std::move(text), {}));
  }
  base::Result<std::string> read(PortForward& forward) {
    return aio::run(context, forward.read({}));
  }
  /// Until there is so much of it.
  std::string read_all(PortForward& forward, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) {
      const auto more = read(forward);
      if (!more || more->empty()) break;
      out += *more;
    }
    return out;
  }

 private:
  std::deque<Echo> echoes_;
};

TEST_F(PortForwardTest, WhatIsWrittenIsHeardAndAnswered) {
  const auto forward = opened(echo().port());
  ASSERT_TRUE(forward);
  for (const std::string line : {"one\n", "two\n", "three\n"}) {
    ASSERT_TRUE(write(*forward, line).has_value());
    EXPECT_EQ(read_all(*forward, line.size()), line);
  }
}

TEST_F(PortForwardTest, MuchIsCarriedToAPortAndBack) {
  const auto forward = opened(echo().port());
  ASSERT_TRUE(forward);
  std::string sent;
  while (sent.size() < 3'000'000) sent += std::to_string(sent.size()) + "\n";
  std::optional<base::Result<>> written;
  asio::co_spawn(context, forward->write(sent, {}),
                 [&](std::exception_ptr, base::Result<> outcome) { written = outcome; });
  EXPECT_EQ(read_all(*forward, sent.size()), sent);
  EXPECT_TRUE(until([&] { return written.has_value(); }));
  EXPECT_TRUE(written->has_value());
}

TEST_F(PortForwardTest, APortThatClosesIsTheEnd) {
  const auto forward = opened(echo().port());
  ASSERT_TRUE(forward);
  ASSERT_TRUE(write(*forward, "bye\n").has_value());
  const auto end = read(*forward);
  EXPECT_EQ(end ? *end : end.error().message, "");
}

TEST_F(PortForwardTest, WhoClosesIsSeenToLeave) {
  const Echo& service = echo();
  const auto forward = opened(service.port());
  ASSERT_TRUE(forward);
  ASSERT_TRUE(write(*forward, "here\n").has_value());
  EXPECT_EQ(read_all(*forward, 5), "here\n");
  asio::co_spawn(context, forward->close({}), [](std::exception_ptr) {});
  EXPECT_TRUE(until([&] { return service.left(); }));
}

TEST_F(PortForwardTest, WhereNothingListensTheNodeSaysSo) {
  Echo& gone = echo();
  const std::uint16_t port = gone.port();
  gone.close();
  const auto forward = opened(port);
  ASSERT_TRUE(forward);
  const auto heard = read(*forward);
  ASSERT_FALSE(heard.has_value());
  EXPECT_EQ(heard.error().code, Code::Unavailable);
  EXPECT_THAT(heard.error().message, HasSubstr("port " + std::to_string(port) + " of " + space));
  EXPECT_THAT(heard.error().message, HasSubstr("connection refused"));
}

TEST_F(PortForwardTest, WhatTheServerRefusesIsNotForwarded) {
  const auto none =
      aio::run(context, PortForward::open(*client, {space, "none"}, std::uint16_t{80}, {}));
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, Code::NotFound);

  const auto zero = open(0, *client);
  ASSERT_FALSE(zero.has_value());
  EXPECT_EQ(zero.error().code, Code::InvalidArgument);
  EXPECT_THAT(zero.error().message, HasSubstr("ports are 1 to 65535"));

  Config stranger = config();
  stranger.user.impersonate.user = "stranger";
  const auto forbidden = open(80, *connect(std::move(stranger)));
  ASSERT_FALSE(forbidden.has_value());
  EXPECT_EQ(forbidden.error().code, Code::PermissionDenied);
  EXPECT_THAT(forbidden.error().message, HasSubstr("pods/portforward"));
}

TEST_F(PortForwardTest, AStopEndsAReadOfAPort) {
  const auto forward = opened(echo().port());
  ASSERT_TRUE(forward);
  std::stop_source stop;
  std::optional<base::Result<std::string>> ended;
  asio::co_spawn(
      context, forward->read(stop.get_token()),
      [&](std::exception_ptr, base::Result<std::string> outcome) { ended = std::move(outcome); });
  EXPECT_FALSE(until([&] { return ended.has_value(); }, base::millis(300)));
  stop.request_stop();
  ASSERT_TRUE(until([&] { return ended.has_value(); }));
  EXPECT_EQ(ended->error().code, Code::Cancelled);
}

TEST_F(PortForwardTest, ANodeThatDiesEndsTheConnection) {
  const auto forward = opened(echo().port());
  ASSERT_TRUE(forward);
  ASSERT_TRUE(write(*forward, "alive\n").has_value());
  EXPECT_EQ(read_all(*forward, 6), "alive\n");
  kill_node();
  EXPECT_EQ(read(*forward).value_or(""), "");
}

}  // namespace
}  // namespace kube
