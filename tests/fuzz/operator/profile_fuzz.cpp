// A SidecarProfile as somebody applied it: every problem has a message, and how the sidecar is
// injected is read or refused.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/sidecar_profile.h"
#include "api/yaml.h"
#include "base/check.h"
#include "operator/profile_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto documents = api::parse_yaml(text, "f", {.bytes = 1 << 20, .nodes = 5000, .depth = 64});
  if (!documents) return 0;
  for (const api::Node& profile : *documents) {
    for (const api::Problem& problem : op::problems_of_profile(profile)) {
      CHECK(!problem.message.empty());
    }
    const auto injection = api::sidecar_injection(profile);
    CHECK(injection.has_value() || !injection.error().message.empty());
    static_cast<void>(api::says_limits(profile));
    static_cast<void>(api::sidecar_config_map(api::sidecar_profile_of(profile)));
  }
  return 0;
}
