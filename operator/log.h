// The operator's log: one JSON object a line on stderr, for people and for collectors.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace op {

enum class Level : std::uint8_t { Info, Warning, Error };
using LogFields = std::vector<std::pair<std::string, std::string>>;

/// {"ts":"2026-11-21T04:42:24.123Z","level":"info","msg":…,"controller":"drill",…}
void log(Level level, const std::string& message, const LogFields& fields);

}  // namespace op
