#include "api/yaml_split.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/text.h"

namespace api {
namespace {

/// "---" or "..." at the start of a line, alone or before a blank. YAML forbids both inside of any
/// scalar, so looking at lines is enough.
bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' ||
                                      line[marker.size()] == '\t');
}

bool is_blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos || line[first] == '#';
}

std::string refusal(std::string_view line, std::size_t at) {
  const auto byte = static_cast<unsigned char>(line[at]);
  if (utf8_length(line, at) == 0) {
    return fmt::format("the byte 0x{:02x} is not UTF-8: only UTF-8 is allowed", byte);
  }
  return fmt::format("the control character 0x{:02x} is not allowed", byte);
}

/// Column (from 0) of the first byte that may not be there; npos: all is well.
std::size_t first_refused(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = utf8_length(line, at);
    const auto byte = static_cast<unsigned char>(line[at]);
    if (length == 0 || (byte < 0x20 && byte != '\t') || byte == 0x7F) return at;
    at += length;
  }
  return std::string_view::npos;
}

class Splitter {
 public:
  explicit Splitter(const std::string& file) : file_(file) {}

  tl::expected<void, Problem> line(std::string_view line) {
    ++number_;
    if (const std::size_t at = first_refused(line); at != std::string_view::npos) {
      return refuse(at, refusal(line, at));
    }
    const std::size_t indent = line.find_first_not_of(" \t");
    const std::size_t tab = line.find('\t');
    if (indent != std::string_view::npos && tab < indent) {
      return refuse(tab, "a tab in the indentation: YAML is indented with spaces");
    }
    if (blank_ && line.starts_with('%')) return refuse(0, "YAML directives are not allowed");
    if (is_marker(line, "---")) finish();
    if (is_marker(line, "...")) {
      if (!is_blank_or_comment(line.substr(3))) {
        return refuse(3, "nothing may follow the end of a document on its line");
      }
      finish();
      return {};
    }
    if (current_.text.empty()) current_.first_line = number_;
    current_.text += line;
    current_.text += '\n';
    blank_ = blank_ && is_blank_or_comment(is_marker(line, "---") ? line.substr(3) : line);
    return {};
  }

  void finish() {
    if (!blank_) documents.push_back(std::move(current_));
    current_ = {};
    blank_ = true;
  }

  std::vector<YamlDocument> documents;

 private:
  tl::unexpected<Problem> refuse(std::size_t column, std::string why) const {
    return tl::unexpected(
        Problem{file_, {number_, static_cast<int>(column) + 1}, "", std::move(why)});
  }

  const std::string& file_;
  YamlDocument current_;
  int number_ = 0;
  bool blank_ = true;  // nothing but comments in the current document
};

}  // namespace

tl::expected<std::vector<YamlDocument>, Problem> split_yaml(std::string_view text,
                                                            const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Splitter splitter(file);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto taken = splitter.line(line); !taken) return tl::unexpected(taken.error());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  splitter.finish();
  return std::move(splitter.documents);
}

}  // namespace api
