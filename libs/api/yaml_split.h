// The text of a YAML file before its parser sees it: bytes that no parser should be given are
// refused, and the documents are separated. Lines count from 1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/problem.h"

namespace api {

struct YamlDocument {
  std::string text;    // line ends are LF
  int first_line = 1;  // in the file
};

/// Errors: not UTF-8, control characters, a tab in an indentation, directives.
tl::expected<std::vector<YamlDocument>, Problem> split_yaml(std::string_view text,
                                                            const std::string& file);

}  // namespace api
