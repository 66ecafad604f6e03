// The sidecar's log: one JSON object a line on stderr, as the operator's. Nothing is logged per
// request: what happens to requests is in the metrics and in the answers themselves.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sidecar {

enum class Level : std::uint8_t { Info, Warning, Error };
using LogFields = std::vector<std::pair<std::string, std::string>>;

/// {"ts":"2026-11-21T04:42:24.123Z","level":"info","msg":…,"listen":…}
/// Thread: any; a line is written whole.
void log(Level level, const std::string& message, const LogFields& fields = {});

}  // namespace sidecar
