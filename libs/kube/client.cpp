#include "kube/client.h"

#include <cctype>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "api/node.h"
#include "http1/date.h"
#include "kube/credentials.h"
#include "kube/lines.h"
#include "net/http_client.h"
#include "net/proxy.h"
#include "net/url.h"
#include "net/websocket.h"

namespace kube {
namespace {

constexpr const char* kJson = "application/json";
constexpr unsigned kSwitching = 101, kOk = 200, kUnauthorized = 401;

const char* content_type(PatchType type) {
  switch (type) {
    case PatchType::Merge: return "application/merge-patch+json";
    case PatchType::Json: return "application/json-patch+json";
    case PatchType::Strategic: return "application/strategic-merge-patch+json";
    case PatchType::Apply: return "application/apply-patch+yaml";
  }
  return kJson;
}

std::string with_options(std::string path, const WriteOptions& options) {
  return path + Query()
                    .add("fieldManager", options.field_manager)
                    .add("force", options.force ? "true" : "")
                    .add("dryRun", options.dry_run ? "All" : "")
                    .text();
}

/// A key of what more is known of a user, as a part of a header's name: what may not be in one, and
/// '%', stands there escaped. Source: Kubernetes documentation, "User impersonation".
std::string escaped_key(const std::string& key) {
  constexpr std::string_view kAllowed = "!#$&'*+-.^_`|~";
  std::string out;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || kAllowed.find(c) < kAllowed.size());
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

void add_impersonation(const Impersonation& as, std::vector<net::HttpHeader>& headers) {
  if (!as.user.empty()) headers.push_back({"Impersonate-User", as.user});
  if (!as.uid.empty()) headers.push_back({"Impersonate-Uid", as.uid});
  for (const std::string& group : as.groups) headers.push_back({"Impersonate-Group", group});
  for (const auto& [key, value] : as.extra) {
    headers.push_back({"Impersonate-Extra-" + escaped_key(key), value});
  }
}

class HttpsClient final : public Client {
 public:
  HttpsClient(aio::Clock& clock, aio::Executor executor, Config config, ClientOptions options,
              net::Url server, std::optional<net::Proxy> proxy, Credentials credentials)
      : clock_(clock),
        config_(std::move(config)),
        options_(std::move(options)),
        server_(std::move(server)),
        proxy_(std::move(proxy)),
        credentials_(std::move(credentials)),
        executor_(std::move(executor)),
        http_(executor_, server_.address, nullptr,
              net::HttpClientLimits{.body_bytes_max = options_.body_bytes_max,
                                    .connect_max = options_.connect_max}) {
    while (server_.path.ends_with('/')) server_.path.pop_back();
  }

  const std::string& ns() const override { return config_.ns; }
  std::string host() const override { return server_.address.text(); }

  aio::Task<base::Result<Reply>> send(std::string method, std::string target,
                                      std::string content_type, std::string body,
                                      std::stop_token stop) override {
    net::HttpCall call{std::move(method), std::move(target), {}, std::move(body)};
    if (!call.body.empty()) call.headers.push_back({"Content-Type", std::move(content_type)});
    const std::string what = what_of(call);
    auto ask = [this, &call](std::stop_token token) {
      return exchange(std::move(call), {}, {}, std::move(token));  // asked once
    };
    co_return co_await aio::with_deadline(clock_, clock_.now() + options_.timeout, std::move(stop),
                                          what, ask);
  }

  aio::Task<base::Result<Reply>> stream(std::string target, std::function<void()> opened,
                                        std::function<bool(std::string_view)> sink,
                                        std::stop_token stop) override {
    co_return co_await exchange({"GET", std::move(target), {}, {}}, std::move(opened),
                                std::move(sink), std::move(stop));
  }

  aio::Task<base::Result<Upgrade>> upgrade(std::string target, std::vector<std::string> protocols,
                                           std::stop_token stop) override {
    const net::HttpCall call{"GET", std::move(target), {}, {}};
    net::WebSocketLimits limits;
    limits.silence_max = options_.silence;
    const std::string what = what_of(call);
    for (bool again = true;; again = false) {
      auto who = co_await identity(stop);
      if (!who) co_return tl::unexpected(unasked(who.error()).with(what));
      auto opened = co_await net::WebSocket::open(executor_, server_.address, tls_,
                                                  addressed(call, who->authorization, "*/*"),
                                                  protocols, limits, stop);
      count(opened ? opened->answer.status : 0, call.method);
      if (!opened) co_return tl::unexpected(opened.error().with(what));
      if (opened->answer.status == kUnauthorized && again && credentials_.refused(*who)) continue;
      co_return Upgrade{reply_of(std::move(opened->answer)), std::move(opened->socket)};
    }
  }

 private:
  static std::string what_of(const net::HttpCall& call) {
    return call.method + " " + call.target.substr(0, call.target.find('?'));
  }

  /// Who we are, over connections that were made as that. Nobody, where nothing hides it.
  aio::Task<base::Result<Identity>> identity(std::stop_token stop) {
    if (!server_.tls) co_return Identity{};
    CO_TRY(Identity identity, co_await credentials_.current(std::move(stop)));
    const base::TimePoint now = clock_.now();
    const bool other = !connected_as_ || *connected_as_ != identity.generation;
    if (other || now - authority_read_ >= kFileAge) {
      CO_TRY(std::string authority, read_pem(config_.cluster.authority));
      authority_read_ = now;
      if (!other && authority == authority_) co_return std::move(identity);
      authority_ = std::move(authority);
      net::TlsOptions tls;
      tls.ca = authority_;
      tls.server_name = config_.cluster.tls_server_name;
      tls.insecure = config_.cluster.insecure;
      tls.certificate = identity.certificate;
      tls.key = identity.key;
      CO_TRY(tls_, net::make_tls_context(tls));
      if (proxy_) net::go_through(*tls_, *proxy_);
      http_.use(tls_);
      connected_as_ = identity.generation;
    }
    co_return std::move(identity);
  }

  /// `accept`: nodes answer 406 to a request for a stream that asks for JSON (seen of 1.36).
  net::HttpCall addressed(const net::HttpCall& call, const std::string& authorization,
                          const char* accept = kJson) const {
    net::HttpCall out{call.method, server_.path + call.target, {}, call.body};
    constexpr std::size_t kOurs = 4;  // most of the time
    out.headers.reserve(call.headers.size() + kOurs);
    out.headers = call.headers;
    out.headers.push_back({"User-Agent", options_.user_agent});
    out.headers.push_back({"Accept", accept});
    if (!authorization.empty()) out.headers.push_back({"Authorization", authorization});
    add_impersonation(config_.user.impersonate, out.headers);
    return out;
  }

  aio::Task<base::Result<Reply>> exchange(net::HttpCall call, std::function<void()> opened,
                                          std::function<bool(std::string_view)> sink,
                                          std::stop_token stop) {
    const std::string what = what_of(call);
    for (bool again = true;; again = false) {
      auto who = co_await identity(stop);
      if (!who) co_return tl::unexpected(who.error().with(what));
      bool counted = false;
      base::Result<net::HttpAnswer> answer;
      if (sink) {
        const std::function<void()> accepted = [this, &counted, &opened, &call] {
          counted = true;
          count(kOk, call.method);
          if (opened) opened();
        };
        answer = co_await http_.stream(addressed(call, who->authorization), sink, accepted, stop);
      } else {
        answer = co_await http_.exchange(addressed(call, who->authorization), stop);
      }
      if (!counted) count(answer ? answer->status : 0, call.method);
      if (!answer) co_return tl::unexpected(answer.error().with(what));
      if (answer->status == kUnauthorized && again && credentials_.refused(*who)) continue;
      co_return reply_of(std::move(*answer));
    }
  }

  /// Of a request of which no byte was sent.
  static base::Error unasked(base::Error error) {
    if (error.retry == base::Retry::Terminal) error.retry = base::Retry::Backoff;
    return error;
  }

  void count(unsigned code, const std::string& method) const {
    if (on_answer) on_answer(code, method);
  }

  Reply reply_of(net::HttpAnswer answer) const {
    Reply out;
    out.code = answer.status;
    const std::string* date = answer.header("Date");
    if (date != nullptr) out.date = http1::parse_date(*date, clock_.wall_now());
    if (!out.ok() && out.code != kSwitching) {
      const std::string* after = answer.header("Retry-After");
      out.refusal = refusal_of(out.code, answer.body, after == nullptr ? "" : *after);
    }
    out.body = std::move(answer.body);
    return out;
  }

  aio::Clock& clock_;
  Config config_;
  ClientOptions options_;
  net::Url server_;
  std::optional<net::Proxy> proxy_;
  Credentials credentials_;
  aio::Executor executor_;
  net::HttpClient http_;
  std::shared_ptr<net::TlsContext> tls_;       // null: plain, or nothing was asked yet
  std::optional<std::uint64_t> connected_as_;  // Identity::generation
  std::string authority_;
  base::TimePoint authority_read_{};
};

}  // namespace

base::Result<std::unique_ptr<Client>> Client::make(aio::Clock& clock, aio::Executor executor,
                                                   Config config, ClientOptions options) {
  std::string server = config.cluster.server;
  if (server.find("://") == std::string::npos) server = "https://" + server;
  TRY(net::Url url, net::parse_url(server));
  std::optional<net::Proxy> proxy;
  if (!config.cluster.proxy.empty()) {
    TRY(proxy, net::parse_proxy(config.cluster.proxy));
    // In the open it would read everything.
    if (!url.tls) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("server '{}': one that is reached through a proxy has to be "
                                    "https://",
                                    server));
    }
  }
  TRY(auto credentials, Credentials::make(clock, config.user));
  return std::make_unique<HttpsClient>(clock, std::move(executor), std::move(config),
                                       std::move(options), std::move(url), std::move(proxy),
                                       std::move(credentials));
}

aio::Task<base::Result<Reply>> Client::watch(std::string target, std::function<void()> opened,
                                             std::function<bool(std::string_view)> line,
                                             std::stop_token stop) {
  Lines lines(std::move(line), {});
  const auto take = [&lines](std::string_view bytes) { return lines.take(bytes); };
  co_return co_await stream(std::move(target), std::move(opened), take, std::move(stop));
}

aio::Task<base::Result<Reply>> Client::get(Resource resource, Key key, std::stop_token stop,
                                           std::string subresource) {
  return send("GET", path_of(resource, key, subresource), "", "", std::move(stop));
}

aio::Task<base::Result<Reply>> Client::list(Resource resource, std::string ns, ListQuery query,
                                            std::stop_token stop) {
  Query text;
  text.add("labelSelector", query.labels).add("fieldSelector", query.fields);
  text.add("resourceVersion", query.version).add("resourceVersionMatch", query.match);
  text.add("limit", query.limit == 0 ? "" : std::to_string(query.limit));
  text.add("continue", query.next);
  return send("GET", path_of(resource, {std::move(ns), ""}) + text.text(), "", "", std::move(stop));
}

aio::Task<base::Result<Reply>> Client::create(Resource resource, std::string ns, std::string body,
                                              WriteOptions options, std::stop_token stop) {
  return send("POST", with_options(path_of(resource, {std::move(ns), ""}), options), kJson,
              std::move(body), std::move(stop));
}

aio::Task<base::Result<Reply>> Client::replace(Resource resource, Key key, std::string body,
                                               WriteOptions options, std::stop_token stop) {
  return send("PUT", with_options(path_of(resource, key, options.subresource), options), kJson,
              std::move(body), std::move(stop));
}

aio::Task<base::Result<Reply>> Client::patch(Resource resource, Key key, PatchType type,
                                             std::string body, WriteOptions options,
                                             std::stop_token stop) {
  return send("PATCH", with_options(path_of(resource, key, options.subresource), options),
              content_type(type), std::move(body), std::move(stop));
}

aio::Task<base::Result<Reply>> Client::remove(Resource resource, Key key, DeleteOptions options,
                                              std::stop_token stop) {
  api::Node body = api::Node::map();
  body.set("kind", "DeleteOptions").set("apiVersion", "v1");
  if (options.grace_seconds) body.set("gracePeriodSeconds", *options.grace_seconds);
  if (!options.propagation.empty()) body.set("propagationPolicy", options.propagation);
  api::Node preconditions = api::Node::map();
  if (!options.uid.empty()) preconditions.set("uid", options.uid);
  if (!options.version.empty()) preconditions.set("resourceVersion", options.version);
  if (preconditions.size() > 0) body.set("preconditions", std::move(preconditions));
  return send("DELETE", path_of(resource, key), kJson, api::to_json(body), std::move(stop));
}

std::string watch_target(const Resource& resource, const std::string& ns, const WatchQuery& query) {
  Query text;
  text.add("watch", "true").add("allowWatchBookmarks", "true");
  text.add("labelSelector", query.labels).add("fieldSelector", query.fields);
  text.add("resourceVersion", query.version);
  if (query.initial) {
    text.add("sendInitialEvents", "true").add("resourceVersionMatch", "NotOlderThan");
  }
  if (query.timeout_seconds > 0) {
    text.add("timeoutSeconds", std::to_string(query.timeout_seconds));
  }
  return path_of(resource, {ns, ""}) + text.text();
}

}  // namespace kube
