// The configuration file: a SidecarProfile, or its spec alone, in YAML. It has a field for each
// flag, and becomes flags: there is one place that judges values and knows defaults, and a flag on
// the command line wins over the file. `injection`, which is for who puts a sidecar into a pod, is
// passed over.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sidecar {

struct ConfigField {
  enum class Type : std::uint8_t { Text, Integer, Number, Boolean, Texts, Maps, Named };
  std::string_view field;
  Type type;
  std::string_view flag;
  bool given_when = true;  // of a boolean: the value for which the flag is given
};
/// All that the file may have; each is a field of api::sidecar_profile_table() too.
std::span<const ConfigField> config_fields();

/// `headBytesMax: 4096` gives "--head-bytes-max=4096", and of what is a map of names (Named) each
/// entry a flag: `slowTimings: {apiMillis: 50}` gives "--slow-timing=apiMillis=50". `file` is only
/// for messages. Errors: InvalidArgument with all problems, each with its line: no YAML, an unknown
/// field, a value of the wrong type.
base::Result<std::vector<std::string>> flags_of_config(std::string_view text,
                                                       const std::string& file);

/// Of --config-optional: a file that is not there is as one that says limits are in dry-run. Who
/// injects sidecars cannot know whether they stand behind a proxy.
base::Result<std::string> or_missing(base::Result<std::string> text, bool optional);

}  // namespace sidecar
