#include "ingest/clean_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ingest {

namespace {
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string cleaned(std::string_view name, std::size_t bytes_max, bool colons) {
  std::string out;
  if (name.empty()) return out;
  if (is_digit(name.front())) out.push_back('_');
  for (const char c : name) {
    if (out.size() >= bytes_max) break;
    const bool good = is_letter(c) || is_digit(c) || (colons && c == ':');
    out.push_back(good ? c : '_');
  }
  return out;
}

/// How many bytes the character at the front has; 0: it is none. Source: RFC 3629, table of 4.
std::size_t character_at(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  const auto tail = [&](std::size_t count) {
    for (std::size_t at = 1; at <= count; ++at) {
      if ((byte(at) & 0xc0) != 0x80) return false;
    }
    return true;
  };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first >= 0x20 && first < 0x7f) return 1;
  // U+0080 to U+009F are control characters.
  if (first >= 0xc2 && first <= 0xdf) return tail(1) && (first > 0xc2 || second >= 0xa0) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool good = (first != 0xe0 || second >= 0xa0) && (first != 0xed || second <= 0x9f);
    return good && tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool good = (first != 0xf0 || second >= 0x90) && (first != 0xf4 || second <= 0x8f);
    return good && tail(3) ? 4 : 0;
  }
  return 0;
}
}  // namespace

std::string metric_name(std::string_view name, std::size_t bytes_max) {
  return cleaned(name, bytes_max, true);
}

std::string label_name(std::string_view name, std::size_t bytes_max) {
  std::string out = cleaned(name, bytes_max, false);
  // Two underscores in front are Prometheus' own.
  const std::size_t from = out.starts_with("__") ? out.find_first_not_of('_') : 0;
  if (from == std::string::npos) return {};
  if (from > 0) out = cleaned(std::string_view(out).substr(from), bytes_max, false);
  return out == "le" || out == "quantile" ? out + "_" : out;
}

std::string clean_text(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_at(text);
    if (out.size() + std::max<std::size_t>(size, 1) > bytes_max) break;
    if (size == 0) {
      out.push_back('?');
      text.remove_prefix(1);
    } else {
      out.append(text.substr(0, size));
      text.remove_prefix(size);
    }
  }
  return out;
}

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31);
}

}  // namespace ingest
