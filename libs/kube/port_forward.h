// One connection to a port of a pod through the API server, as `kubectl port-forward` makes one for
// each of its clients: under the rights of whoever asks (pods/portforward), from outside the
// cluster's network, and to what listens on the pod's loopback alone.
//
// kubectl tunnels SPDY through a WebSocket; v4.channel.k8s.io, which every kubelet serves as well,
// needs no second protocol in the first. It has no half-close: what ends a direction ends both.
//
// Source: the kubelet's behaviour (messages of channel 0 are the port's bytes, of channel 1 why it
// failed; each channel begins with the port, two bytes, little-endian).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"

namespace kube {

/// What a node says over the channels of one port. Pure.
class PortMessages {
 public:
  explicit PortMessages(std::uint16_t port) : port_(port) {}

  /// What of a message are the port's own bytes; often none. Errors: Unavailable: why the node
  /// cannot forward; a channel or a port that nobody asked for.
  base::Result<std::string_view> take(std::string_view message);

 private:
  base::Result<> greet(std::size_t channel, std::string_view& bytes);

  std::uint16_t port_;
  std::array<std::string, 2> greeting_;  // of each channel, until it is whole
};

class PortForward {
 public:
  /// The node is asked to connect; whether something listens is told by the first read().
  /// Errors: InvalidArgument (port 0), NotFound, PermissionDenied, FailedPrecondition (the pod has
  /// no node yet) as the server refused it; Unavailable; Cancelled. Deadlines are the caller's.
  static aio::Task<base::Result<std::unique_ptr<PortForward>>> open(Client& client, Key pod,
                                                                    std::uint16_t port,
                                                                    std::stop_token stop);
  /// Nothing may be under way.
  virtual ~PortForward() = default;

  /// What the port said next; empty: it has closed, or its node has ended: a kubelet says the one
  /// like the other, by ending the connection. A read may be under way while something is written.
  /// Errors: Unavailable: nothing listens there, and what the node says of it; those of a
  /// WebSocket. Cancellation: Cancelled; the connection is closed.
  virtual aio::Task<base::Result<std::string>> read(std::stop_token stop) = 0;
  /// To the port; one at a time. Errors and cancellation: as read().
  virtual aio::Task<base::Result<>> write(std::string bytes, std::stop_token stop) = 0;
  /// When nothing is under way.
  virtual aio::Task<> close(std::stop_token stop) = 0;
};

}  // namespace kube
