// Events and actions as one line of text each, for transcripts, logs and the simulation's output:
//   Observed Good since=2.000 through=12.000 promoted=No redundancy=Yes
//   -> Inject fault:0
// Times are seconds of the steady clock with milliseconds. Texts stand at the end of the line.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "drill/engine_events.h"

namespace drill {

std::string to_string(const Event& event);
std::string to_string(const Action& action);
/// The inverse of to_string(Event).
/// Errors: InvalidArgument naming the line and what is allowed.
base::Result<Event> parse_event(std::string_view line);

}  // namespace drill
