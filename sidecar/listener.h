// Accepts the connections of one core. Where several cores listen, the kernel deals the connections
// out among them (SO_REUSEPORT), and nobody hands sockets around.
//
// A process without descriptors cannot accept, and the kernel keeps saying that somebody waits: the
// listener then pauses, until a connection has ended or a moment has passed, instead of spinning.
#pragma once

#include "base/result.h"
#include "sidecar/core.h"

namespace sidecar {

class Listener {
 public:
  /// `connections_max`: of this core.
  Listener(Core& core, std::size_t connections_max);

  /// `shared`: other cores listen on the same port.
  /// Errors: AlreadyExists when the port is taken, PermissionDenied, InvalidArgument.
  base::Result<> listen(const tcp::endpoint& endpoint, bool shared);
  std::uint16_t port() const;
  void start();
  /// Accepts what waits already, and then no more: who was taken by the kernel is served.
  void drain();

 private:
  void accept();
  void accepted(const error_code& error);
  void turn_away();
  void pause();
  void resume();

  Core& core_;
  std::size_t connections_max_;
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
  Socket next_;
  tcp::endpoint peer_;
  Timer timer_;
  bool accepting_ = false, paused_ = false, draining_ = false;
};

}  // namespace sidecar
