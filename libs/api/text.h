// Text as documents need it: UTF-8 checked byte by byte, quoted so that JSON and every version of
// YAML read it back as the same text, shortened for messages, compared with what is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"

namespace api {

/// Length of the valid UTF-8 sequence that begins at `at`; 0: there is none.
/// Source: Unicode 15, table 3-7 (no surrogates, nothing overlong).
std::size_t utf8_length(std::string_view text, std::size_t at);
/// Offset of the first byte that is no UTF-8; npos: all is well.
std::size_t first_bad_utf8(std::string_view text);
/// Appends a JSON string, which YAML reads alike; bytes that are no UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text);

/// At most about 60 bytes for a message; control characters are escaped.
std::string brief(std::string_view text);
/// A value for a message: "300s" in quotes, 42, true, "a list of 3", "a map of 2".
std::string brief_value(const Node& node);

/// The known name that was probably meant; empty if none is near. Different units of the same
/// quantity are near: rtoMinutes -> rtoSeconds.
std::string nearest(std::string_view word, const std::vector<std::string>& known);
/// "a, b, c"
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

}  // namespace api
