#include "aio/log_line.h"

#include <cstdio>

#include "aio/clock.h"
#include "api/node.h"

namespace aio {
namespace {

const char* name(Level level) {
  switch (level) {
    case Level::Info: return "info";
    case Level::Warning: return "warning";
    case Level::Error: return "error";
  }
  return "info";
}

}  // namespace

void write_log_line(Level level, const std::string& message, const LogFields& fields) {
  api::Node line = api::Node::map()
                       .set("ts", base::rfc3339(wall_now()))
                       .set("level", name(level))
                       .set("msg", message);
  for (const auto& [key, value] : fields) line.set(key, value);
  const std::string text = api::to_json(line) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace aio
