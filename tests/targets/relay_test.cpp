// The relay against real sockets: each mode seen from both ends, and what is lost in it.
#include "targets/relay.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "targets/relay_control.h"

namespace targets {
namespace {

namespace asio = aio::asio;
using Tcp = asio::ip::tcp;
using Failure = boost::system::error_code;
using std::chrono::steady_clock;

struct Set {
  RelayMode mode;
  std::int64_t millis = 0;
};

// A relay on a thread of its own and an upstream whose connections the test holds.
class RelayTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("relay-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    options_.name = "link";
    options_.listen = "127.0.0.1:0";
    options_.upstream = fmt::format("127.0.0.1:{}", upstream_.local_endpoint().port());
    options_.control = folder_ / "link.sock";
    options_.pid_file = folder_ / "link.pid";
    thread_ = std::thread([this] {
      outcome_ = aio::run(relay_context_, run_relay(clock_, options_, stop_.get_token()));
    });
    while (!std::filesystem::exists(options_.pid_file)) {
      std::this_thread::yield();
    }
    port_ = static_cast<std::uint16_t>(std::stoi(get().listen.substr(10)));
  }

  void TearDown() override {
    asio::post(relay_context_, [this] { stop_.request_stop(); });
    thread_.join();
    EXPECT_TRUE(outcome_) << outcome_.error().message;
    EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "control socket or pid file left behind";
    std::filesystem::remove_all(folder_);
  }

  RelayStatus get() { return ask({}); }
  RelayStatus set(Set to) { return ask({RelaySetting{to.mode, base::millis(to.millis)}}); }
  RelayStatus ask(const RelayOrder& order) {
    const auto status = aio::run(context_, ask_relay(clock_, options_.control, order, {}));
    EXPECT_TRUE(status) << status.error().message;
    return status.value_or(RelayStatus{});
  }

  Tcp::socket connect() {
    Tcp::socket socket(context_);
    socket.connect({asio::ip::address_v4::loopback(), port_}, last_);
    return socket;
  }
  Tcp::socket accept() { return upstream_.accept(); }
  // What comes within 200 ms; empty: nothing, and last_ says why.
  std::string receive(Tcp::socket& socket) {
    const timeval limit{0, 200'000};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::array<char, 4096> buffer{};
    const ssize_t size = ::recv(socket.native_handle(), buffer.data(), buffer.size(), 0);
    last_ = size < 0 ? Failure(errno, boost::system::system_category()) : Failure{};
    return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string{};
  }
  static void send(Tcp::socket& socket, const std::string& text) {
    asio::write(socket, asio::buffer(text));
  }

  aio::SystemClock clock_;
  asio::io_context relay_context_;
  asio::io_context context_;
  Tcp::acceptor upstream_{context_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::filesystem::path folder_;
  RelayOptions options_;
  std::stop_source stop_;
  base::Result<> outcome_;
  std::thread thread_;
  std::uint16_t port_ = 0;
  Failure last_;
};

TEST_F(RelayTest, PassCarriesBothWaysAndHalfCloses) {
  auto client = connect();
  auto server = accept();
  send(client, "question");
  EXPECT_EQ(receive(server), "question");
  client.shutdown(Tcp::socket::shutdown_send);
  EXPECT_EQ(receive(server), "");
  EXPECT_FALSE(last_) << "expected an end of stream: " << last_.message();
  send(server, "answer after the end");
  EXPECT_EQ(receive(client), "answer after the end");
  server.close();
  EXPECT_EQ(receive(client), "");
  EXPECT_FALSE(last_);
  const RelayStatus status = get();
  EXPECT_EQ(status.bytes_up, 8U);
  EXPECT_EQ(status.bytes_down, 20U);
  EXPECT_EQ(status.accepted, 1U);
}

TEST_F(RelayTest, PassCarriesMuchWithoutLoss) {
  auto client = connect();
  auto server = accept();
  std::string sent(16UL << 20U, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) {
    sent[i] = static_cast<char>(i * 2654435761U >> 13U);
  }
  std::thread sender([&] {
    asio::write(client, asio::buffer(sent));
    client.shutdown(Tcp::socket::shutdown_send);
  });
  std::string received;
  asio::read(server, asio::dynamic_buffer(received), last_);
  sender.join();
  EXPECT_TRUE(received == sent) << received.size();
}

TEST_F(RelayTest, PassesAResetOn) {
  auto client = connect();
  auto server = accept();
  server.set_option(asio::socket_base::linger(true, 0));
  server.close();
  receive(client);
  EXPECT_EQ(last_, asio::error::connection_reset);
}

TEST_F(RelayTest, RefuseResetsOpenConnectionsAndRefusesNewOnesUntilPass) {
  auto client = connect();
  auto server = accept();
  EXPECT_FALSE(set({RelayMode::Refuse}).listening);
  receive(client);
  EXPECT_EQ(last_, asio::error::connection_reset);
  receive(server);
  EXPECT_EQ(last_, asio::error::connection_reset);
  connect();
  EXPECT_EQ(last_, asio::error::connection_refused);
  EXPECT_TRUE(set({RelayMode::Pass}).listening);
  auto again = connect();
  EXPECT_FALSE(last_);
  auto server_again = accept();
  send(again, "back");
  EXPECT_EQ(receive(server_again), "back");
}

TEST_F(RelayTest, NamesThePortThatWasTakenMeanwhileAndRecoversWhenItIsFree) {
  set({RelayMode::Refuse});
  {
    Tcp::acceptor thief(context_, Tcp::endpoint(asio::ip::address_v4::loopback(), port_), true);
    const auto status = aio::run(
        context_, ask_relay(clock_, options_.control, {RelaySetting{RelayMode::Pass, {}}}, {}));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, base::Code::AlreadyExists);
    EXPECT_THAT(status.error().message, testing::HasSubstr(fmt::format("127.0.0.1:{}", port_)));
  }
  EXPECT_TRUE(set({RelayMode::Pass}).listening);
}

TEST_F(RelayTest, ResetEndsOpenAndNewConnections) {
  auto client = connect();
  auto server = accept();
  set({RelayMode::Reset});
  receive(client);
  EXPECT_EQ(last_, asio::error::connection_reset);
  auto second = connect();
  EXPECT_FALSE(last_);
  receive(second);
  EXPECT_EQ(last_, asio::error::connection_reset);
}

TEST_F(RelayTest, BlackHoleHoldsEverythingAndLosesNothing) {
  auto client = connect();
  auto server = accept();
  set({RelayMode::BlackHole});
  send(client, "held");
  EXPECT_EQ(receive(server), "");
  EXPECT_EQ(last_, asio::error::try_again) << "neither data nor an end";
  auto second = connect();
  EXPECT_FALSE(last_);
  send(second, "also");
  receive(second);
  EXPECT_EQ(last_, asio::error::try_again);
  set({RelayMode::Pass});
  EXPECT_EQ(receive(server), "held");
  auto second_server = accept();
  EXPECT_EQ(receive(second_server), "also");
}

TEST_F(RelayTest, BlackHoleHidesAnEndUntilItIsLifted) {
  auto client = connect();
  auto server = accept();
  set({RelayMode::BlackHole});
  client.set_option(asio::socket_base::linger(true, 0));
  client.close();
  receive(server);
  EXPECT_EQ(last_, asio::error::try_again);
  set({RelayMode::Pass});
  receive(server);
  EXPECT_EQ(last_, asio::error::connection_reset);
}

TEST_F(RelayTest, DelayIsNeverShorterThanSetAndKeepsOrder) {
  auto client = connect();
  auto server = accept();
  set({RelayMode::Delay, 60});
  const auto begin = steady_clock::now();
  send(client, "one");
  EXPECT_EQ(receive(server), "one");
  const auto took = steady_clock::now() - begin;
  EXPECT_GE(took, std::chrono::milliseconds(60));
  for (int i = 0; i < 200; ++i) {
    send(client, fmt::format("{:03}", i));
  }
  std::string got;
  while (got.size() < 600) {
    const std::string more = receive(server);
    ASSERT_FALSE(more.empty()) << last_.message();
    got += more;
  }
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(got.substr(static_cast<std::size_t>(i) * 3, 3), fmt::format("{:03}", i));
  }
}

TEST_F(RelayTest, DelayDiscardsWhatADeadSenderLeftInFlight) {
  auto client = connect();
  auto server = accept();
  set({RelayMode::Delay, 10'000});
  send(client, "acknowledged but never sent on");
  // The bytes must be in the relay, not in the kernel, when the sender goes.
  client.close();
  EXPECT_EQ(receive(server), "");
  EXPECT_EQ(last_, asio::error::connection_reset);
  EXPECT_EQ(get().bytes_discarded, 30U);
  EXPECT_EQ(get().bytes_up, 0U);
}

TEST_F(RelayTest, PassReleasesDelayedBytesAtOnce) {
  auto client = connect();
  auto server = accept();
  set({RelayMode::Delay, 60'000});
  send(client, "late");
  EXPECT_EQ(receive(server), "");
  set({RelayMode::Pass});
  EXPECT_EQ(receive(server), "late");
}

TEST_F(RelayTest, ResetsAClientWhoseUpstreamRefuses) {
  upstream_.close();
  auto client = connect();
  receive(client);
  EXPECT_EQ(last_, asio::error::connection_reset);
}

TEST_F(RelayTest, AnswersBadOrdersAndGoesOn) {
  asio::local::stream_protocol::socket control(context_);
  control.connect(asio::local::stream_protocol::endpoint(options_.control));
  std::string text;
  for (const char* line : {"nonsense\n", "{\"set\":{\"mode\":\"Explode\"}}\n", "{}\n"}) {
    asio::write(control, asio::buffer(std::string(line)));
    const std::size_t size = asio::read_until(control, asio::dynamic_buffer(text), '\n');
    EXPECT_THAT(text.substr(0, size), testing::StartsWith("{\"error\":")) << line;
    text.erase(0, size);
  }
  EXPECT_EQ(get().setting, RelaySetting{});
}

TEST(Relay, NamesAPortThatIsTaken) {
  asio::io_context context;
  aio::SystemClock clock;
  const Tcp::acceptor holder(context, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  RelayOptions options;
  options.name = "link";
  options.listen = fmt::format("127.0.0.1:{}", holder.local_endpoint().port());
  options.upstream = "127.0.0.1:1";
  options.control = "/nonexistent/control";
  const auto done = aio::run(context, run_relay(clock, options, {}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, base::Code::AlreadyExists);
  EXPECT_THAT(done.error().message, testing::HasSubstr(options.listen));
}

}  // namespace
}  // namespace targets
