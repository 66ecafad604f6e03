// Requests to one API server: typed by path and verb, not by object; bodies are JSON texts, decoded
// by whoever knows them. A refusal is an answer (Reply), what comes in its place (no connection, no
// time) is an Error, so that a caller can tell a conflict from a dead server without reading texts.
//
// Credentials are looked after here: files of tokens, certificates and authorities are read again
// when they are a minute old, a credential plugin is asked when what it gave has expired, and
// either after a 401, upon which the request is sent a second time. To a server of plain HTTP
// nothing is said of who we are. Nothing is limited here: the API server has Priority and Fairness,
// and says Retry-After.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "kube/config.h"
#include "kube/resource.h"
#include "net/http_client.h"

namespace net {
class WebSocket;
}

namespace kube {

struct Reply {
  unsigned code = 0;
  std::string body{};  // of a watch that was accepted: empty
  Refusal refusal{};   // where !ok()
  /// When it was answered, by the server's clock, to the second.
  std::optional<base::WallTime> date{};
  bool ok() const { return code >= 200 && code < 300; }
};

/// Of a request for a WebSocket.
struct Upgrade {
  Reply reply{};                             // 101, or why not
  std::shared_ptr<net::WebSocket> socket{};  // null: why not
};

enum class PatchType {
  Merge,      // RFC 7386
  Json,       // RFC 6902
  Strategic,  // of built-in kinds
  Apply,      // server-side apply; the body may be YAML
};

struct ListQuery {
  std::string labels{}, fields{};  // selectors; empty: all
  std::string version{};           // resourceVersion
  std::string match{};             // resourceVersionMatch: "NotOlderThan", "Exact"
  std::string next{};              // continue
  std::uint32_t limit = 0;         // 0: no pages
};

struct WatchQuery {
  std::string labels{}, fields{};
  std::string version{};
  bool initial = false;  // sendInitialEvents
  std::uint32_t timeout_seconds = 0;
};

struct WriteOptions {
  std::string subresource{};    // "status"
  std::string field_manager{};  // needed for Apply; else empty: the user agent's up to its '/'
  bool force = false;           // of Apply: take fields from other managers
  bool dry_run = false;
};

struct DeleteOptions {
  std::string uid{}, version{};  // preconditions; empty: none
  std::optional<std::int64_t> grace_seconds{};
  std::string propagation{};  // "Foreground", "Background", "Orphan"; empty: the default
};

struct ClientOptions {
  std::string user_agent = "muster";
  base::Duration timeout = base::seconds(30);  // of everything but what goes on
  base::Duration connect_max{};  // of TCP, proxy and TLS alone; 0: `timeout`, or the caller's
  base::Duration silence = base::seconds(30);  // of a WebSocket, which is pinged at half of it
  std::size_t body_bytes_max = net::HttpClientLimits{}.body_bytes_max;  // of what does not go on
};

class Client {
 public:
  /// Reads certificates; connects with the first request.
  /// Errors: InvalidArgument for a server or a certificate that cannot be used.
  static base::Result<std::unique_ptr<Client>> make(aio::Clock& clock, aio::Executor executor,
                                                    Config config, ClientOptions options = {});
  virtual ~Client() = default;

  /// The namespace of the configuration.
  virtual const std::string& ns() const = 0;
  /// "10.96.0.1:443"
  virtual std::string host() const = 0;
  /// Called for each answer, of a watch when it was accepted, and with 0 where none came.
  std::function<void(unsigned code, const std::string& method)> on_answer;

  /// Any request. `what` names it in errors. Errors: Unavailable, DeadlineExceeded, Cancelled,
  /// ResourceExhausted (a body over the limit); of the credentials: PermissionDenied, NotFound (of
  /// the plugin).
  virtual aio::Task<base::Result<Reply>> send(std::string method, std::string target,
                                              std::string content_type, std::string body,
                                              std::stop_token stop) = 0;
  /// An answer that goes on: its body goes to `sink` as it comes; false: enough. Ends in order when
  /// the server ends it. `opened`, which may be empty, is called when it was accepted.
  virtual aio::Task<base::Result<Reply>> stream(std::string target, std::function<void()> opened,
                                                std::function<bool(std::string_view)> sink,
                                                std::stop_token stop) = 0;
  /// A WebSocket of one of these subprotocols, the best first, with messages of at most 1 MiB.
  /// Errors: as net::WebSocket::open(), and of the credentials.
  virtual aio::Task<base::Result<Upgrade>> upgrade(std::string target,
                                                   std::vector<std::string> protocols,
                                                   std::stop_token stop) = 0;

  /// A watch: each line, an event, goes to `line` as it comes, without its end; false: enough.
  /// Otherwise as stream().
  aio::Task<base::Result<Reply>> watch(std::string target, std::function<void()> opened,
                                       std::function<bool(std::string_view)> line,
                                       std::stop_token stop);
  aio::Task<base::Result<Reply>> get(Resource resource, Key key, std::stop_token stop,
                                     std::string subresource = {});
  /// Of one namespace; empty: of all.
  aio::Task<base::Result<Reply>> list(Resource resource, std::string ns, ListQuery query,
                                      std::stop_token stop);
  aio::Task<base::Result<Reply>> create(Resource resource, std::string ns, std::string body,
                                        WriteOptions options, std::stop_token stop);
  aio::Task<base::Result<Reply>> replace(Resource resource, Key key, std::string body,
                                         WriteOptions options, std::stop_token stop);
  aio::Task<base::Result<Reply>> patch(Resource resource, Key key, PatchType type, std::string body,
                                       WriteOptions options, std::stop_token stop);
  aio::Task<base::Result<Reply>> remove(Resource resource, Key key, DeleteOptions options,
                                        std::stop_token stop);
};

/// The target of a watch of one namespace; empty: of all.
std::string watch_target(const Resource& resource, const std::string& ns, const WatchQuery& query);

}  // namespace kube
