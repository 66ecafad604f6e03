// The page that Prometheus scrapes, in the form that it asks for: text format 0.0.4, or OpenMetrics
// with exemplars by Accept; gzip by Accept-Encoding.
#pragma once

#include <functional>
#include <string>

#include "net/http_server.h"
#include "traffic/exposition.h"

namespace sidecar {

net::HttpReply metrics_page(const net::HttpRequest& request,
                            const std::function<std::string(traffic::Format)>& write);

}  // namespace sidecar
