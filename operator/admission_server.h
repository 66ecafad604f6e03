// The operator's admission server: a path of a webhook leads to a handler. Which objects a path is
// asked about is for the webhook's configuration to say; another webhook is another line:
//
//   server->add("/validate", validator);
//   server->add("/mutate-pods", injector);   // its answer has a patch
//
// The port is open to a whole cluster, because nobody knows the API server's address. What is known
// to it alone is a first component of each path, /SECRET/validate, which the keeper of the keys
// draws and writes into the webhooks: who does not know it is answered 404 whatever he asks.
// A handler never sees what is no AdmissionReview: that is answered by 400, too much by 413, and a
// client that is too slow is closed. Nothing of it depends on who leads: every replica serves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "metrics/admission_metrics.h"
#include "net/http_server.h"
#include "operator/admission_review.h"

namespace op {

using AdmissionHandler =
    std::function<aio::Task<AdmissionAnswer>(AdmissionRequest request, std::stop_token stop)>;

/// An API server keeps its connections for 90 s; one that we closed in the moment in which it is
/// used again would be a call that fails.
net::HttpServerLimits admission_limits();

class AdmissionServer {
 public:
  /// Lifetime: clock and metrics outlive it. Errors: as net::HttpServer::listen_tls().
  static base::Result<std::unique_ptr<AdmissionServer>> listen(
      aio::Clock& clock, const aio::Executor& executor, const std::string& listen,
      std::shared_ptr<net::ServerIdentity> identity, metrics::AdmissionMetrics& metrics,
      const net::HttpServerLimits& limits = admission_limits());
  AdmissionServer(const AdmissionServer&) = delete;
  AdmissionServer& operator=(const AdmissionServer&) = delete;

  /// Before serve(). Lifetime: what the handler refers to outlives serve().
  void add(const std::string& path, AdmissionHandler handler);
  /// From now on these first components are taken and no others. Until then none is.
  void take(std::vector<std::string> secrets) { secrets_ = std::move(secrets); }
  std::uint16_t port() const { return server_->port(); }
  /// Until stopped. Errors: none.
  aio::Task<base::Result<>> serve(std::stop_token stop);

 private:
  AdmissionServer(aio::Clock& clock, metrics::AdmissionMetrics& metrics)
      : clock_(clock), metrics_(metrics) {}
  using Handlers = std::map<std::string, AdmissionHandler, std::less<>>;
  bool takes(std::string_view secret) const;
  Handlers::const_iterator find(std::string_view target) const;
  aio::Task<net::HttpReply> answer(net::HttpRequest request, std::stop_token stop);

  aio::Clock& clock_;
  metrics::AdmissionMetrics& metrics_;
  Handlers handlers_;
  std::vector<std::string> secrets_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace op
