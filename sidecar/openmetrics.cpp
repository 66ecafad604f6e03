#include "sidecar/openmetrics.h"

namespace sidecar {
namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kType = "# TYPE ";
constexpr std::string_view kTotal = "_total";

std::string_view line_of(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view name_of(std::string_view comment) {
  const std::string_view rest = comment.substr(kHelp.size());
  return rest.substr(0, rest.find(' '));
}

/// "# HELP name …" or "# TYPE name …", with the name that the family has.
void add_comment(std::string& out, std::string_view line, bool counter) {
  const std::string_view name = name_of(line);
  std::string_view shown = name;
  if (counter && shown.ends_with(kTotal)) shown.remove_suffix(kTotal.size());
  out.append(line.substr(0, kHelp.size())).append(shown);
  out.append(line.substr(kHelp.size() + name.size())).append("\n");
}

}  // namespace

std::string to_openmetrics(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::string_view help;  // which stands before the type, and is of its name
  while (!text.empty()) {
    const std::string_view line = line_of(text);
    if (line.starts_with(kHelp)) {
      help = line;
    } else if (line.starts_with(kType)) {
      const bool counter = line.ends_with(" counter");
      if (!help.empty() && name_of(help) == name_of(line)) add_comment(out, help, counter);
      add_comment(out, line, counter);
      help = {};
    } else if (!line.empty() && line.front() != '#') {
      out.append(line).append("\n");
    }
  }
  return out;
}

}  // namespace sidecar
