#include "traffic/label.h"

#include <cstddef>
#include <cstdint>

namespace traffic {

namespace {

/// The length of the valid UTF-8 sequence at the beginning, 0 if there is none.
/// Source: RFC 3629, section 4.
std::size_t sequence(std::string_view text) {
  const auto byte = [text](std::size_t at) -> unsigned {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0U;
  };
  const auto tail = [&byte](std::size_t at) { return (byte(at) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (!tail(1)) return 0;
  if (first < 0xe0) return 2;
  // Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte.
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second > 0x9f) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  if (!tail(2)) return 0;
  if (first < 0xf0) return 3;
  return tail(3) ? 4 : 0;
}

}  // namespace

void append_label(std::string& out, std::string_view value) {
  while (!value.empty()) {
    const std::size_t length = sequence(value);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      value.remove_prefix(1);
      continue;
    }
    const char c = value.front();
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '"') {
      out += "\\\"";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += value.substr(0, length);
    }
    value.remove_prefix(length);
  }
}

}  // namespace traffic
