// What tables of fields say to people: what is allowed in a field, what was found instead, which
// name was probably meant. Messages of validation, the JSON Schema and the guide use the same
// words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/action.h"
#include "api/node.h"

namespace api {

/// "an integer from 1 to 86400 (in seconds, no unit)", "one of KILL, STOP", "a list of strings".
std::string describe(const FieldSpec& field);
/// "fault", "step", "condition", "probe".
const char* noun(Use use);
/// A value as it stands in a message: JSON, cut off after 60 characters.
std::string show(const Node& value);
/// "a, b, c"; "none".
std::string join(const std::vector<std::string>& names);
/// The name that is nearest by spelling; empty: none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& known);
/// " Did you mean \"x\"?", or empty.
std::string suggest(std::string_view name, const std::vector<std::string>& known);
/// RFC 1123 label: a-z, 0-9 and '-', at most 63, an alphanumeric at both ends.
bool is_label(std::string_view text);
/// RFC 1123 subdomain, what most objects of Kubernetes are called: labels with dots between them,
/// at most 253.
bool is_dns_name(std::string_view text);
/// -?digits[.digits], at most 15 digits, which a double holds exactly enough.
bool is_decimal(std::string_view text);
std::vector<std::string> names_of(const std::vector<FieldSpec>& fields);

}  // namespace api
