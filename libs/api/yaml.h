// YAML in, as users of Kubernetes expect it, and safely. yaml-cpp tokenises; everything it gets
// wrong is done around it:
// - LoadAll(",") eats all memory: documents are split here and parsed one by one, and what is left
//   behind a document is a problem instead of being ignored;
// - its trees share aliased nodes, so that a "billion laughs" file loads at once and explodes when
//   walked: the tree is built here from its events, an alias costs what it stands for, and nodes,
//   bytes and depth are bounded while it grows;
// - it keeps duplicate keys silently: refused, with both places;
// - it reads `010` as 8 and `no` as false: scalars are resolved by the YAML 1.2 core schema here.
// Refused with their line: text that is not UTF-8, control characters, a tab in an indentation,
// more than 3 MB, directives, tags other than !!str, merge keys, keys that are not text, NaN and
// infinity. JSON is YAML: a .json file goes the same way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/node.h"
#include "api/problem.h"

namespace api {

struct YamlLimits {
  std::size_t bytes = 3'000'000;
  std::size_t nodes = 50'000;              // of all documents, aliases expanded
  std::size_t expanded_bytes = 9'000'000;  // texts and keys, aliases expanded
  std::size_t depth = 64;
};

/// Every document of the text; those that hold nothing but comments are left out.
/// Errors: the first problem with its place. Never throws.
tl::expected<std::vector<Node>, Problems> parse_yaml(std::string_view text, const std::string& file,
                                                     const YamlLimits& limits = {});

/// An unquoted scalar by the core schema: `no` and `1_000` are text, `010` is 10, `0x1F` and `0o17`
/// are integers, `~` is null. Source: YAML 1.2.2, §10.3.2.
/// Errors: NaN, infinity, integers beyond 64 bits.
base::Result<Node> resolve_scalar(std::string_view text);

}  // namespace api
