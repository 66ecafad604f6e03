// One TCP or TLS connection for a probe: opened, written to, read from, closed, with callbacks and
// without a coroutine or a timer, because a probe's time limits are the prober's. Made for many
// small exchanges over open connections: sending is one send(2) at once, and a read is always
// outstanding, so that an exchange costs one send, one wake-up and one receive.
// A Connection is used once; who needs another makes another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "aio/task.h"
#include "base/result.h"

namespace net {

class Names;

struct Address {
  std::string host;  // a name, an IPv4 or IPv6 address without brackets
  std::uint16_t port = 0;
  std::shared_ptr<Names> names{};  // where a name is looked up; null: as this machine does

  /// "db.example:5432", "127.0.0.1:80", "[::1]:80". Errors: InvalidArgument.
  static base::Result<Address> parse(std::string_view text);
  std::string text() const;
};

enum class Failure {
  Refused,      // nobody listens
  Unreachable,  // no route, name not known
  Reset,        // the connection was lost
  Closed,       // the peer closed it in order
  Tls,          // handshake or certificate
};

/// Called on the connection's executor. After on_failed, and after Connection::close(), nothing.
class ConnectionEvents {
 public:
  virtual void on_connected() = 0;  // TLS: after the handshake
  virtual void on_data(std::string_view bytes) = 0;
  virtual void on_failed(Failure failure, const std::string& detail) = 0;

 protected:
  ~ConnectionEvents() = default;
};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void connect() = 0;
  /// Sends all of it, in order. False: the connection broke before a byte of it was taken; no
  /// on_failed() follows. Plain TCP tries at once, without waiting for readiness.
  virtual bool send(std::string_view bytes) = 0;
  /// Looks whether an idle connection can still be used: false when the peer has closed it, or said
  /// something that nobody asked for. Once connected.
  virtual bool stands() = 0;
  /// No callback comes after this. Twice is harmless.
  virtual void close() = 0;
  /// close(), and what the peer has not got yet it never gets: else the kernel goes on trying for
  /// minutes.
  virtual void abandon() = 0;
};

struct TlsOptions {
  std::string ca_file;               // empty: the system's
  std::string server_name;           // SNI and verification; empty: the address's host
  bool insecure = false;             // accept every certificate
  std::string ca{};                  // PEM; beside ca_file, or in place of the system's
  std::string certificate{}, key{};  // PEM: the client's own; both or neither
};

/// Certificates, keys and OpenSSL's state, shared by the connections of a stream.
class TlsContext;
/// Errors: InvalidArgument when a file or a certificate cannot be read, or the key is of another
/// certificate.
base::Result<std::shared_ptr<TlsContext>> make_tls_context(const TlsOptions& options);
/// Of a client that trusts the authorities of this file; empty: the system's. Errors: as above.
base::Result<std::shared_ptr<TlsContext>> make_tls_context_of(const std::string& ca_file);

/// Lifetime: `events` outlives the connection or its close().
std::shared_ptr<Connection> make_tcp(const aio::Executor& executor, const Address& address,
                                     ConnectionEvents& events);
std::shared_ptr<Connection> make_tls(const aio::Executor& executor, const Address& address,
                                     std::shared_ptr<TlsContext> context, ConnectionEvents& events);

}  // namespace net
