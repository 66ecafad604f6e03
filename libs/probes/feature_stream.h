// The stream of one feature of an application: one request, each operation over a connection of its
// own. A feature for users who are logged in is asked for by a user who logs in first, in the same
// operation and on the same connection where the server keeps it open: that is what the feature
// needs to work, and no old session can hide that nobody can log in any more. Answers are judged as
// in http_exchange.h; where the login was not good, its answer is the operation's.
#pragma once

#include <memory>
#include <optional>

#include "probes/http_exchange.h"
#include "probes/operation.h"

namespace probes {

struct FeatureExchange {
  HttpExchange feature;
  std::optional<HttpExchange> login;  // nothing: anybody may have it
};

/// Errors: InvalidArgument for a request that cannot be sent.
base::Result<std::unique_ptr<Operation>> make_feature_operation(LinkTarget target,
                                                                FeatureExchange exchange);

}  // namespace probes
