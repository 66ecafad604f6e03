#include "api/yaml.h"

#include <istream>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "api/yaml_builder.h"

namespace api {
namespace {

struct Part {
  std::string text;
  int lines_before = 0;
};

/// Whether a line separates documents: no YAML content can hold "---" or "..." in column 1.
bool is_separator(std::string_view line) {
  return (line.starts_with("---") || line.starts_with("...")) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

bool is_blank(std::string_view text) {
  bool blank = true;
  bool comment = false;
  for (const char c : text) {
    if (c == '\n') comment = false;
    if (c == '#') comment = true;
    blank = blank && (comment || c == ' ' || c == '\t' || c == '\r' || c == '\n');
  }
  return blank;
}

/// The documents of a text, each to be loaded alone: yaml-cpp never ends on some texts of several.
std::vector<Part> split(std::string_view text) {
  std::vector<Part> parts(1);
  int line_number = 0;
  for (std::size_t at = 0; at < text.size(); ++line_number) {
    const std::size_t newline = text.find('\n', at);
    const std::size_t end = newline == std::string_view::npos ? text.size() : newline + 1;
    std::string line(text.substr(at, end - at));
    at = end;
    if (is_separator(std::string_view(line).substr(
            0, line.ends_with('\n') ? line.size() - 1 : line.size()))) {
      parts.push_back({{}, line_number});
      line.replace(0, 3, "   ");
    }
    parts.back().text += line;
  }
  std::erase_if(parts, [](const Part& part) { return is_blank(part.text); });
  return parts;
}

/// The length of the UTF-8 character that begins a text; 0: there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool beyond = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return overlong || beyond ? 0 : length;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f;
}

/// What no text may hold: bytes that are not UTF-8, control characters. Null Mark: it is fine.
Problems check_text(std::string_view text, const std::string& file) {
  Mark mark{1, 1};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return {{file, mark, "", "this byte is not UTF-8"}};
    if (is_control(text[at])) {
      return {
          {file, mark, "", fmt::format("the control character {:#04x} is not allowed", text[at])}};
    }
    ++mark.column;
    if (text[at] == '\n') mark = {mark.line + 1, 1};
    at += length;
  }
  return {};
}

tl::expected<Node, Problem> load(const Part& part, const std::string& file,
                                 const YamlLimits& limits) {
  YamlBuilder builder(limits, part.lines_before);
  const auto problem = [&](Mark mark, std::string message) {
    return tl::unexpected(Problem{file, mark, "", std::move(message)});
  };
  try {
    std::istringstream stream(part.text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (parser) {
      return problem({part.lines_before + 1, 1},
                     "the document goes on after its end: a stray bracket, brace or comma, or "
                     "wrong indentation");
    }
  } catch (const YamlRefusal& refusal) {
    return problem(refusal.mark, refusal.what());
  } catch (const YAML::Exception& error) {
    const bool placed = !error.mark.is_null();
    return problem(placed ? builder.place(error.mark) : Mark{part.lines_before + 1, 1},
                   "this is no YAML: " + error.msg);
  } catch (const std::exception& error) {
    return problem({part.lines_before + 1, 1}, fmt::format("this is no YAML: {}", error.what()));
  }
  return builder.take();
}

}  // namespace

tl::expected<std::vector<Node>, Problems> parse_yaml(std::string_view text, const std::string& file,
                                                     const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    return tl::unexpected(
        Problems{{file,
                  {},
                  "",
                  fmt::format("{} bytes: a file may have at most {}", text.size(), limits.bytes)}});
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Problems problems = check_text(text, file);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  std::vector<Node> documents;
  for (const Part& part : split(text)) {
    auto document = load(part, file, limits);
    if (document) {
      documents.push_back(std::move(*document));
    } else {
      problems.push_back(std::move(document.error()));
    }
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return documents;
}

}  // namespace api
