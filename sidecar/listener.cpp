#include "sidecar/listener.h"

#include <array>
#include <linux/filter.h>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

#include "aio/clock.h"
#include "net/listening.h"
#include "sidecar/log.h"
#include "sidecar/session.h"

namespace sidecar {
namespace {

constexpr base::Duration kPause = base::millis(200);
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

tl::unexpected<base::Error> listen_error(const tcp::endpoint& endpoint, const error_code& error) {
  const auto what = fmt::format("cannot listen on port {}: {}", endpoint.port(), error.message());
  if (error == asio::error::address_in_use) return base::fail(base::Code::AlreadyExists, what);
  if (error == asio::error::access_denied) return base::fail(base::Code::PermissionDenied, what);
  return base::fail(base::Code::InvalidArgument, what);
}

}  // namespace

Listener::Listener(Core& core, std::size_t connections_max)
    : core_(core),
      connections_max_(connections_max),
      acceptor_(core.context),
      next_(core.context),
      timer_(this, [](void* self) { static_cast<Listener*>(self)->resume(); }) {
  core_.left = [this] {
    if (paused_) resume();
  };
}

base::Result<> Listener::listen(const tcp::endpoint& endpoint, bool shared) {
  error_code error;
  const auto option = [&](const auto& value) {
    if (!error) acceptor_.set_option(value, error);
  };
  acceptor_.open(endpoint.protocol(), error);
  option(tcp::acceptor::reuse_address(true));
  if (shared) option(ReusePort(true));
  net::take_both_families(acceptor_, endpoint, error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) return listen_error(endpoint, error);
  return {};
}

std::uint16_t Listener::port() const {
  error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void Listener::start() {
  accept();
}

void Listener::accept() {
  if (accepting_ || draining_) return;
  if (core_.connection_count() >= connections_max_) return pause();
  accepting_ = true;
  acceptor_.async_accept(next_, peer_, [this](const error_code& error) { accepted(error); });
}

void Listener::accepted(const error_code& error) {
  accepting_ = false;
  if (!error) {
    Session::start(core_, std::exchange(next_, Socket(core_.context)), peer_);
  } else if (error == asio::error::operation_aborted) {
    return;
  } else if (error != asio::error::connection_aborted) {
    return pause();
  }
  accept();
}

void Listener::pause() {
  if (!paused_) core_.figures.accept_pauses.add();
  paused_ = true;
  core_.timers.arm(timer_, aio::now() + kPause);
}

void Listener::resume() {
  paused_ = false;
  accept();
}

/// Between the last accept and close() somebody could connect, and would be reset: from here on the
/// kernel drops what begins a connection, and whoever it was tries again and is refused properly.
void Listener::turn_away() {
  std::array<sock_filter, 1> drop{{{BPF_RET | BPF_K, 0, 0, 0}}};
  const sock_fprog program{1, drop.data()};
  setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void Listener::drain() {
  if (draining_) return;
  draining_ = true;
  core_.timers.disarm(timer_);
  turn_away();
  error_code error;
  while (!error) {
    Socket socket(core_.context);
    tcp::endpoint peer;
    acceptor_.accept(socket, peer, error);
    if (!error) Session::start(core_, std::move(socket), peer);
  }
  acceptor_.close(error);
}

}  // namespace sidecar
