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

/// One line, without its end.
std::string format(const Problem& problem);
/// "plan.yaml:12:5: spec.objectives.rtoSeconds: 0 is out of range: …", a line each.
/// In the order of the file; no newline after the last.
std::string format(const Problems& problems);
/// All of them as one InvalidArgument, for callers that return base::Result.
base::Error to_error(const Problems& problems);

}  // namespace api
