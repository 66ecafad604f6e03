// What is wrong with a user's input: all of it at once, each with its place, the field, the value
// found and what is allowed.
#pragma once

#include <string>
#include <vector>

#include "api/node.h"

namespace api {

struct Problem {
  std::string file;
  Mark mark;
  std::string field;    // "spec.timing.baselineSeconds"; empty: the document
  std::string message;  // "0 is out of range: an integer from 1 to 86400 is allowed"
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

/// "plan.yaml:12:5: spec.objectives.rtoSeconds: 0 is out of range: …", a line each.
std::string format(const Problems& problems);

}  // namespace api
