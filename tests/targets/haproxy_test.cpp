// The route against a real HAProxy whose two servers are sockets of the test.
#include "targets/haproxy.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/process.h"
#include "eventually.h"

namespace targets {
namespace {

namespace asio = aio::asio;
using Tcp = asio::ip::tcp;

constexpr const char* kAnswer =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n"
    "3 db 1 a 127.0.0.1 2 0 1\n3 db 2 b 127.0.0.1 0 5 1\n3 db 3 c 127.0.0.1 2 8 1\n"
    "3 db 4 d 127.0.0.1 0 1 1\n3 db 5 e 127.0.0.1 2 4 1\n\n";

TEST(HaProxyAnswer, TellsAdministrativeStates) {
  const auto servers = parse_servers_state(kAnswer);
  ASSERT_TRUE(servers) << servers.error().message;
  EXPECT_THAT(
      *servers,
      testing::ElementsAre(RouteServer{"a", RouteState::Ready}, RouteServer{"b", RouteState::Maint},
                           RouteServer{"c", RouteState::Drain}, RouteServer{"d", RouteState::Maint},
                           RouteServer{"e", RouteState::Ready}));
}

TEST(HaProxyAnswer, RefusesWhatIsNoListOfServers) {
  EXPECT_EQ(parse_servers_state("Can't find backend.\n").error().code, base::Code::DataLoss);
  EXPECT_EQ(parse_servers_state("").error().code, base::Code::DataLoss);
  EXPECT_EQ(parse_servers_state("1\n# be_id\n3 db 1\n").error().code, base::Code::DataLoss);
  EXPECT_EQ(parse_servers_state("1\n# be_id\n\n").error().code, base::Code::NotFound);
}

TEST(HaProxyCommand, TakesServersOutBeforeItLetsOthersIn) {
  EXPECT_EQ(route_command("db", {{"b", RouteState::Ready}, {"a", RouteState::Maint}}),
            "set server db/a state maint;shutdown sessions server db/a;"
            "set server db/b state ready");
}

class HaProxyTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("haproxy-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    Tcp::acceptor reserve(context_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port_ = reserve.local_endpoint().port();
    reserve.close();
    std::ofstream(folder_ / "haproxy.cfg") << fmt::format(
        "global\n  stats socket {0}/admin.sock mode 600 level admin\n"
        "defaults\n  mode tcp\n  retries 0\n  timeout connect 1s\n  timeout client 1m\n"
        "  timeout server 1m\nfrontend f\n  bind 127.0.0.1:{1}\n  default_backend db\n"
        "backend db\n  server a 127.0.0.1:{2}\n  server b 127.0.0.1:{3} disabled\n",
        folder_.string(), port_, a_.local_endpoint().port(), b_.local_endpoint().port());
    aio::Command command;
    command.argv = {"haproxy", "-db", "-f", folder_ / "haproxy.cfg"};
    aio::Child::Io io;
    io.out_file = io.err_file = folder_ / "log";
    child_ = std::make_unique<aio::Child>(
        std::move(aio::Child::spawn(context_.get_executor(), command, io)).value());
    ASSERT_TRUE(eventually([this] { return aio::run(context_, proxy().servers({})).has_value(); }));
  }
  void TearDown() override {
    if (child_) {
      (void)aio::run(context_, child_->stop(clock_, base::seconds(2)));
    }
    std::filesystem::remove_all(folder_);
  }

  HaProxy proxy() { return {clock_, folder_ / "admin.sock", "db"}; }
  base::Result<> set(const std::vector<RouteServer>& servers) {
    return aio::run(context_, proxy().set(servers, {}));
  }
  Tcp::socket connect() {
    Tcp::socket socket(context_);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    return socket;
  }
  // True when the peer ends the connection within a second.
  static bool ends(Tcp::socket& socket) {
    const timeval limit{1, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char byte = 0;
    const ssize_t size = ::recv(socket.native_handle(), &byte, 1, 0);
    return size == 0 || (size < 0 && errno == ECONNRESET);
  }

  asio::io_context context_;
  aio::SystemClock clock_;
  Tcp::acceptor a_{context_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  Tcp::acceptor b_{context_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<aio::Child> child_;
};

TEST_F(HaProxyTest, SwitchesUsersAndEndsTheirSessionsOnTheOldServer) {
  auto user = connect();
  auto on_a = a_.accept();
  const auto done = set({{"a", RouteState::Maint}, {"b", RouteState::Ready}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(ends(user));
  auto next = connect();
  auto on_b = b_.accept();
  asio::write(next, asio::buffer("x", 1));
  char byte = 0;
  EXPECT_EQ(asio::read(on_b, asio::buffer(&byte, 1)), 1U);
  // Again: the same states, no complaint, and sessions on the enabled server stay.
  ASSERT_TRUE(set({{"a", RouteState::Maint}, {"b", RouteState::Ready}}));
  asio::write(next, asio::buffer("y", 1));
  EXPECT_EQ(asio::read(on_b, asio::buffer(&byte, 1)), 1U);
}

TEST_F(HaProxyTest, SaysWhatHaProxySaysOfAnUnknownServer) {
  const auto done = set({{"nobody", RouteState::Maint}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, base::Code::FailedPrecondition);
  EXPECT_THAT(done.error().message, testing::HasSubstr("No such server"));
}

TEST_F(HaProxyTest, IsUnavailableWhenDead) {
  (void)aio::run(context_, child_->stop(clock_, base::seconds(2)));
  child_.reset();
  EXPECT_EQ(set({{"a", RouteState::Maint}}).error().code, base::Code::Unavailable);
}

}  // namespace
}  // namespace targets
