// The operator's log: one JSON object a line on stderr, for people and for collectors.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace op {

enum class Level : std::uint8_t { Info, Warning, Error };
using LogFields = std::vector<std::pair<std::string, std::string>>;

/// {"ts":"2026-11-21T04:42:24.123Z","level":"info","msg":…,"controller":"drill",…}
void log(Level level, const std::string& message, const LogFields& fields);

/// One line on stderr, with the time: of what runs in a drill's pods.
void say(const std::string& text);

/// Both go there instead of stderr; empty: to stderr again. Thread: of this one alone.
void listen_to_log(std::function<void(const std::string& text)> listener);

}  // namespace op
