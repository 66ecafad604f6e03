// A connection to a port of a pod through the API server, as `kubectl port-forward` makes one for
// each of its clients, for what is not reachable from here. A WebSocket of its own, with
// v4.channel.k8s.io, which an API server hands on to the kubelet as it is; v2.portforward.k8s.io
// carries SPDY, which is not written here. v4 has no end of one direction alone: whoever closes
// closes both.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "aio/task.h"
#include "base/result.h"
#include "kube/channel.h"
#include "kube/client.h"

namespace kube {

class PortConnection {
 public:
  /// That the port does not listen is said by receive().
  /// Errors: NotFound, PermissionDenied and others as the server refused it; Unavailable,
  /// Cancelled.
  static aio::Task<base::Result<std::unique_ptr<PortConnection>>> open(Client& client, Key pod,
                                                                       std::uint16_t port,
                                                                       std::stop_token stop);

  /// What came next; nothing: the other end has closed.
  /// Errors: Unavailable, with the node's words where it has any; Cancelled.
  /// Cancellation: the connection is closed.
  aio::Task<base::Result<std::optional<std::string>>> receive(std::stop_token stop);
  /// One at a time, also while something is received. Errors and cancellation: as receive().
  aio::Task<base::Result<>> send(std::string bytes, std::stop_token stop);
  /// When nothing is under way.
  aio::Task<> close(std::stop_token stop) { return socket_->close(std::move(stop)); }

 private:
  PortConnection(std::shared_ptr<net::WebSocket> socket, std::string what, std::uint16_t port)
      : socket_(std::move(socket)), what_(std::move(what)), transcript_(port) {}

  std::shared_ptr<net::WebSocket> socket_;
  std::string what_;
  PortTranscript transcript_;
};

}  // namespace kube
