// The path of a request as the endpoint behind it, where no rule of the profile names it: segments
// that look like the name of one thing among many are replaced by what they are.
//
//   {id}     digits, alone or with - _ . : between them: 42, 2026-11-26, 10.0.0.1
//   {uuid}   8-4-4-4-12 hexadecimal digits
//   {hex}    only hexadecimal digits: at least 8 with a decimal one among them, or at least 16
//   {token}  at least 20 letters, digits, - or _ with a digit, where upper and lower case are mixed
//            or four are digits and no - is there: base64, ULID, nanoid; and whatever
//            has more than 40 characters
//   {text}   anything with a character other than letters, digits and - _ . ~ : @; so a label never
//            needs escaping and is always valid UTF-8
//   {rest}   what follows the first 8 segments
//
// Anything else stays as it is: words, versions (v1), slugs. Slugs and user names are not told from
// the names of endpoints; that is what rules are for, and the bound of endpoint.h.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "traffic/segments.h"

namespace traffic {

inline constexpr std::size_t kTemplateSegmentsMost = 8;
inline constexpr std::size_t kLiteralCharactersMost = 40;

/// What a segment is replaced by; the segment itself where it stays.
std::string_view template_of(std::string_view segment);

/// A whole path's template, in place.
class Template {
 public:
  explicit Template(const Segments& segments);
  /// "/users/{id}"; "/" for the root. Lifetime: this object's.
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  void append(std::string_view segment);

  std::array<char, (kTemplateSegmentsMost + 1) * (kLiteralCharactersMost + 1)> text_;
  std::size_t size_ = 0;
};

}  // namespace traffic
