// The operator's log: one JSON object a line on stderr, for people and for collectors.
#pragma once

#include <functional>
#include <string>

#include "aio/log_line.h"

namespace op {

using aio::Level;
using aio::LogFields;

void log(Level level, const std::string& message, const LogFields& fields);

/// One line on stderr, with the time: of what runs in a drill's pods.
void say(const std::string& text);

/// Both go there instead of stderr; empty: to stderr again. Thread: of this one alone.
void listen_to_log(std::function<void(const std::string& text)> listener);

}  // namespace op
