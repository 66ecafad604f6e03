#include "api/json_path_quote.h"

#include <charconv>
#include <cstdint>

namespace api {
namespace {

tl::unexpected<base::Error> wrong(const char* why) {
  return base::fail(base::Code::InvalidArgument, why);
}

void append_utf8(std::uint32_t c, std::string& out) {
  constexpr std::uint32_t kOne = 0x80, kTwo = 0x800, kLow = 0x3F;
  const auto follow = [&](std::uint32_t bits) { out += static_cast<char>(kOne | (bits & kLow)); };
  if (c < kOne) {
    out += static_cast<char>(c);
  } else if (c < kTwo) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    follow(c);
  } else {
    out += static_cast<char>(0xE0U | (c >> 12U));
    follow(c >> 6U);
    follow(c);
  }
}

/// What follows a '\'.
base::Result<> escape(std::string_view text, std::size_t& at, std::string& out) {
  constexpr std::string_view kLetters = "ntrabfv\\\"'", kMeant = "\n\t\r\a\b\f\v\\\"'";
  const char c = at < text.size() ? text[at] : '\0';
  if (const std::size_t known = kLetters.find(c); known != std::string_view::npos) {
    out += kMeant[known];
    ++at;
    return {};
  }
  constexpr std::size_t kDigits = 4;
  constexpr std::uint32_t kSurrogates = 0xD800, kAfter = 0xE000;
  const std::string_view hex = c == 'u' ? text.substr(at + 1, kDigits) : "";
  std::uint32_t value = 0;
  const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  const bool whole = hex.size() == kDigits && read.ptr == hex.data() + kDigits;
  if (!whole || (value >= kSurrogates && value < kAfter)) {
    return wrong("no escape: \\n \\t \\r \\a \\b \\f \\v \\\\ \\\" \\' and \\uHHHH are allowed");
  }
  append_utf8(value, out);
  at += 1 + kDigits;
  return {};
}

}  // namespace

base::Result<std::string> read_quoted(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  const char quote = text[at++];
  std::string out;
  while (at < text.size() && text[at] != '\n') {
    const char c = text[at++];
    if (c == quote) return out;
    if (c != '\\') {
      out += c;
      continue;
    }
    TRY(escape(text, at, out));
  }
  at = begin;
  return wrong("a quote that is not closed");
}

}  // namespace api
