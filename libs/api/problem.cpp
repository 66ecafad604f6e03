#include "api/problem.h"

#include <fmt/format.h>

namespace api {

std::string format(const Problems& problems) {
  std::string out;
  for (const Problem& problem : problems) {
    std::string place = problem.file;
    if (problem.mark.line > 0) {
      place +=
          fmt::format("{}{}:{}", place.empty() ? "" : ":", problem.mark.line, problem.mark.column);
    }
    if (!place.empty()) out += place + ": ";
    if (!problem.field.empty()) out += problem.field + ": ";
    out += problem.message + "\n";
  }
  return out;
}

}  // namespace api
