// The metrics over TLS, for those alone whom the API server lets read them
// (operator/scrape_access.h). The certificate is of an authority of the operator's own, in a Secret
// of its own, so that there need be no admission; whoever is to trust it (a ServiceMonitor) is
// given a ConfigMap, which has the authority and none of the keys. Every replica serves; the leader
// keeps the keys. What is on the operator's other port, its health, stays in the open: a kubelet
// has no token for it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"
#include "metrics/certificate_metrics.h"
#include "net/http_server.h"
#include "operator/certificate_keeper.h"
#include "operator/scrape_access.h"

namespace op {

struct MetricsOptions {
  std::string name;  // of the Service and the Secret; empty: the metrics are in the open
  std::string listen = ":8443";
};

/// Of the text of metrics. Source: Prometheus documentation, "Exposition formats".
inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

class MetricsServer {
 public:
  using Text = std::function<std::string()>;

  /// `ns`, `deployment`: the operator's, with which the Secret goes. Lifetime: clock, client and
  /// what `text` refers to outlive it. Errors: the address.
  static base::Result<std::unique_ptr<MetricsServer>> make(aio::Clock& clock, kube::Client& client,
                                                           const aio::Executor& executor,
                                                           const MetricsOptions& options,
                                                           const std::string& ns,
                                                           const std::string& deployment,
                                                           std::function<bool()> leads, Text text);
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  /// Of every replica, until stopped. Errors: none.
  aio::Task<base::Result<>> serve(std::stop_token stop);
  /// Of the leader, until stopped. Errors: none.
  aio::Task<base::Result<>> work(std::stop_token stop) { return keeper_->work(std::move(stop)); }
  kube::Controller& controller() { return keeper_->controller(); }
  std::uint16_t port() const { return server_->port(); }

 private:
  MetricsServer(aio::Clock& clock, kube::Client& client, Text text)
      : access_(clock, client), text_(std::move(text)) {}
  aio::Task<net::HttpReply> answer(net::HttpRequest request, std::stop_token stop);

  ScrapeAccess access_;
  Text text_;
  metrics::CertificateMetrics expiry_{metrics::CertificateMetrics::Server::Metrics};
  std::shared_ptr<net::ServerIdentity> identity_ = std::make_shared<net::ServerIdentity>();
  std::optional<CertificateKeeper> keeper_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace op
