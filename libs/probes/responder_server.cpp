#include "probes/responder_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "aio/clock.h"

namespace probes {

namespace {
constexpr int kBacklog = 4096;  // a hang must not look like a refusal
constexpr std::size_t kRequestBytesMax = 64U << 10U;
constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nX-Server: responder\r\n"
    "\r\nok\n";

base::Result<aio::Descriptor> bound(sockaddr_in& address) {
  aio::Descriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!out.valid() || ::bind(out.get(), generic, length) != 0 ||
      ::getsockname(out.get(), generic, &length) != 0) {
    return base::fail_errno("the responder cannot bind a port", errno);
  }
  return out;
}

/// A socket with an explicitly bound port: only such a port stays bound while it does not listen.
base::Result<aio::Descriptor> bound_explicitly(const std::string& host, std::uint16_t& port) {
  constexpr int kAttempts = 20;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return base::fail(base::Code::InvalidArgument, "responder: '" + host + "' is no IPv4 address");
  }
  base::Result<aio::Descriptor> out;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    address.sin_port = 0;
    {
      TRY(const auto scout, bound(address));
      static_cast<void>(scout);
    }
    out = bound(address);  // somebody else may have taken it between: then another one
    if (out) {
      port = ntohs(address.sin_port);
      return out;
    }
  }
  return out;
}

void reset(const aio::Descriptor& socket) {
  const linger abort{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

bool send_all(const aio::Descriptor& socket, std::string_view bytes) {
  return ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

bool looks_like_http(std::string_view bytes) {
  return bytes.starts_with("GET ") || bytes.starts_with("HEAD ") || bytes.starts_with("POST ");
}
}  // namespace

base::Result<ResponderServer> ResponderServer::open(const std::string& host) {
  ResponderServer out;
  TRY(out.listener_, bound_explicitly(host, out.port_));
  TRY(out.serve());
  return out;
}

Moment ResponderServer::refuse() {
  Moment moment;
  for (const auto& peer : peers_) {
    reset(peer.socket);
  }
  moment.before = aio::now();
  ::shutdown(listener_.get(), SHUT_RD);  // stops listening; the port stays bound
  moment.after = aio::now();
  peers_.clear();
  listening_ = false;
  return moment;
}

base::Result<Moment> ResponderServer::serve() {
  Moment moment;
  moment.before = aio::now();
  if (!listening_ && ::listen(listener_.get(), kBacklog) != 0) {
    return base::fail_errno("the responder cannot listen again", errno);
  }
  moment.after = aio::now();
  listening_ = true;
  return moment;
}

void ResponderServer::watch(std::vector<pollfd>& polled) const {
  if (!listening_) {
    return;
  }
  polled.push_back({listener_.get(), POLLIN, 0});
  for (const auto& peer : peers_) {
    polled.push_back({peer.socket.get(), POLLIN, 0});
  }
}

void ResponderServer::handle(const pollfd* polled) {
  if (!listening_) {
    return;
  }
  const bool newcomers = polled[0].revents != 0;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (polled[i + 1].revents != 0 && !answer(peers_[i])) {
      peers_[i].socket.close();
    }
  }
  std::erase_if(peers_, [](const Peer& peer) { return !peer.socket.valid(); });
  if (newcomers) {
    accept_all();
  }
}

void ResponderServer::accept_all() {
  int fd = 0;
  while ((fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    peers_.push_back({aio::Descriptor(fd), {}, false});
  }
}

bool ResponderServer::answer(Peer& peer) {
  char buffer[kRequestBytesMax];
  const auto got = ::recv(peer.socket.get(), buffer, sizeof buffer, 0);
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  const std::string_view bytes(buffer, static_cast<std::size_t>(got));
  if (bytes.empty()) {
    return false;
  }
  peer.http = peer.http || looks_like_http(bytes);
  return peer.http ? answer_http(peer, bytes) : send_all(peer.socket, bytes);
}

bool ResponderServer::answer_http(Peer& peer, std::string_view bytes) {
  peer.request.append(bytes);
  const auto end = peer.request.find("\r\n\r\n");
  if (end == std::string::npos) {
    return peer.request.size() <= kRequestBytesMax;
  }
  const bool last = peer.request.find("Connection: close\r\n") < end;
  peer.request.clear();  // a body, if any, came with its head: probes send them at once
  return send_all(peer.socket, kOk) && !last;
}

}  // namespace probes
