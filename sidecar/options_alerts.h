// The flags of thresholds and of what else decides when something is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sidecar/alert_settings.h"

namespace CLI {
class App;
}

namespace sidecar {

/// As the flags say it, before it is settings.
struct RawAlerts {
  std::vector<std::string> thresholds, operations, encryption, slow;
  std::string errors_from = "4xx";
  std::int64_t cooldown = 300;
};

/// Lifetime: `raw` and `alerts` outlive the parsing.
void alert_flags(CLI::App& app, RawAlerts& raw, AlertSettings& alerts);
/// Errors: InvalidArgument, naming the flag, its value and what is allowed.
base::Result<> settle_alerts(const RawAlerts& raw, AlertSettings& alerts);

}  // namespace sidecar
