// From an Address to a connected socket: the part that plain TCP and TLS share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "net/connection.h"

namespace net {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// What a socket error means for a probe.
Failure failure_of(const error_code& error);

/// The peer has neither closed nor sent anything that was not read yet.
bool nothing_to_read(int socket);

/// Resolves (names only, see Address::names) and connects; `done` is called once, never from
/// inside, and with operation_aborted when the socket is closed while it connects.
/// Cancellation: what it returns, called before the socket is closed, ends the lookup; then `done`
/// is not called. Empty for an address by number.
/// Lifetime: `keep` lives until `done` has been called; `socket` is a part of it.
std::function<void()> connect_socket(tcp::socket& socket, const Address& address,
                                     std::shared_ptr<void> keep,
                                     std::function<void(const error_code&)> done);

/// Why there is no connection, for people and for a probe.
struct ConnectFailure {
  Failure failure;
  std::string detail;
};
/// The same of a server of TLS, through the context's proxy where it has one; `done` is called with
/// nothing when the handshake can begin.
std::function<void()> connect_for_tls(tcp::socket& socket, const TlsContext& context,
                                      const Address& address, std::shared_ptr<void> keep,
                                      std::function<void(std::optional<ConnectFailure>)> done);

}  // namespace net
