#include "traffic/template.h"

#include <algorithm>

#include "base/check.h"

namespace traffic {

namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool hexadecimal(char c) {
  return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// How often each kind of character is in a segment.
struct Census {
  std::size_t digits = 0, lowers = 0, uppers = 0, hexadecimals = 0;
  std::size_t dashes = 0, dots = 0, underscores = 0, colons = 0;
  std::size_t strange = 0;  // neither these nor ~ and @

  explicit Census(std::string_view segment) {
    for (const char c : segment) {
      digits += digit(c);
      lowers += lower(c);
      uppers += upper(c);
      hexadecimals += hexadecimal(c);
      dashes += c == '-';
      dots += c == '.';
      underscores += c == '_';
      colons += c == ':';
      const bool known = digit(c) || lower(c) || upper(c) || c == '-' || c == '.' || c == '_' ||
                         c == ':' || c == '~' || c == '@';
      strange += !known;
    }
  }
};

bool uuid(std::string_view segment) {
  if (segment.size() != 36) return false;
  for (std::size_t at = 0; at < segment.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash ? segment[at] != '-' : !hexadecimal(segment[at])) return false;
  }
  return true;
}

bool token(std::string_view segment, const Census& of) {
  const std::size_t known = of.digits + of.lowers + of.uppers + of.dashes + of.underscores;
  if (segment.size() < 20 || known != segment.size() || of.digits == 0) return false;
  return (of.uppers > 0 && of.lowers > 0) || (of.digits >= 4 && of.dashes == 0);
}

}  // namespace

std::string_view template_of(std::string_view segment) {
  // A long one is not looked at further, so that a path costs no more than its length.
  const Census of(segment.substr(0, kLiteralCharactersMost + 1));
  const std::size_t size = segment.size();
  if (of.strange > 0) return "{text}";
  if (size > kLiteralCharactersMost) return "{token}";
  if (of.digits > 0 && of.digits + of.dashes + of.dots + of.underscores + of.colons == size) {
    return "{id}";
  }
  if (uuid(segment)) return "{uuid}";
  if (of.hexadecimals == size && (size >= 16 || (size >= 8 && of.digits > 0))) return "{hex}";
  if (token(segment, of)) return "{token}";
  return segment;
}

Template::Template(const Segments& segments) {
  std::size_t taken = 0;
  for (const std::string_view segment : segments.parts()) {
    if (taken++ == kTemplateSegmentsMost) {
      append("{rest}");
      break;
    }
    append(template_of(segment));
  }
  if (size_ == 0) append("");
}

void Template::append(std::string_view segment) {
  DCHECK(size_ + 1 + segment.size() <= text_.size());
  text_[size_++] = '/';
  std::copy(segment.begin(), segment.end(), text_.data() + size_);
  size_ += segment.size();
}

}  // namespace traffic
