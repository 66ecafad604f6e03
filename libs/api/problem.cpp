#include "api/problem.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace api {

std::string format(const Problem& problem) {
  std::string out = problem.file;
  if (problem.mark.line > 0) out += fmt::format(":{}:{}", problem.mark.line, problem.mark.column);
  if (!out.empty()) out += ": ";
  if (!problem.field.empty()) out += problem.field + ": ";
  return out + problem.message;
}

std::string format(const Problems& problems) {
  std::vector<const Problem*> sorted;
  for (const Problem& problem : problems) sorted.push_back(&problem);
  std::sort(sorted.begin(), sorted.end(), [](const Problem* a, const Problem* b) {
    return std::tie(a->mark.line, a->mark.column, a) < std::tie(b->mark.line, b->mark.column, b);
  });
  std::string out;
  for (const Problem* problem : sorted) {
    if (!out.empty()) out += '\n';
    out += format(*problem);
  }
  return out;
}

base::Error to_error(const Problems& problems) {
  return {base::Code::InvalidArgument, format(problems)};
}

}  // namespace api
