// A small HTTP/1.1 server for what the product itself serves (--metrics-listen, admission):
// keep-alive, one handler, limits on everything a client can make large or slow, TLS where it has
// an identity. Beast stays inside the .cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "net/http_header.h"
#include "net/server_identity.h"

namespace net {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // "/metrics?x=y"
  std::string body{};
  std::vector<HttpHeader> headers{};
  /// The client showed a certificate of an authority that it was asked for (ServerTls::client_ca).
  bool certified = false;
  /// Who connected, without the port; of IPv4 also where the socket is of IPv6. Whoever stands in
  /// between and makes connections of its own is taken for the client.
  std::string client{};

  /// Whatever its case; the first of several. Null: there is none.
  const std::string* header(std::string_view name) const { return find_header(headers, name); }
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<HttpHeader> headers{};  // beside Content-Type, Content-Length and Connection
};

struct HttpServerLimits {
  std::size_t connections_max = 64;  // one more takes the place of who is silent for the longest
  std::size_t body_bytes_max = 1U << 20U;
  base::Duration idle = base::seconds(30);  // a request must be complete within this
  /// How long a connection that has been answered may wait for its next request; zero: as `idle`.
  /// Longer than clients keep theirs, or one is closed in the moment in which it is used.
  base::Duration between{};
};

class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;
  /// One that awaits. Its token stops when the client has waited for `idle`.
  using TaskHandler = std::function<aio::Task<HttpReply>(HttpRequest, std::stop_token)>;

  /// Binds and listens. `listen`: "127.0.0.1:9090", "[::1]:0" or ":9090" (every address, of both
  /// families: net/listening.h).
  /// Errors: InvalidArgument for the address, AlreadyExists when the port is taken.
  static base::Result<std::unique_ptr<HttpServer>> listen(aio::Clock& clock,
                                                          const aio::Executor& executor,
                                                          const std::string& listen,
                                                          Handler handler,
                                                          HttpServerLimits limits = {});
  /// The same over TLS 1.2 or newer. Who connects before the identity is set is turned away; who
  /// speaks HTTP in the open is told so, and nothing else.
  static base::Result<std::unique_ptr<HttpServer>> listen_tls(
      aio::Clock& clock, const aio::Executor& executor, const std::string& listen,
      std::shared_ptr<ServerIdentity> identity, TaskHandler handler, HttpServerLimits limits = {});
  /// The same with a handler that does not await.
  static base::Result<std::unique_ptr<HttpServer>> listen_tls(
      aio::Clock& clock, const aio::Executor& executor, const std::string& listen,
      std::shared_ptr<ServerIdentity> identity, Handler handler, HttpServerLimits limits = {});
  virtual ~HttpServer() = default;

  /// The port in use, also where 0 was asked for.
  virtual std::uint16_t port() const = 0;
  /// Serves until stopped; open connections are closed then. HEAD is answered like GET, without
  /// the body.
  virtual aio::Task<base::Result<>> serve(std::stop_token stop) = 0;
};

}  // namespace net
