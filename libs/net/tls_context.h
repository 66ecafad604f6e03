// What connections over TLS share within this folder: the context, and whom a stream expects at its
// other end. Outside only the name of the class is known (net/connection.h).
#pragma once

#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/connection.h"
#include "net/proxy.h"

namespace net {

class TlsContext {
 public:
  explicit TlsContext(TlsOptions tls) : options(std::move(tls)) {}
  TlsOptions options;
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
  std::optional<Proxy> proxy;  // between us and the server
};

/// Of a server: what connections that were accepted at one time share.
class ServerContext {
 public:
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

/// Before the handshake: the name that is asked for (SNI) and that the certificate must be for.
void expect_peer(TlsStream& stream, const TlsContext& context, const Address& address);

}  // namespace net
