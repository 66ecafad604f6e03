// An HTTP/1.1 client of one server, for what talks to an API all day (libs/kube): whole answers,
// and answers that go on (a watch), over connections that are kept and used again. One request has
// one connection for itself, so a slow answer holds up nothing else. An idle connection that the
// server has closed is not used, nor one that has waited for a minute and a half; after a request
// that failed or was given up all idle ones are dropped, because what is between us and the server
// may be gone, and of one that would change something nothing more leaves this machine. A
// connection that breaks before a byte of the answer came is an error, because whether the request
// was carried out is not known. Redirects are answers like any other:
// credentials go nowhere but to this server.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"
#include "net/connection.h"
#include "net/http_header.h"

namespace net {

struct HttpCall {
  std::string method = "GET";
  std::string target = "/";           // path and query, escaped
  std::vector<HttpHeader> headers{};  // Host and Content-Length are added
  std::string body{};
};

/// No control character in the method, the target or a header: a line end in a header would begin
/// another one, of which nobody knows.
bool is_plain(const HttpCall& call);

struct HttpAnswer {
  unsigned status = 0;
  std::vector<HttpHeader> headers{};
  std::string body{};

  /// Whatever its case; the first of several. Null: there is none.
  const std::string* header(std::string_view name) const;
};

struct HttpClientLimits {
  std::size_t body_bytes_max = std::size_t{256} << 20U;  // of an answer that is kept whole
  std::size_t idle_max = 8;                              // connections that wait to be used again
  base::Duration connect_max{};  // of TCP, proxy and TLS; 0: as long as the caller waits
};

class HttpClient {
 public:
  /// The next part of a body; false: enough, and the connection is closed.
  using Sink = std::function<bool(std::string_view)>;

  /// `tls`: null for plain HTTP.
  HttpClient(aio::Executor executor, Address address, std::shared_ptr<TlsContext> tls,
             HttpClientLimits limits = {});
  /// No exchange may be under way.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Errors: InvalidArgument (a control character in the method, the target or a header),
  /// Unavailable (nothing listens, TLS, the connection broke, the answer is no HTTP),
  /// ResourceExhausted (a body over the limit), Cancelled, DeadlineExceeded (connect_max). All
  /// other deadlines are the caller's.
  aio::Task<base::Result<HttpAnswer>> exchange(HttpCall call, std::stop_token stop);
  /// The body of an answer of 200 to 299 goes to `sink` as it comes, and `body` stays empty; any
  /// other answer is kept whole. `opened`, which may be empty, is called when the head of such an
  /// answer came. Returns when the body has ended or the sink has enough.
  /// Errors: as above, also when the connection broke within the body.
  aio::Task<base::Result<HttpAnswer>> stream(HttpCall call, Sink sink, std::function<void()> opened,
                                             std::stop_token stop);

  /// For new connections: certificates were changed. Those that are there are not used again.
  void use(std::shared_ptr<TlsContext> tls);
  /// How many connections were opened.
  std::uint64_t opened() const;

 private:
  class Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace net
