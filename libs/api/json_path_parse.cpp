// From the text of a JSONPath template to its blocks. What is in brackets is cut out first, with
// regard to its quotes, and parsed by a parser of its own that knows where it stands in the whole.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "api/json_path.h"
#include "api/json_path_quote.h"

namespace api {
namespace {

using Kind = PathStep::Kind;

constexpr std::size_t kBytesMax = std::size_t{64} << 10U;
constexpr std::int64_t kIndexMost = 1'000'000'000;
constexpr int kDepthMax = 16;  // of brackets in brackets, and of ranges in ranges

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || byte >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// What ends a name.
bool ends_name(char c) {
  return std::string_view(" \t\r\n.,[]$@{}").find(c) != std::string_view::npos;
}
PathStep value_step(Node value) {
  PathStep out;
  out.value = std::move(value);
  return out;
}

/// What stands between two braces.
struct Action {
  enum class What : std::uint8_t { Print, Range, End };
  What what = What::Print;
  Path path{};
};

class Parser {
 public:
  /// `offset`: where `text` begins in the whole.
  Parser(std::string_view text, std::size_t offset, int depth)
      : text_(text), offset_(offset), depth_(depth) {}

  base::Result<std::vector<PathBlock>> blocks() {
    std::vector<std::vector<PathBlock>> open(1);  // the whole, and each range that has no end yet
    while (!at_end()) {
      if (peek() != '{') {
        const std::size_t begin = at_;
        at_ = std::min(text_.find('{', at_), text_.size());
        open.back().push_back(
            {{value_step(std::string(text_.substr(begin, at_ - begin)))}, false, {}});
        continue;
      }
      const std::size_t begin = at_++;
      TRY(Action action, this->action());
      if (action.what == Action::What::Print) {
        open.back().push_back({std::move(action.path), false, {}});
      } else if (action.what == Action::What::Range) {
        open.back().push_back({std::move(action.path), true, {}});
        open.emplace_back();
        if (open.size() > kDepthMax) return wrong(begin, "ranges in ranges, too deep");
      } else if (open.size() == 1) {
        return wrong(begin, "{end} without a {range …} before it");
      } else {
        std::vector<PathBlock> body = std::move(open.back());
        open.pop_back();
        open.back().back().body = std::move(body);
      }
    }
    if (open.size() > 1) return wrong(at_, "a {range …} without its {end}");
    return std::move(open.front());
  }

  /// To the end of the text.
  base::Result<Path> path() {
    Path out;
    for (skip_spaces(); !at_end(); skip_spaces()) {
      if (is_letter(peek()) && !is_literal()) return unknown_word();
      TRY(step(out));
    }
    return out;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool next_is(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  std::string_view word() const {
    std::size_t end = at_;
    while (end < text_.size() && !ends_name(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool is_literal() const { return word() == "true" || word() == "false"; }

  tl::unexpected<base::Error> wrong(std::size_t at, const std::string& why) const {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("character {}: {}", offset_ + at + 1, why));
  }
  tl::unexpected<base::Error> unknown_word() const {
    return wrong(at_,
                 fmt::format("'{0}': a field begins with a dot ('.{0}'); without one only range "
                             "and end are allowed, as the first word",
                             word()));
  }

  /// Behind "{"; takes its "}".
  base::Result<Action> action() {
    Action out;
    skip_spaces();
    if (word() == "range") {
      out.what = Action::What::Range;
      at_ += word().size();
    } else if (word() == "end") {
      at_ += word().size();
      skip_spaces();
      if (peek() != '}') return wrong(at_, "after 'end' only '}' is allowed");
      ++at_;
      out.what = Action::What::End;
      return out;
    }
    for (skip_spaces(); peek() != '}'; skip_spaces()) {
      if (at_end() || peek() == '\n' || peek() == '\r') return wrong(at_, "'}' is missing");
      if (is_letter(peek()) && !is_literal()) return unknown_word();
      TRY(step(out.path));
    }
    ++at_;
    return out;
  }

  base::Result<> step(Path& out) {
    const char c = peek();
    if (c == '@' || c == '$') {
      ++at_;
      return {};
    }
    if (next_is("..")) return descend(out);
    if (c == '.') {
      ++at_;
      return peek() == '[' ? bracket(out) : field(out);
    }
    if (c == '[') return bracket(out);
    if (is_quote(c)) return quoted(out);
    if (is_letter(c)) {  // true or false: path() and action() have seen to it
      out.push_back(value_step(word() == "true"));
      at_ += word().size();
      return {};
    }
    if (is_digit(c) || c == '-' || c == '+') return number(out);
    return wrong(at_, fmt::format("'{}' is not allowed here", c));
  }

  base::Result<> descend(Path& out) {
    if (!out.empty() && out.back().kind == Kind::Descend) {
      return wrong(at_, "'..' after '..'");
    }
    at_ += 2;
    PathStep down;
    down.kind = Kind::Descend;
    out.push_back(std::move(down));
    return is_letter(peek()) || peek() == '*' ? field(out) : base::Result<>{};
  }

  base::Result<> field(Path& out) {
    const std::size_t begin = at_;
    std::string name;
    for (; !at_end() && !ends_name(peek()); ++at_) {
      if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      name += peek();
    }
    if (name.empty()) return wrong(begin, "a field's name is missing after '.'");
    PathStep made;
    made.kind = name == "*" ? Kind::Wildcard : Kind::Field;
    made.value = std::move(name);
    out.push_back(std::move(made));
    return {};
  }

  base::Result<> number(Path& out) {
    const std::size_t begin = at_;
    if (peek() == '-' || peek() == '+') ++at_;
    while (is_digit(peek()) || peek() == '.') ++at_;
    std::string_view digits = text_.substr(begin, at_ - begin);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int64_t whole = 0;
    double real = 0;
    const char* const end = digits.data() + digits.size();
    const auto all = [&](std::from_chars_result done) {
      return done.ec == std::errc() && done.ptr == end;
    };
    if (all(std::from_chars(digits.data(), end, whole))) {
      out.push_back(value_step(whole));
    } else if (all(std::from_chars(digits.data(), end, real))) {
      out.push_back(value_step(real));
    } else {
      return wrong(begin, fmt::format("'{}' is no number", text_.substr(begin, at_ - begin)));
    }
    return {};
  }

  base::Result<> quoted(Path& out) {
    auto text = read_quoted(text_, at_);
    if (!text) return wrong(at_, text.error().message);
    out.push_back(value_step(std::move(*text)));
    return {};
  }

  /// The end of what begins at `from`, whose bracket is open; npos: there is none.
  std::size_t closing(std::size_t from, char open, char close) const {
    int depth = 1;
    Quotes quotes;
    for (std::size_t i = from; i < text_.size() && text_[i] != '\n'; ++i) {
      const char c = text_[i];
      if (quotes.within(c)) continue;
      if (c == open) ++depth;
      if (c == close && --depth == 0) return i;
    }
    return std::string_view::npos;
  }

  Parser within(std::size_t begin, std::size_t end) const {
    return {text_.substr(begin, end - begin), offset_ + begin, depth_ + 1};
  }

  base::Result<> bracket(Path& out) {
    if (depth_ >= kDepthMax) return wrong(at_, "brackets in brackets, too deep");
    if (next_is("[?(")) return filter(out);
    const std::size_t begin = at_ + 1;
    const std::size_t end = closing(begin, '[', ']');
    if (end == std::string_view::npos) return wrong(at_, "']' is missing");
    at_ = end + 1;
    std::vector<Path> parts;
    Quotes quotes;
    std::size_t part = begin;
    for (std::size_t i = begin; i <= end; ++i) {
      const bool quoted = quotes.within(text_[i]);
      if (i != end && (quoted || text_[i] != ',')) continue;
      TRY(Path one, within(part, i).selected());
      parts.push_back(std::move(one));
      part = i + 1;
    }
    if (parts.size() == 1) {
      std::move(parts.front().begin(), parts.front().end(), std::back_inserter(out));
      return {};
    }
    PathStep made;
    made.kind = Kind::Union;
    made.parts = std::move(parts);
    out.push_back(std::move(made));
    return {};
  }

  /// The whole text is one part of what stands in brackets: a name in quotes, or numbers.
  base::Result<Path> selected() {
    while (text_.ends_with(' ')) text_.remove_suffix(1);
    skip_spaces();
    if (peek() == '\'' && text_.size() > at_ + 1 && text_.back() == '\'') {
      Parser name = within(at_ + 1, text_.size() - 1);
      Path out;
      TRY(name.field(out));
      while (!name.at_end()) TRY(name.step(out));
      return out;
    }
    TRY(PathStep made, slice());
    return Path{std::move(made)};
  }

  /// "*", "1", "1:3", "::2": the whole text.
  base::Result<PathStep> slice() {
    PathStep made;
    made.kind = Kind::Slice;
    if (text_.substr(at_) == "*") return made;
    std::optional<std::int64_t> numbers[3];
    std::size_t colons = 0;
    const std::size_t begin = at_;
    while (!at_end()) {
      if (peek() == ':' && colons < 2) {
        ++colons;
        ++at_;
        continue;
      }
      const char* const last = text_.data() + text_.size();
      std::int64_t number = 0;
      const auto read = std::from_chars(text_.data() + at_, last, number);
      const bool sane = number > -kIndexMost && number < kIndexMost;
      if (read.ec != std::errc() || numbers[colons] || !sane) break;
      numbers[colons] = number;
      at_ = static_cast<std::size_t>(read.ptr - text_.data());
    }
    if (!at_end() || begin == text_.size()) {
      return wrong(begin,
                   fmt::format("'[{}]': an index, a range of them (1:3), *, a 'name' in single "
                               "quotes or a filter ?(…) is needed",
                               text_.substr(begin)));
    }
    made.slice = {numbers[0], numbers[1], numbers[2].value_or(1), colons == 0};
    if (made.slice.step <= 0) return wrong(begin, "a step has to be more than 0");
    return made;
  }

  /// At "[?(".
  base::Result<> filter(Path& out) {
    const std::size_t begin = at_ + 3;
    const std::size_t end = closing(begin, '(', ')');
    if (end == std::string_view::npos) return wrong(at_, "')' is missing");
    if (end + 1 >= text_.size() || text_[end + 1] != ']') return wrong(end + 1, "']' is missing");
    at_ = end + 2;
    PathStep made;
    made.kind = Kind::Filter;
    TRY(const auto sign, comparison(begin, end));
    made.comparison = text_.substr(sign.first, sign.second);
    TRY(Path left, within(begin, sign.first).path());
    made.parts.push_back(std::move(left));
    if (!made.comparison.empty()) {
      TRY(Path right, within(sign.first + sign.second, end).path());
      if (right.empty()) return wrong(end, "a value is missing after " + made.comparison);
      made.parts.push_back(std::move(right));
    }
    out.push_back(std::move(made));
    return {};
  }

  /// Where the sign stands and how long it is; of none: at the end.
  base::Result<std::pair<std::size_t, std::size_t>> comparison(std::size_t begin,
                                                               std::size_t end) const {
    std::pair<std::size_t, std::size_t> found{end, 0};
    Quotes quotes;
    for (std::size_t i = begin; i < end; ++i) {
      const char c = text_[i];
      if (quotes.within(c)) continue;
      if (c == '&' || c == '|') return wrong(i, "a filter is one comparison: no && and no ||");
      if (found.second > 0 || std::string_view("=!<>~").find(c) == std::string_view::npos) continue;
      const std::size_t after = text_.find_first_not_of("=!<>~", i);
      found = {i, std::min(after, end) - i};
      const std::string_view sign = text_.substr(i, found.second);
      constexpr std::string_view kKnown[] = {"==", "!=", "<", "<=", ">", ">="};
      if (std::find(std::begin(kKnown), std::end(kKnown), sign) == std::end(kKnown)) {
        return wrong(i, fmt::format("'{}': ==, !=, <, <=, > or >= is needed", sign));
      }
    }
    return found;
  }

  std::string_view text_;
  std::size_t offset_;
  int depth_;
  std::size_t at_ = 0;
};

}  // namespace

base::Result<PathTemplate> PathTemplate::parse(std::string_view text) {
  if (text.size() > kBytesMax) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("a template of more than {} bytes", kBytesMax));
  }
  PathTemplate out;
  TRY(out.blocks_, Parser(text, 0, 0).blocks());
  return out;
}

}  // namespace api
