#include "sidecar/admin.h"

#include <fmt/format.h>

namespace sidecar {
namespace {

constexpr std::string_view kQueries = "/api/monitoring/";

}  // namespace

net::HttpReply serve_admin(const net::HttpRequest& request, const AdminView& view,
                           const Watch& watch, const std::function<std::string()>& metrics) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (request.method != "GET" && request.method != "HEAD") {
    return {405, "text/plain; charset=utf-8", "GET or HEAD\n"};
  }
  if (path == "/livez") return {200, "text/plain; charset=utf-8", "ok\n"};
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics()};
  if (path == "/readyz") {
    const bool ready = !view.draining && view.upstream_reachable;
    return {ready ? 200U : 503U, "text/plain; charset=utf-8",
            fmt::format("[{}] serving{}\n[{}] application{}{}\n", view.draining ? '-' : '+',
                        view.draining ? ": draining" : "", view.upstream_reachable ? '+' : '-',
                        view.upstream_detail.empty() ? "" : ": ", view.upstream_detail)};
  }
  if (path == "/health") return watch.health();
  if (path.starts_with(kQueries)) {
    if (auto reply = watch.query(request.target.substr(kQueries.size()))) return std::move(*reply);
  }
  return {404, "text/plain; charset=utf-8",
          "try /livez, /readyz, /health, /metrics or /api/monitoring/metrics, health, system\n"};
}

}  // namespace sidecar
