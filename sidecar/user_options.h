// The flags about users.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "sidecar/settings.h"

namespace sidecar {

/// As the flags say it, before it is settings.
struct RawUsers {
  std::string mode = "off", strategy = "fair-share";
  std::int64_t wait = 10;
};

void user_flags(CLI::App& app, RawUsers& raw, UserSettings& users);
/// Errors: InvalidArgument, naming the flag.
base::Result<> settle_users(const RawUsers& raw, Mode mode, UserSettings& users);

}  // namespace sidecar
