// What an application says it did: a named thing that took so long and went well or not. Timers of
// StatsD and spans of OpenTelemetry both become this. Who it was done for, and the number of a
// request, are no part of it: they would be a label some day.
#pragma once

#include <string>

#include "base/time.h"

namespace ingest {

struct Operation {
  std::string name;
  base::Duration duration{};
  bool success = true;
  bool operator==(const Operation&) const = default;
};

}  // namespace ingest
