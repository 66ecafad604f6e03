#include "http1/lines.h"

#include <algorithm>
#include <cstring>

#include "http1/grammar.h"

namespace http1 {
namespace {

using grammar::blank;

const char* find_feed(const char* at, const char* end) {
  return static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
}

std::string_view between(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

/// What is wrong with a line whose name ends before `at` without a colon.
const char* name_fault(const char* line, const char* at) {
  if (at == line && blank(*at)) return "a line that begins with a blank (folded)";
  if (blank(*at)) return "a blank between a field's name and its colon";
  if (*at == '\n') return "a line that ends in LF without CR";
  if (*at == ':') return "a field without a name";
  return "a field's name that is no token, or a line without a colon";
}

const char* value_fault(char c) {
  if (c == '\n') return "a line that ends in LF without CR";
  if (c == '\r') return "CR without LF in a field's value";
  return "a control character in a field's value";
}

}  // namespace

LineReader::LineReader(std::string_view buffer, const Limits& limits, Progress& progress,
                       Refusal& why, bool answer)
    : window_(buffer.substr(0, limits.head_bytes)),
      limits_(limits),
      progress_(progress),
      why_(why),
      full_(buffer.size() >= limits.head_bytes),
      answer_(answer) {}

Parse LineReader::refuse(int status, const char* why) {
  why_ = {answer_ ? 502 : status, why};
  return Parse::Refused;
}

Parse LineReader::not_yet(const char* line) {
  progress_.line = static_cast<std::size_t>(line - begin());
  progress_.looked = window_.size();
  if (!full_) return Parse::More;
  return progress_.lines == 0 ? refuse(414, "a first line longer than a head may be")
                              : refuse(431, "a head that is too long");
}

/// A line is at fault when it is whole, or else the answer would depend on the pieces.
Parse LineReader::bad(const char* line, const char* at, const char* why) {
  return find_feed(at, end()) == nullptr ? not_yet(line) : refuse(400, why);
}

Parse LineReader::skip_empty_line() {
  if (progress_.line > 0 || window_.empty() || window_[0] != '\r') return Parse::Done;
  if (window_.size() == 1) return full_ ? refuse(414, "no room for a head") : Parse::More;
  if (window_[1] != '\n') return refuse(400, "CR without LF before the request");
  progress_.line = progress_.looked = 2;
  return Parse::Done;
}

Parse LineReader::start_line(std::string_view& line) {
  line = {};
  if (progress_.lines > 0) return Parse::Done;
  const char* const from = begin() + progress_.line;
  if (from == end()) return not_yet(from);
  if (!grammar::in(grammar::kToken, *from)) return refuse(400, "a first line that is no HTTP/1");
  const char* const feed = find_feed(begin() + progress_.looked, end());
  // The CR counts, the LF does not.
  const auto bytes = static_cast<std::size_t>((feed == nullptr ? end() : feed) - from);
  if (bytes > limits_.line_bytes + 1) return refuse(414, "a first line that is too long");
  if (feed == nullptr) return not_yet(from);
  if (feed[-1] != '\r') return refuse(400, "a line that ends in LF without CR");
  line = between(from, feed - 1);
  progress_.line = progress_.looked = static_cast<std::size_t>(feed + 1 - begin());
  progress_.lines = 1;
  return Parse::Done;
}

Parse LineReader::field_lines(Head& out) {
  const char* at = begin() + progress_.line;
  const char* const looked = begin() + progress_.looked;
  if (looked > at && find_feed(looked, end()) == nullptr) return not_yet(at);
  for (;;) {
    if (at == end()) return not_yet(at);
    if (*at == '\r') {
      if (at + 1 == end()) return not_yet(at);
      if (at[1] != '\n') return bad(at, at + 1, "CR without LF at the beginning of a line");
      progress_.line = static_cast<std::size_t>(at - begin());
      return Parse::Done;
    }
    if (const Parse line = field_line(at, out); line != Parse::Done) return line;
  }
}

Parse LineReader::field_line(const char*& at, Head& out) {
  const char* const line = at;
  const std::size_t index = progress_.lines - 1;
  if (index >= std::min(limits_.fields, kFieldsMax)) return refuse(431, "too many fields");
  const char* colon = line;
  while (colon != end() && grammar::in(grammar::kToken, *colon)) ++colon;
  if (colon == end()) return not_yet(line);
  if (*colon != ':' || colon == line) return bad(line, colon, name_fault(line, colon));
  const char* value = colon + 1;
  while (value != end() && blank(*value)) ++value;
  const char* const close = grammar::find_control(value, end());
  if (close == end()) return not_yet(line);
  if (*close != '\r') return bad(line, close, value_fault(*close));
  if (close + 1 == end()) return not_yet(line);
  if (close[1] != '\n') return bad(line, close + 1, value_fault(*close));
  const char* last = close;
  while (last != value && blank(last[-1])) --last;
  out.fields[index] = {between(line, colon), between(value, last)};
  ++progress_.lines;
  at = close + 2;
  return Parse::Done;
}

void LineReader::finish(Head& out) const {
  const char* const empty_line = begin() + progress_.line;
  const char* const first = begin() + (window_[0] == '\r' ? 2 : 0);
  out.field_count = progress_.lines - 1;
  out.bytes = static_cast<std::size_t>(empty_line + 2 - begin());
  out.raw = between(first, empty_line + 2);
  out.lines = between(out.field_count > 0 ? out.fields[0].name.data() : empty_line, empty_line);
}

}  // namespace http1
