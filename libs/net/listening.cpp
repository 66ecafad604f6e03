#include "net/listening.h"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

#include <fmt/format.h>

#include "aio/descriptor.h"

namespace net {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kHere = "localhost";

/// Any other error is told by whoever listens.
bool means_no_ipv6(int error) {
  return error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == EADDRNOTAVAIL;
}

bool has_ipv6() {
  const aio::Descriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return !means_no_ipv6(errno);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any);
  return bound == 0 || !means_no_ipv6(errno);
}

}  // namespace

asio::ip::address every_address() {
  if (has_ipv6()) return asio::ip::address_v6::any();
  return asio::ip::address_v4::any();
}

base::Result<asio::ip::address> listening_address(std::string_view host) {
  if (host.empty()) return every_address();
  if (host == kHere) return asio::ip::address_v4::loopback();
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  if (!error) return address;
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("'{}': the host has to be an address", host));
}

base::Result<asio::ip::tcp::endpoint> listening_endpoint(std::string_view text) {
  const auto wrong = [&] {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("listen address '{}': HOST:PORT with a numeric host, or :PORT", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.empty()) return wrong();
  }
  std::uint16_t port = 0;
  const char* const begin = text.data() + colon + 1;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, port);
  if (begin == end || parsed.ec != std::errc() || parsed.ptr != end) return wrong();
  const auto address = listening_address(host);
  if (!address) return wrong();
  return asio::ip::tcp::endpoint(*address, port);
}

asio::ip::address plain_address(const asio::ip::address& peer) {
  if (!peer.is_v6()) return peer;
  asio::ip::address_v6 address = peer.to_v6();
  if (address.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address);
  address.scope_id(0);
  return address;
}

}  // namespace net
