// What a new configuration changes while the sidecar serves. Most settings are for the next request
// or connection; some are built in at the start (ports, threads, tables of fixed size). Those keep
// their value and are told by name, and all others are taken: to refuse the whole would keep an
// urgent rule waiting for the restart of something that it has nothing to do with. Pure.
#pragma once

#include <string>
#include <vector>

#include "sidecar/settings.h"

namespace sidecar {

struct Change {
  Settings settings;                       // to serve with from now on
  std::vector<std::string> needs_restart;  // flags whose new value waits for a restart
};

Change change_of(const Settings& in_force, const Settings& wanted);

}  // namespace sidecar
