#include "api/text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace api {
namespace {

constexpr std::size_t kBriefBytes = 60;

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

bool within(unsigned byte, unsigned low, unsigned high) {
  return byte >= low && byte <= high;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// "rtoseconds" -> "rto": the quantity without its unit.
std::string_view without_unit(std::string_view word) {
  static constexpr std::array<std::string_view, 14> kUnits = {
      "milliseconds", "millis", "seconds", "minutes", "hours", "days",    "second",
      "minute",       "secs",   "sec",     "mins",    "min",   "percent", "ms"};
  for (const std::string_view unit : kUnits) {
    if (word.size() > unit.size() && word.ends_with(unit)) {
      return word.substr(0, word.size() - unit.size());
    }
  }
  return word;
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const unsigned a = byte_at(text, at);
  const unsigned b = byte_at(text, at + 1);
  const auto follows = [&](std::size_t offset) {
    return within(byte_at(text, at + offset), 0x80, 0xBF);
  };
  if (at >= text.size()) return 0;
  if (a < 0x80) return 1;
  if (within(a, 0xC2, 0xDF)) return follows(1) ? 2 : 0;
  if (within(a, 0xE0, 0xEF)) {
    const unsigned low = a == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = a == 0xED ? 0x9F : 0xBF;
    return within(b, low, high) && follows(2) ? 3 : 0;
  }
  if (within(a, 0xF0, 0xF4)) {
    const unsigned low = a == 0xF0 ? 0x90 : 0x80;
    const unsigned high = a == 0xF4 ? 0x8F : 0xBF;
    return within(b, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::size_t first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const char c = text[at];
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (length > 1) {
      // NEL, LS and PS end a line for some readers of YAML and of JavaScript.
      const std::string_view whole = text.substr(at, length);
      if (whole == "\xC2\x85") {
        out += "\\u0085";
      } else if (whole == "\xE2\x80\xA8" || whole == "\xE2\x80\xA9") {
        out += whole == "\xE2\x80\xA8" ? "\\u2028" : "\\u2029";
      } else if (whole == "\xEF\xBB\xBF") {
        out += "\\uFEFF";
      } else {
        out += whole;
      }
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
    at += length == 0 ? 1 : length;
  }
  out += '"';
}

std::string brief(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text, end), 1);
    if (end + length > kBriefBytes) break;
    end += length;
  }
  std::string quoted;
  append_quoted(quoted, text.substr(0, end));
  std::string out = quoted.substr(1, quoted.size() - 2);
  if (end < text.size()) out += "…";
  return out;
}

std::string brief_value(const Node& node) {
  if (node.is_string()) return '"' + brief(std::string_view(node.as_string())) + '"';
  if (node.is_sequence()) return fmt::format("a list of {}", node.size());
  if (node.is_map()) return fmt::format("a map of {}", node.size());
  return to_json(node);
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  const std::string mine = lower(word.substr(0, 100));
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(mine.size() / 3, 1) + 1;
  for (const std::string& name : known) {
    const std::string theirs = lower(name);
    std::size_t distance = edit_distance(mine, theirs);
    if (without_unit(mine) == without_unit(theirs)) distance = std::min<std::size_t>(distance, 1);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

}  // namespace api
