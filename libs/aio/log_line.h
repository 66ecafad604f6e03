// A line of a program's log: one JSON object, for people and for collectors.
//   {"ts":"2026-11-21T04:42:24.123Z","level":"info","msg":…,"controller":"drill",…}
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace aio {

enum class Level : std::uint8_t { Info, Warning, Error };
using LogFields = std::vector<std::pair<std::string, std::string>>;

/// Writes one to stderr, with the time, and waits for nobody who reads it (aio/log_output.h).
/// Thread: any; a line is written whole.
void write_log_line(Level level, const std::string& message, const LogFields& fields);
/// The same of a text as it is, with the time before it, for people alone.
void write_log_text(const std::string& text);
/// How many could not be written.
std::uint64_t lost_log_lines();

}  // namespace aio
