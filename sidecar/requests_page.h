// GET /api/monitoring/requests: what requests did in a range, by method, endpoint and status, and
// over time. `?range=15m&method=GET&endpoint=/users/{id}`; the endpoint as it is told here, or with
// any of its characters in percent-encoding. Pure but for the page itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/node.h"
#include "base/result.h"
#include "base/time.h"
#include "net/http_server.h"
#include "traffic/endpoint.h"
#include "traffic/request_history.h"

namespace sidecar {

struct RequestsQuestion {
  base::Duration range = base::seconds(900);
  std::optional<traffic::Method> method;
  std::optional<std::string> endpoint;
};
/// Errors: InvalidArgument, naming the argument and what is allowed. Arguments that nobody knows
/// are passed over.
base::Result<RequestsQuestion> requests_question(std::string_view arguments);

/// What `now` of the steady clock is of the wall clock is for the times of the timeline.
api::Node requests_node(const traffic::RequestRange& range, base::Duration asked,
                        const traffic::Endpoints& endpoints, base::TimePoint now,
                        base::WallTime wall);

/// 400 for what cannot be asked; an endpoint that nobody has asked for has no requests.
net::HttpReply requests_page(const net::HttpRequest& request,
                             const traffic::RequestHistory& history,
                             const traffic::Endpoints& endpoints, base::TimePoint now,
                             base::WallTime wall);

}  // namespace sidecar
