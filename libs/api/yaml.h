// YAML in, as the 1.2 core schema reads it: `no` is a string, 010 is ten. Everything that makes
// YAML dangerous or ambiguous is refused with its place: a key that stands twice, aliases that
// explode, nesting without end, tags, bytes that are not UTF-8. A text may hold several documents;
// empty ones are left out, as kubectl does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/node.h"
#include "api/problem.h"

namespace api {

struct YamlLimits {
  std::size_t bytes = std::size_t{3} << 20;
  std::size_t nodes = 200'000;                    // after aliases are expanded
  std::size_t text_bytes = std::size_t{9} << 20;  // of texts and keys, after aliases are expanded
  std::size_t depth = 64;
};

/// `file` is only for messages. All documents are read, so that the problems of each are reported.
tl::expected<std::vector<Node>, Problems> parse_yaml(std::string_view text, const std::string& file,
                                                     const YamlLimits& limits = {});

}  // namespace api
