// Which paths and values a rule is for: a pattern in which '*' stands for any text, also none and
// also with '/'. "/api/*" is a prefix, "*.php" a suffix, "/users/*/password" both.
//
// A path is compared as the application will read it: without its query, %41 as 'A', "//" as "/",
// "/a/../b" as "/b". Otherwise /%6Cogin is a way around the rule for /login. '%2F' stays as it is,
// because it is no separator to everybody.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace limit {

bool matches(std::string_view pattern, std::string_view text);

/// The path of a request's target in its plain form, in `buffer` unless it is plain already; empty
/// when it does not fit: what it is for is then not known. Source: RFC 3986 section 6.2.2.
std::optional<std::string_view> plain_path(std::string_view target, std::span<char> buffer);

}  // namespace limit
