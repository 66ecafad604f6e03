#include "traffic/template.h"

#include <algorithm>
#include <cstdint>

#include "base/check.h"

namespace traffic {

namespace {

// How often each kind of character is in a segment, in the eight bytes of one number: a segment is
// counted by one addition for each of its characters, of which there are fewer than 256.
enum Kind : unsigned { Digit, Lower, Upper, Hexadecimal, Dash, Underscore, Point, Strange };

constexpr std::uint64_t one(Kind kind) {
  return std::uint64_t{1} << (8 * kind);
}

constexpr std::uint64_t kinds_of(char c) {
  if (c >= '0' && c <= '9') return one(Digit) + one(Hexadecimal);
  if (c >= 'a' && c <= 'f') return one(Lower) + one(Hexadecimal);
  if (c >= 'A' && c <= 'F') return one(Upper) + one(Hexadecimal);
  if (c >= 'g' && c <= 'z') return one(Lower);
  if (c >= 'G' && c <= 'Z') return one(Upper);
  if (c == '-') return one(Dash);
  if (c == '_') return one(Underscore);
  if (c == '.' || c == ':') return one(Point);
  return c == '~' || c == '@' ? 0 : one(Strange);
}

constexpr std::array<std::uint64_t, 256> make_kinds() {
  std::array<std::uint64_t, 256> all{};
  for (std::size_t byte = 0; byte < all.size(); ++byte) {
    all[byte] = kinds_of(static_cast<char>(static_cast<std::uint8_t>(byte)));
  }
  return all;
}
constexpr std::array<std::uint64_t, 256> kKinds = make_kinds();

class Census {
 public:
  explicit Census(std::string_view segment) {
    for (const char c : segment) counts_ += kKinds[static_cast<std::uint8_t>(c)];
  }
  std::size_t of(Kind kind) const { return (counts_ >> (8 * kind)) & 0xffU; }

 private:
  std::uint64_t counts_ = 0;
};

bool hexadecimal(char c) {
  return (kKinds[static_cast<std::uint8_t>(c)] & one(Hexadecimal)) != 0;
}

bool uuid(std::string_view segment) {
  if (segment.size() != 36) return false;
  for (std::size_t at = 0; at < segment.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash ? segment[at] != '-' : !hexadecimal(segment[at])) return false;
  }
  return true;
}

bool token(std::size_t size, const Census& census) {
  const std::size_t digits = census.of(Digit), lowers = census.of(Lower);
  const std::size_t uppers = census.of(Upper), dashes = census.of(Dash);
  if (size < 20 || digits == 0) return false;
  if (digits + lowers + uppers + dashes + census.of(Underscore) != size) return false;
  return (uppers > 0 && lowers > 0) || (digits >= 4 && dashes == 0);
}

}  // namespace

std::string_view template_of(std::string_view segment) {
  // A long one is not looked at further, so that a path costs no more than its length.
  const Census census(segment.substr(0, kLiteralCharactersMost + 1));
  const std::size_t size = segment.size();
  if (census.of(Strange) > 0) return "{text}";
  if (size > kLiteralCharactersMost) return "{token}";
  const std::size_t digits = census.of(Digit);
  if (digits == 0 && size < 16) return segment;
  const std::size_t between = census.of(Dash) + census.of(Underscore) + census.of(Point);
  if (digits > 0 && digits + between == size) return "{id}";
  if (uuid(segment)) return "{uuid}";
  const bool hex = census.of(Hexadecimal) == size;
  if (hex && (size >= 16 || (size >= 8 && digits > 0))) return "{hex}";
  if (token(size, census)) return "{token}";
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
