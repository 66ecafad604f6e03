// Words of CEL and of regular expressions (RE2) that rules of custom resources are put together
// from.
#pragma once

#include <string>
#include <string_view>

namespace api {

/// A property as CEL writes it: names that are words of the language or hold other characters are
/// escaped as the API server escapes them.
std::string cel_name(std::string_view property);
/// A text as a CEL literal.
std::string cel_text(std::string_view text);
/// What every cron expression of a DrillSchedule matches. What it lets through may still mean
/// nothing (a range that runs backward, a 30 February): the operator tells that.
std::string cron_pattern();

}  // namespace api
