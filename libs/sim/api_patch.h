// What the API server does with patches: RFC 7386, RFC 6902 as far as it speaks of maps, and
// server-side apply where all fields are the applier's. Pure.
#pragma once

#include "api/node.h"
#include "base/result.h"

namespace sim {

api::Node merged(api::Node object, const api::Node& patch);
/// Errors: FailedPrecondition: a test did not hold; InvalidArgument: a path that is not there, or
/// an operation or a list that is not known here.
base::Result<api::Node> json_patched(api::Node object, const api::Node& operations);

}  // namespace sim
