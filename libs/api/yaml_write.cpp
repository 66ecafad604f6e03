// YAML out. yaml-cpp's emitter writes `no`, `true`, `123` and `1e3` without quotes, so that text
// comes back as something else; here every text is double-quoted, in JSON's own escapes. Keys that
// are plain words stay plain, because people read them.
#include <algorithm>

#include <fmt/format.h>

#include "api/node.h"
#include "api/text.h"

namespace api {
namespace {

constexpr std::size_t kIndent = 2;

bool is_plain_key(std::string_view key) {
  static constexpr std::string_view kNotPlain[] = {"true", "false", "null", "yes", "no",
                                                   "on",   "off",   "y",    "n"};
  const bool word =
      !key.empty() && key.size() <= 63 && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      });
  std::string lower(key);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return word &&
         std::find(std::begin(kNotPlain), std::end(kNotPlain), lower) == std::end(kNotPlain);
}

void write_key(std::string& out, const std::string& key) {
  if (is_plain_key(key)) {
    out += key;
  } else {
    append_quoted(out, key);
  }
  out += ':';
}

bool is_block(const Node& node) {
  return node.size() > 0;
}

// `out` ends where the value begins: behind a key, a dash or at the start of the document.
void write_block(std::string& out, const Node& node, std::size_t indent, bool at_line_start) {
  const std::string margin(indent, ' ');
  const auto next_line = [&] {
    if (!at_line_start) out += margin;
    at_line_start = false;
  };
  for (const Entry& entry : node.entries()) {
    next_line();
    write_key(out, entry.key);
    if (is_block(entry.value)) {
      out += '\n';
      write_block(out, entry.value, indent + kIndent, false);
    } else {
      out += ' ' + to_json(entry.value) + '\n';
    }
  }
  for (const Node& item : node.items()) {
    next_line();
    out += "- ";
    if (is_block(item)) {
      write_block(out, item, indent + kIndent, true);
    } else {
      out += to_json(item) + '\n';
    }
  }
}

}  // namespace

std::string to_yaml(const Node& node) {
  if (!is_block(node)) return to_json(node) + '\n';
  std::string out;
  write_block(out, node, 0, false);
  return out;
}

}  // namespace api
