// JSON as programs write it to each other, read and written in one pass: whoever speaks with an API
// server does little else. What is unusual (text beyond ASCII, \u, numbers out of range, anything
// wrong) is left to the reader and writer of json.cpp, which know it all and can say what is wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/node.h"

namespace api {

/// The same tree, with the same marks, as the whole reader's. Nothing: that one has to tell.
std::optional<Node> read_plain_json(std::string_view text, std::size_t depth_max);

/// The whole reader. Errors: as parse_json().
base::Result<Node> read_any_json(std::string_view text);

/// Appends the text in quotes. False: it is not ASCII, and nothing was appended.
bool append_plain_string(std::string& out, std::string_view text);

}  // namespace api
