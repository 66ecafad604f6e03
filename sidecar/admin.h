// What the sidecar says of itself, on a port of its own:
//   /livez    the process works
//   /readyz   the application can be reached and the sidecar is not draining; else 503, with why
//   /metrics  what all cores count, for Prometheus
//   /health   whether all is as it should be, for people and monitors: 200, or 503 with the issues
//   /api/monitoring/{metrics,health,system}   the same in numbers, in JSON
#pragma once

#include <functional>
#include <string>

#include "net/http_server.h"
#include "sidecar/watch.h"

namespace sidecar {

struct AdminView {
  bool draining = false;
  bool upstream_reachable = false;
  std::string upstream_detail;  // why not
};

/// `metrics`: asked at every scrape.
net::HttpReply serve_admin(const net::HttpRequest& request, const AdminView& view,
                           const Watch& watch, const std::function<std::string()>& metrics);

}  // namespace sidecar
