// The file of --config, from its text to settings: refused with a reason, or settings that the
// parts of the sidecar can be made of. A rule of limits is read from the same text alone, as
// --limit-rule has it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "limit/rules.h"
#include "sidecar/config_file.h"
#include "sidecar/limit_rule.h"
#include "sidecar/options.h"
#include "sidecar/restart.h"

namespace {

void rule(std::string_view text) {
  const auto parsed = sidecar::parse_limit_rule(text);
  if (!parsed) {
    CHECK(!parsed.error().message.empty());
    return;
  }
  CHECK(!parsed->limits.empty());
  for (const limit::Limit& one : parsed->limits) {
    CHECK(one.quota >= 1 && one.quota <= limit::kQuotaMax);
    CHECK(one.window >= base::seconds(1));
  }
  limit::Settings settings;
  settings.rules = {*parsed};
  const auto compiled = limit::Rules::compile(settings);
  CHECK(compiled.has_value() || !compiled.error().message.empty());
}

void judged(const sidecar::Settings& settings) {
  CHECK(!settings.upstream.host.empty() && settings.upstream.port != 0);
  CHECK(settings.head_bytes_max >= 4096 && settings.head_bytes_max <= 65'536);
  CHECK(settings.head >= base::seconds(1) && settings.drain >= base::seconds(1));
  CHECK(sidecar::check(settings.protection).has_value());
  CHECK(sidecar::check(settings.cache).has_value());
  // A file that says what is in force needs no restart.
  CHECK(sidecar::change_of(settings, settings).needs_restart.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  rule(text);
  const auto flags = sidecar::flags_of_config(text, "f");
  CHECK(flags.has_value() || !flags.error().message.empty());
  const sidecar::Parsed parsed =
      sidecar::parse({"--upstream=127.0.0.1:1", "--config=f"}, "v",
                     [&](const std::string&) -> base::Result<std::string> { return text; });
  if (parsed.settings) {
    CHECK(flags.has_value());
    judged(*parsed.settings);
  } else {
    CHECK(parsed.exit == sidecar::kUsage && !parsed.err.empty());
  }
  return 0;
}
