// What a server over TLS shows to its clients, made ready for connections. It does
// not change: another certificate is another context, which connections from then on are given,
// while those that are open keep theirs. OpenSSL stays inside the .cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace net {

class ServerContext;  // net/tls_context.h

/// What is spoken over it.
enum class Speaks : std::uint8_t {
  Anything,  // an end that TLS was not told of is a cut
  /// http/1.1: a client that offers (ALPN) others alone is refused. An end that TLS was not told of
  /// is an end, since HTTP says itself where a message ends. Source: RFC 9112, 9.8.
  Http
};

struct ServerTls {
  std::string certificate;  // PEM; behind it may be its issuers
  std::string key;          // PEM
  Speaks speaks = Speaks::Anything;
  /// PEM: whose clients may show a certificate. One of another authority ends the handshake; a
  /// client without any is let in, and whoever serves it knows (HttpRequest::certified). Empty:
  /// nobody is asked for one.
  std::string client_ca{};
};

/// TLS 1.2 or newer. Tickets of clients are under keys that are drawn for this context.
/// Errors: InvalidArgument when something cannot be read or is none, the key is of another
/// certificate, or it needs a passphrase.
base::Result<std::shared_ptr<ServerContext>> make_server_context(const ServerTls& tls);

}  // namespace net
