// What the sidecar says of itself, on a port of its own:
//   /livez    the process works
//   /readyz   the application can be reached and the sidecar is not draining; else 503, with why
//   /metrics  what all cores count, for Prometheus
#pragma once

#include <functional>
#include <string>

#include "net/http_server.h"

namespace sidecar {

struct AdminView {
  bool draining = false;
  bool upstream_reachable = false;
  std::string upstream_detail;  // why not
};

/// `metrics`: asked at every scrape.
net::HttpReply serve_admin(const net::HttpRequest& request, const AdminView& view,
                           const std::function<std::string()>& metrics);

}  // namespace sidecar
