// Nodes as block YAML. Our own few lines, because yaml-cpp's emitter leaves `no`, `123` and `1e3`
// unquoted when they are strings; here every string value is double-quoted, and a key is bare only
// when no version of YAML could take it for something else.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "api/node.h"

namespace api {
namespace {

/// U+0085, U+2028, U+2029 and U+FEFF: line breaks or byte order marks to some readers.
std::size_t special_at(std::string_view text) {
  if (text.starts_with("\xc2\x85")) return 2;
  if (text.starts_with("\xe2\x80\xa8") || text.starts_with("\xe2\x80\xa9")) return 3;
  return text.starts_with("\xef\xbb\xbf") ? 3 : 0;
}

const char* escape_of(std::string_view special) {
  if (special.size() == 2) return "\\u0085";
  if (special[0] == '\xef') return "\\ufeff";
  return special[2] == '\xa8' ? "\\u2028" : "\\u2029";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (const std::size_t length = special_at(text.substr(i)); length > 0) {
      out += escape_of(text.substr(i, length));
      i += length - 1;
    } else if (byte == '"' || byte == '\\') {
      out += {'\\', text[i]};
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += text[i];
    }
  }
  return out + "\"";
}

bool is_bare_key(std::string_view key) {
  static constexpr std::array<std::string_view, 9> kWords{"y",   "n",    "yes",   "no",  "on",
                                                          "off", "true", "false", "null"};
  std::string lower(key);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
           c == '/';
  };
  return !lower.empty() && lower[0] >= 'a' && lower[0] <= 'z' &&
         std::all_of(lower.begin(), lower.end(), fits) &&
         std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

std::string number(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::string out = fmt::format("{}", value);
  return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
}

std::string scalar(const Node& node) {
  if (node.is_string()) return quoted(node.as_string());
  if (node.is_bool()) return node.as_bool() ? "true" : "false";
  if (node.is_int()) return fmt::format("{}", node.as_int());
  if (node.is_double()) return number(node.as_double());
  if (node.is_map()) return "{}";
  return node.is_sequence() ? "[]" : "null";
}

bool is_block(const Node& node) {
  return (node.is_map() || node.is_sequence()) && node.size() > 0;
}

/// Writes a block; the text stands at the place of the block's first character.
void write(const Node& node, std::size_t indent, std::string& out) {
  if (!is_block(node)) {
    out += scalar(node) + "\n";
    return;
  }
  bool first = true;
  const auto begin_line = [&] {
    if (!first) out.append(indent, ' ');
    first = false;
  };
  for (const Entry& entry : node.entries()) {
    begin_line();
    out += (is_bare_key(entry.key) ? entry.key : quoted(entry.key)) + ":";
    if (is_block(entry.value)) {
      out += "\n";
      out.append(indent + 2, ' ');
    } else {
      out += " ";
    }
    write(entry.value, indent + 2, out);
  }
  for (const Node& item : node.items()) {
    begin_line();
    out += "- ";
    write(item, indent + 2, out);
  }
}

}  // namespace

std::string to_yaml(const Node& node) {
  std::string out;
  write(node, 0, out);
  return out;
}

}  // namespace api
