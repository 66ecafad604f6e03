// The cases of requests.txt.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace http1 {

struct Case {
  std::string name, rfc, want, bytes;
};

std::ostream& operator<<(std::ostream& out, const Case& one);

/// All of them; an empty list when the file cannot be read or has a line that is none of a case.
std::vector<Case> read_cases();

}  // namespace http1
