// One accepted connection of a server over TLS, for a caller that has its own loop: a state machine
// over a descriptor that does not block. It waits for nothing: every call does what can be done now
// and says what has to be awaited before it is called again. OpenSSL stays inside the .cpp.
//
// A coroutine over ssl::stream is the way elsewhere (net/http_server.h); this is for the sidecar's
// data path, whose connections are plain handlers. Bytes are deciphered into the caller's buffer
// and ciphered out of it; nothing is copied in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/server_context.h"

namespace net {

enum class TlsState : std::uint8_t {
  Done,
  WantsRead,   // again when the descriptor can be read
  WantsWrite,  // again when it can be written, with the same bytes
  Ended,       // the client has said that nothing follows
  Cut,         // the connection ended without that: what came may not be all
  Failed
};

/// Why a handshake failed.
enum class TlsFault : std::uint8_t {
  NotTls,   // the client speaks something else, most likely plain HTTP
  Closed,   // it went away
  Refused,  // no common version, cipher or protocol; no certificate; nonsense
};

/// Thread: one.
class ServerStream {
 public:
  /// The most that one write() takes: what a record of TLS holds.
  static constexpr std::size_t kWriteMax = 16384;

  /// Lifetime: the descriptor outlives it, and stays the caller's to close.
  /// Errors: ResourceExhausted.
  static base::Result<std::unique_ptr<ServerStream>> create(std::shared_ptr<ServerContext> context,
                                                            int descriptor);
  virtual ~ServerStream() = default;

  /// Until Done or Failed; nothing else may be called before it is done.
  virtual TlsState shake_hands() = 0;
  /// Of a handshake that failed.
  virtual TlsFault fault() const = 0;
  /// The client came with a ticket of an earlier connection.
  virtual bool resumed() const = 0;

  /// `count`: how many bytes of `room` were filled; of Done at least one.
  virtual TlsState read(std::span<char> room, std::size_t& count) = 0;
  /// Bytes have left the descriptor that read() has not given yet: no wait would tell of them.
  virtual bool holds() const = 0;
  /// `count`: how many bytes were taken, of Done at least one.
  virtual TlsState write(std::string_view bytes, std::size_t& count) = 0;
  /// Tells the client that nothing follows, once. Not to be called while a write() is unfinished.
  virtual TlsState leave() = 0;
};

}  // namespace net
