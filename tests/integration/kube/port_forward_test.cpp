// A port of a pod, through a real API server to Kubernetes' own streaming server.
#include "kube/port_forward.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "node.h"

namespace kube {
namespace {

using asio::ip::tcp;
using testing::HasSubstr;

/// Sends back what it is sent, and closes at an exclamation mark.
class Echo {
 public:
  explicit Echo(asio::io_context& context)
      : acceptor_(context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
    asio::co_spawn(context, serve(), asio::detached);
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void close() { acceptor_.close(); }

 private:
  aio::Task<> serve() {
    boost::system::error_code error;
    const auto token = [&error] { return asio::redirect_error(asio::use_awaitable, error); };
    tcp::socket socket(acceptor_.get_executor());
    co_await acceptor_.async_accept(socket, token());
    std::string buffer(4096, ' ');
    while (!error) {
      const std::size_t got = co_await socket.async_read_some(asio::buffer(buffer), token());
      if (error) co_return;
      const bool last = buffer.substr(0, got).find('!') != std::string::npos;
      co_await asio::async_write(socket, asio::buffer(buffer, got), token());
      if (last) co_return;
    }
  }

  tcp::acceptor acceptor_;
};

class PortForwardTest : public NodeTest {
 protected:
  base::Result<std::unique_ptr<PortConnection>> open(const std::string& pod, std::uint16_t port) {
    return aio::run(context, PortConnection::open(*client, {space, pod}, port, {}));
  }
  base::Result<std::optional<std::string>> receive(PortConnection& connection) {
    const auto work = [&connection](std::stop_token stop) { return connection.receive(stop); };
    return aio::run(
        context, aio::with_deadline(clock, clock.now() + base::seconds(20), {}, "receive", work));
  }
};

TEST_F(PortForwardTest, CarriesBytesBothWaysUntilTheOtherEndCloses) {
  Echo echo(context);
  const auto connection = open("web", echo.port());
  ASSERT_TRUE(connection.has_value()) << connection.error().message;
  PortConnection& port = **connection;
  const std::string sent = std::string(100'000, 'x') + "!";
  ASSERT_TRUE(aio::run(context, port.send(sent, {})).has_value());
  std::string got;
  for (;;) {
    const auto more = receive(port);
    ASSERT_TRUE(more.has_value()) << more.error().message;
    if (!*more) break;
    got += **more;
  }
  EXPECT_TRUE(got == sent) << got.size();
}

TEST_F(PortForwardTest, WhatIsNotThereIsNamed) {
  const auto pod = open("none", 80);
  ASSERT_FALSE(pod.has_value());
  EXPECT_EQ(pod.error().code, base::Code::NotFound);
  EXPECT_THAT(pod.error().message, HasSubstr("port 80 of " + space + "/none"));
  Echo echo(context);
  const std::uint16_t nobody = echo.port();
  echo.close();
  const auto connection = open("web", nobody);
  ASSERT_TRUE(connection.has_value()) << connection.error().message;
  const auto got = receive(**connection);
  ASSERT_FALSE(got.has_value());
  EXPECT_THAT(got.error().message, HasSubstr("connection refused"));
}

}  // namespace
}  // namespace kube
