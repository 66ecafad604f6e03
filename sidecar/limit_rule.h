// A rule of limits as the configuration writes it; on the command line in JSON:
//   {"name": "login", "path": "/login", "method": "POST",
//    "limits": [{"requests": 10, "seconds": 60}, {"requests": 50, "seconds": 3600}]}
#pragma once

#include <string_view>

#include "base/result.h"
#include "limit/rules.h"

namespace sidecar {

/// Errors: InvalidArgument, naming the field, its value and what is allowed. What rules together
/// may not be (two of one name, say) is for limit::Rules to refuse.
base::Result<limit::RuleSettings> parse_limit_rule(std::string_view json);

}  // namespace sidecar
