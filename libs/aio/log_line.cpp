#include "aio/log_line.h"

#include <unistd.h>

#include "aio/clock.h"
#include "aio/log_output.h"
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

std::string line_of(Level level, const std::string& message, const LogFields& fields) {
  api::Node line = api::Node::map()
                       .set("ts", base::rfc3339(wall_now()))
                       .set("level", name(level))
                       .set("msg", message);
  for (const auto& [key, value] : fields) line.set(key, value);
  return api::to_json(line) + "\n";
}

LogOutput& output() {
  static LogOutput here(STDERR_FILENO, [](std::uint64_t lost) {
    return line_of(Level::Warning, "lines of the log were lost: nobody read them in time",
                   {{"lines", std::to_string(lost)}});
  });
  return here;
}

}  // namespace

void write_log_line(Level level, const std::string& message, const LogFields& fields) {
  output().write(line_of(level, message, fields));
}

void write_log_text(const std::string& text) {
  output().write(base::rfc3339(wall_now()) + " " + text + "\n");
}

std::uint64_t lost_log_lines() {
  return output().lost();
}

}  // namespace aio
