#include "operator/log.h"

#include <cstdint>
#include <cstdio>
#include <utility>

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

std::function<void(const std::string&)>& listener_here() {
  thread_local std::function<void(const std::string&)> listener;
  return listener;
}

}  // namespace

void listen_to_log(std::function<void(const std::string& text)> listener) {
  listener_here() = std::move(listener);
}

void say(const std::string& text) {
  if (listener_here()) return listener_here()(text);
  fmt::print(stderr, "{} {}\n", base::rfc3339(aio::wall_now()), text);
}

void log(Level level, const std::string& message, const LogFields& fields) {
  if (listener_here()) return listener_here()(message);
  api::Node line = api::Node::map()
                       .set("ts", base::rfc3339(aio::wall_now()))
                       .set("level", name(level))
                       .set("msg", message);
  for (const auto& [key, value] : fields) line.set(key, value);
  fmt::print(stderr, "{}\n", api::to_json(line));
}

}  // namespace op
