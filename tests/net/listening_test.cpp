#include "net/listening.h"

#include <array>
#include <poll.h>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using testing::HasSubstr;

constexpr int kPatienceMillis = 20'000;

std::string endpoint(std::string_view text) {
  const auto found = listening_endpoint(text);
  if (!found) return found.error().message;
  return found->address().to_string() + " " + std::to_string(found->port());
}

std::string plain(const char* text) {
  return plain_address(asio::ip::make_address(text)).to_string();
}

TEST(Listening, TakesNumbersInBracketsOrNot) {
  EXPECT_EQ(endpoint("127.0.0.1:9090"), "127.0.0.1 9090");
  EXPECT_EQ(endpoint("[::1]:0"), "::1 0");
  EXPECT_EQ(endpoint("[192.0.2.7]:15020"), "192.0.2.7 15020");
  EXPECT_EQ(endpoint("2001:db8::7:15020"), "2001:db8::7 15020");
  EXPECT_EQ(endpoint("localhost:80"), "127.0.0.1 80");
  EXPECT_EQ(endpoint("0.0.0.0:80"), "0.0.0.0 80");
}

TEST(Listening, RefusesWhatIsNoAddressAndSaysWhatIs) {
  for (const char* wrong : {"", "80", "shop:80", "[]:80", "[shop]:80", "[::1]",
                            "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8o", ":-1"}) {
    EXPECT_THAT(endpoint(wrong), HasSubstr("HOST:PORT with a numeric host")) << wrong;
  }
}

TEST(Listening, NoHostIsEveryAddress) {
  EXPECT_EQ(endpoint(":8080"), every_address().to_string() + " 8080");
  EXPECT_TRUE(every_address().is_unspecified());
}

TEST(Listening, AnAddressOfIPv4IsItselfThroughAnySocketAndAZoneIsLeftOut) {
  EXPECT_EQ(plain("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(plain("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(plain("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(plain("fe80::1%1"), "fe80::1");
}

/// A machine without IPv6 has one loopback.
std::vector<asio::ip::address> loopbacks() {
  std::vector<asio::ip::address> out{asio::ip::address_v4::loopback()};
  asio::io_context context;
  tcp::acceptor six(context);
  error_code error;
  six.open(tcp::v6(), error);
  if (!error) six.bind({asio::ip::address_v6::loopback(), 0}, error);
  if (!error) out.emplace_back(asio::ip::address_v6::loopback());
  return out;
}

/// Opened for IPv6 alone, as where net.ipv6.bindv6only is set.
template <class Socket>
void open_every(Socket& socket) {
  const typename Socket::endpoint_type every(every_address(), 0);
  error_code error;
  socket.open(every.protocol(), error);
  if (every.address().is_v6()) socket.set_option(asio::ip::v6_only(true));
  take_both_families(socket, every, error);
  socket.bind(every, error);
  ASSERT_FALSE(error) << error.message();
}

TEST(Listening, OneSocketTakesConnectionsOfBothFamilies) {
  asio::io_context context;
  tcp::acceptor acceptor(context);
  ASSERT_NO_FATAL_FAILURE(open_every(acceptor));
  acceptor.listen();
  for (const auto& loopback : loopbacks()) {
    tcp::socket client(context);
    client.connect({loopback, acceptor.local_endpoint().port()});
    tcp::endpoint peer;
    const tcp::socket taken = acceptor.accept(peer);
    EXPECT_EQ(plain_address(peer.address()), loopback);
  }
}

TEST(Listening, OneSocketTakesPacketsOfBothFamilies) {
  asio::io_context context;
  udp::socket socket(context);
  ASSERT_NO_FATAL_FAILURE(open_every(socket));
  for (const auto& loopback : loopbacks()) {
    udp::socket client(context, udp::endpoint(loopback, 0));
    client.send_to(asio::buffer("x", 1), {loopback, socket.local_endpoint().port()});
    pollfd comes{socket.native_handle(), POLLIN, 0};
    ASSERT_EQ(::poll(&comes, 1, kPatienceMillis), 1) << loopback;
    std::array<char, 8> got{};
    udp::endpoint peer;
    EXPECT_EQ(socket.receive_from(asio::buffer(got), peer), 1U);
    EXPECT_EQ(plain_address(peer.address()), loopback);
  }
}

}  // namespace
}  // namespace net
