// A command line of the sidecar and the text of its file, as the tests of settings read them.
#pragma once

#include <string>
#include <vector>

#include "sidecar/options.h"

namespace sidecar {

/// `file`: what --config names; empty: there is none.
inline Parsed parsed(std::vector<std::string> flags, const std::string& file = "") {
  flags.insert(flags.end(), {"--upstream", "127.0.0.1:8080"});
  if (!file.empty()) flags.insert(flags.end(), {"--config", "side.yaml"});
  return parse(flags, "v", [&](const std::string&) -> base::Result<std::string> { return file; });
}

}  // namespace sidecar
