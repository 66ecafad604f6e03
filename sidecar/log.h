// The sidecar's log. Nothing is logged per request: what happens to requests is in the metrics and
// in the answers themselves.
#pragma once

#include <string>

#include "aio/log_line.h"
#include "sidecar/metric_text.h"

namespace sidecar {

using aio::Level;
using aio::LogFields;

/// Thread: any; a line is written whole.
inline void log(Level level, const std::string& message, const LogFields& fields = {}) {
  aio::write_log_line(level, message, fields);
}

/// "muster_sidecar_log_…", in the text format 0.0.4.
inline std::string log_exposition() {
  return metric("muster_sidecar_log_lines_dropped_total", "counter",
                "Lines of the log that nobody took in time.", aio::lost_log_lines());
}

}  // namespace sidecar
