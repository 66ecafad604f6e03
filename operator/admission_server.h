// The operator's admission server: a path of a webhook leads to a handler. Which objects a path is
// asked about is for the webhook's configuration to say; another webhook is another line:
//
//   server->add("/validate", validator);
//   server->add("/mutate-pods", injector);   // its answer has a patch
//
// A handler never sees what is no AdmissionReview: that is answered by 400, too much by 413, and a
// client that is too slow is closed. Nothing of it depends on who leads: every replica serves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

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
  std::uint16_t port() const { return server_->port(); }
  /// Until stopped. Errors: none.
  aio::Task<base::Result<>> serve(std::stop_token stop);

 private:
  AdmissionServer(aio::Clock& clock, metrics::AdmissionMetrics& metrics)
      : clock_(clock), metrics_(metrics) {}
  aio::Task<net::HttpReply> answer(net::HttpRequest request, std::stop_token stop);

  aio::Clock& clock_;
  metrics::AdmissionMetrics& metrics_;
  std::map<std::string, AdmissionHandler> handlers_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace op
