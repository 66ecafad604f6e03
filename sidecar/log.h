// The sidecar's log. Nothing is logged per request: what happens to requests is in the metrics and
// in the answers themselves.
#pragma once

#include <string>

#include "aio/log_line.h"

namespace sidecar {

using aio::Level;
using aio::LogFields;

/// Thread: any; a line is written whole.
inline void log(Level level, const std::string& message, const LogFields& fields = {}) {
  aio::write_log_line(level, message, fields);
}

}  // namespace sidecar
