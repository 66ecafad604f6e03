#include "operator/log.h"

#include <cstdint>
#include <cstdio>

#include <fmt/format.h>

#include "aio/clock.h"
#include "api/node.h"

namespace op {
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

void log(Level level, const std::string& message, const LogFields& fields) {
  api::Node line = api::Node::map()
                       .set("ts", base::rfc3339(aio::wall_now()))
                       .set("level", name(level))
                       .set("msg", message);
  for (const auto& [key, value] : fields) line.set(key, value);
  fmt::print(stderr, "{}\n", api::to_json(line));
}

}  // namespace op
