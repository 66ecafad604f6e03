// What is told of users: as JSON by the query API, as text to Prometheus. A user is told by its
// keyed hash, and in the metrics not at all: what is there has a fixed number of series.
#pragma once

#include <optional>
#include <string>

#include "api/node.h"
#include "net/http_server.h"
#include "sidecar/user_places.h"

namespace sidecar {

struct UsersQuestion {
  std::size_t top = 20;   // users that are listed: those with violations first, then by requests
  std::size_t users = 0;  // of the forecast; 0: as many as there may be
};

/// "top=5&users=24". Errors: InvalidArgument, naming the argument and what is allowed.
base::Result<UsersQuestion> users_question(std::string_view arguments);

/// `seen`: nothing: users are not watched. `utilisation`: of the CPU; nothing: it is not known.
net::HttpReply users_page(const net::HttpRequest& request, const std::optional<UsersSeen>& seen,
                          std::optional<double> utilisation);
api::Node users_node(const UsersSeen& seen, const UsersQuestion& question,
                     std::optional<double> utilisation);

/// The text format 0.0.4.
std::string users_exposition(const UsersSeen& seen);

}  // namespace sidecar
