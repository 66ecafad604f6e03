#include "limit/pattern.h"

namespace limit {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Unescaped, into `buffer`, which has room for all of it.
std::size_t unescape(std::string_view path, std::span<char> buffer) {
  std::size_t size = 0;
  for (std::size_t at = 0; at < path.size(); ++at) {
    char c = path[at];
    if (c == '%' && at + 2 < path.size()) {
      const int high = digit(path[at + 1]), low = digit(path[at + 2]);
      const char plain = static_cast<char>(high * 16 + low);
      if (high >= 0 && low >= 0 && plain != '/') {
        c = plain;
        at += 2;
      }
    }
    buffer[size++] = c;
  }
  return size;
}

/// Removes empty and dot segments in place; `path` begins with '/'.
std::size_t remove_dots(std::span<char> path) {
  std::size_t to = 0, from = 0;
  while (from < path.size()) {
    std::size_t end = from + 1;
    while (end < path.size() && path[end] != '/') ++end;
    const std::string_view segment(path.data() + from, end - from);  // with its '/' in front
    const bool last = end == path.size();
    if (segment == "/..") {
      while (to > 0 && path[to - 1] != '/') --to;
      if (to > 0) --to;
    }
    if (segment == "/" || segment == "/." || segment == "/..") {
      if (last) path[to++] = '/';
    } else {
      for (const char c : segment) path[to++] = c;
    }
    from = end;
  }
  return to;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  // After a mismatch only the last star has to take more: earlier ones cannot help.
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<std::string_view> plain_path(std::string_view target, std::span<char> buffer) {
  const std::string_view path = target.substr(0, target.find_first_of("?#"));
  const bool plain = path.find('%') == std::string_view::npos &&
                     path.find("//") == std::string_view::npos &&
                     path.find("/.") == std::string_view::npos;
  if (plain || path.empty() || path.front() != '/') return path;
  if (path.size() > buffer.size()) return std::nullopt;
  const std::size_t size = unescape(path, buffer);
  return std::string_view(buffer.data(), remove_dots(buffer.first(size)));
}

}  // namespace limit
