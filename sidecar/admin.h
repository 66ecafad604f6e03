// The port that Prometheus, the kubelet and people ask: a table of what is served there, and who
// may ask for it. What only tells is open, as everywhere, unless a token is asked of readers; what
// changes something needs the token (RFC 6750), and is refused where no token was given to the
// sidecar. Who may change something may read.
//
// Over TLS a certificate may be asked of clients (--admin-client-ca-file). Then it is needed for
// all but the probes of the kubelet, which has none to show.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http_server.h"

namespace sidecar {

enum class Access : std::uint8_t {
  Probe,  // of the kubelet: always open
  Open,   // to anybody, or to who shows the token of readers
  Token
};

struct Route {
  std::string method;  // "GET", which HEAD is answered like
  std::string path;    // "/metrics"; "/api/faults/*": whatever follows
  Access access = Access::Open;
  std::function<net::HttpReply(const net::HttpRequest&)> handle;
};

/// The target without its query.
std::string path_of(const net::HttpRequest& request);

class Admin {
 public:
  /// Empty: nobody has one. Asked whenever it is needed, so that a file of it can change.
  using Token = std::function<base::Result<std::string>()>;
  /// Nothing: who only reads is not asked for one.
  using ReadToken = std::function<base::Result<std::optional<std::string>>()>;

  /// Who was refused for want of a token or a certificate, or for a wrong one.
  using Refused = std::function<void(const net::HttpRequest& request, const net::HttpReply& reply)>;

  explicit Admin(Token token, ReadToken read = {});
  void on_refused(Refused refused) { refused_ = std::move(refused); }
  /// From clients without a certificate only probes are taken.
  void require_certificate() { needs_certificate_ = true; }
  void add(Route route) { routes_.push_back(std::move(route)); }
  /// 404 with what there is, 405, 401, 403, or what the route says.
  net::HttpReply serve(const net::HttpRequest& request) const;

 private:
  net::HttpReply answer(const net::HttpRequest& request, bool& refused) const;
  net::HttpReply ask(const Route& route, const net::HttpRequest& request, bool& refused) const;
  net::HttpReply ask_to_read(const Route& route, const net::HttpRequest& request,
                             bool& refused) const;
  net::HttpReply unknown() const;

  Token token_;
  ReadToken read_;  // may be empty
  Refused refused_;
  std::vector<Route> routes_;
  bool needs_certificate_ = false;
};

}  // namespace sidecar
