// Where a server listens, and as whom it sees who comes. ":PORT" means every address of this
// machine, of both families, as users of Kubernetes expect it: one socket of IPv6 that takes IPv4
// too, whatever net.ipv6.bindv6only says, or one of IPv4 where the machine has no IPv6.
//
// Through such a socket a client of IPv4 has the address ::ffff:a.b.c.d. It is a.b.c.d to everybody
// behind the server: to limits, lists, logs and applications.
#pragma once

#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/error_code.hpp>

#include "base/result.h"

namespace net {

/// "::", or "0.0.0.0" where this machine has no IPv6.
boost::asio::ip::address every_address();

/// A number, "localhost" (127.0.0.1), or nothing (every address). Errors: InvalidArgument.
base::Result<boost::asio::ip::address> listening_address(std::string_view host);

/// "127.0.0.1:9090", "[::1]:0", ":9090"; brackets are right around an address of IPv4, too, for who
/// does not know which it is. Errors: InvalidArgument.
base::Result<boost::asio::ip::tcp::endpoint> listening_endpoint(std::string_view text);

/// Between open() and bind() of a socket for TCP or UDP.
template <class Socket, class Endpoint>
void take_both_families(Socket& socket, const Endpoint& endpoint,
                        boost::system::error_code& error) {
  if (error || !endpoint.address().is_v6() || !endpoint.address().is_unspecified()) return;
  socket.set_option(boost::asio::ip::v6_only(false), error);
}

/// Of IPv4 where it is, and without a zone, which means nothing to another machine.
boost::asio::ip::address plain_address(const boost::asio::ip::address& peer);

}  // namespace net
