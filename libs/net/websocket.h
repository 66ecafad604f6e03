// A WebSocket of a client, for what speaks both ways over one connection (exec of a
// Kubernetes API server). Whole messages only, of a bounded size. A peer that says nothing is
// pinged, and given up when it does not answer that either, so that a connection that is dead
// without having been closed is noticed. A receive may be under way while something is sent.
//
// The request that opens it is an HTTP request like any other: an answer that is not 101 is handed
// back as what it is. Of errors `Retry` tells whether anything was asked at all: Backoff, no byte
// of the request was sent; Terminal, what the peer has done since is not known.
//
// Source: RFC 6455; the framing is Boost.Beast's.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"
#include "net/connection.h"
#include "net/http_client.h"

namespace net {

struct WebSocketLimits {
  std::size_t message_bytes_max = std::size_t{1} << 20U;
  base::Duration silence_max = base::seconds(30);  // pinged at half of it
};

class WebSocket {
 public:
  struct Opened {
    HttpAnswer answer{};
    std::shared_ptr<WebSocket> socket{};  // null: the answer says why not
  };
  /// `tls`: null for plain. Of `call` the target and the headers are sent; `protocols` are
  /// offered, the best first.
  /// Errors: InvalidArgument (a control character in the call), Unavailable, Cancelled. Deadlines
  /// are the caller's.
  static aio::Task<base::Result<Opened>> open(aio::Executor executor, Address address,
                                              std::shared_ptr<TlsContext> tls, HttpCall call,
                                              std::vector<std::string> protocols,
                                              WebSocketLimits limits, std::stop_token stop);
  /// Nothing may be under way.
  virtual ~WebSocket() = default;

  /// Which one the peer chose; empty: it said none.
  virtual const std::string& protocol() const = 0;
  /// The next message, text or binary; nothing: the peer has closed it in order.
  /// Errors: Unavailable (broken, silent, no WebSocket), ResourceExhausted (a message over the
  /// limit), Cancelled. After an error it cannot be used again.
  /// Cancellation: the connection is closed.
  virtual aio::Task<base::Result<std::optional<std::string>>> receive(std::stop_token stop) = 0;
  /// One binary message; one at a time. Errors and cancellation: as receive().
  virtual aio::Task<base::Result<>> send(std::string bytes, std::stop_token stop) = 0;
  /// The closing handshake, when nothing is under way; what still comes in is dropped. Harmless
  /// after an error.
  virtual aio::Task<> close(std::stop_token stop) = 0;
  /// Whether the peer has ended the connection, with the closing handshake or without; not where it
  /// was silent or was given up.
  virtual bool peer_ended() const = 0;
  /// What the peer said when it closed it: "1011 out of memory".
  virtual std::string why_closed() const = 0;
};

}  // namespace net
