#include "api/crd_text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace api {
namespace {

constexpr std::array<std::string_view, 20> kReserved = {
    "true",     "false",   "null",      "in",       "as",  "break",  "const",
    "continue", "else",    "for",       "function", "if",  "import", "let",
    "loop",     "package", "namespace", "return",   "var", "void"};

/// Lists of items VALUE, VALUE-VALUE, * (and ? for days), each with a step or none.
std::string cron_field(std::string_view value, std::string_view every) {
  const std::string item = fmt::format("({}|({})(-({}))?)(/[0-9]+)?", every, value, value);
  return fmt::format("{}(,{})*", item, item);
}

}  // namespace

std::string cel_name(std::string_view property) {
  if (property == "while" || std::ranges::count(kReserved, property) > 0) {
    return fmt::format("__{}__", property);
  }
  std::string out;
  for (std::size_t i = 0; i < property.size(); ++i) {
    switch (property[i]) {
      case '.': out += "__dot__"; break;
      case '-': out += "__dash__"; break;
      case '/': out += "__slash__"; break;
      case '_':
        if (i + 1 < property.size() && property[i + 1] == '_') {
          out += "__underscores__";
          ++i;
        } else {
          out += '_';
        }
        break;
      default: out += property[i];
    }
  }
  return out;
}

std::string cel_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string cron_pattern() {
  const std::string blank = "[ \\t]+";
  const std::array<std::string, 5> fields = {
      cron_field("0*[0-5]?[0-9]", "\\*"), cron_field("0*(1?[0-9]|2[0-3])", "\\*"),
      cron_field("0*([1-9]|[12][0-9]|3[01])", "[*?]"),
      cron_field("0*([1-9]|1[0-2])|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC", "\\*"),
      cron_field("0*[0-7]|SUN|MON|TUE|WED|THU|FRI|SAT", "[*?]")};
  return fmt::format(
      "(?i)^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[ \\t]*{}[ \\t]*)$",
      fmt::join(fields, blank));
}

}  // namespace api
