// The flags of what is added to the heads of requests and responses.
#pragma once

#include <string>

#include "base/result.h"
#include "sidecar/settings.h"

namespace CLI {
class App;
}

namespace sidecar {

/// As the flags say it, before it is settings.
struct RawHeaders {
  std::string forwarded = "append";
  std::string own = "keep";
};

/// Lifetime: `raw` and the settings outlive the parsing.
void header_flags(CLI::App& app, RawHeaders& raw, Settings& settings);
/// Errors: InvalidArgument, naming the flag, its value and what is allowed.
base::Result<> settle_headers(const RawHeaders& raw, Settings& settings);

}  // namespace sidecar
