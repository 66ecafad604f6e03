#include "api/json_plain.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace api {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What stands for itself between quotes.
bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/// The character that a backslash and this one stand for; 0: none of one character.
char meant_by(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

bool has_a_key_twice(const Node::Map& entries) {
  constexpr std::size_t kFew = 12;
  if (entries.size() <= kFew) {
    for (auto one = entries.begin(); one != entries.end(); ++one) {
      const auto same = [&](const Entry& other) { return other.key == one->key; };
      if (std::any_of(entries.begin(), one, same)) return true;
    }
    return false;
  }
  std::vector<std::string_view> keys;
  keys.reserve(entries.size());
  for (const Entry& entry : entries) keys.emplace_back(entry.key);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

/// Each function takes its part of the text; false: not plain.
class Reader {
 public:
  Reader(std::string_view text, std::size_t depth_max)
      : at_(text.data()), end_(at_ + text.size()), line_start_(at_), depth_left_(depth_max) {}

  bool whole(Node& out) {
    if (!value(out)) return false;
    space();
    return at_ == end_;
  }

 private:
  void space() {
    for (; at_ != end_; ++at_) {
      if (*at_ == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (*at_ != ' ' && *at_ != '\t' && *at_ != '\r') {
        return;
      }
    }
  }
  Mark here() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
  bool take(char c) {
    space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool value(Node& out) {
    space();
    if (at_ == end_) return false;
    const Mark mark = here();
    if (!value_of(*at_, out)) return false;
    out.mark = mark;
    return true;
  }

  bool value_of(char first, Node& out) {
    switch (first) {
      case '{': return object(out);
      case '[': return list(out);
      case '"': {
        std::string text;
        if (!string(text)) return false;
        out = Node(std::move(text));
        return true;
      }
      case 't': return word("true", out, Node(true));
      case 'f': return word("false", out, Node(false));
      case 'n': return word("null", out, Node());
      default: return number(out);
    }
  }

  bool word(std::string_view text, Node& out, Node value) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, text.size()) != text)
      return false;
    at_ += text.size();
    out = std::move(value);
    return true;
  }

  const char* digits(const char* from) const { return std::find_if_not(from, end_, is_digit); }

  bool number(Node& out) {
    const char* const begin = at_;
    const char* const whole = begin + (*begin == '-' ? 1 : 0);
    const char* stop = digits(whole);
    if (stop == whole || (*whole == '0' && stop != whole + 1)) return false;
    const bool is_whole = stop == end_ || (*stop != '.' && *stop != 'e' && *stop != 'E');
    if (is_whole) return number_to(stop, std::int64_t{}, out);
    if (*stop == '.') {
      const char* const fraction = stop + 1;
      stop = digits(fraction);
      if (stop == fraction) return false;
    }
    if (stop != end_ && (*stop == 'e' || *stop == 'E')) {
      ++stop;
      if (stop != end_ && (*stop == '+' || *stop == '-')) ++stop;
      const char* const exponent = stop;
      stop = digits(exponent);
      if (stop == exponent) return false;
    }
    return number_to(stop, double{}, out);
  }

  template <class T>
  bool number_to(const char* stop, T value, Node& out) {
    const auto read = std::from_chars(at_, stop, value);
    if (read.ec != std::errc() || read.ptr != stop) return false;
    at_ = stop;
    out = Node(value);
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (true) {
      const char* const plain = at_;
      at_ = std::find_if_not(at_, end_, is_plain);
      out.append(plain, at_);
      if (at_ == end_) return false;
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      const char meant = *at_ == '\\' && end_ - at_ > 1 ? meant_by(at_[1]) : '\0';
      if (meant == '\0') return false;
      out += meant;
      at_ += 2;
    }
  }

  bool entry(Node::Map& entries) {
    space();
    if (at_ == end_ || *at_ != '"') return false;
    Entry& one = entries.emplace_back();
    one.mark = here();
    return string(one.key) && take(':') && value(one.value);
  }

  bool object(Node& out) {
    ++at_;
    Node::Map entries;
    if (depth_left_ == 0) return false;
    --depth_left_;
    if (!take('}')) {
      entries.reserve(4);
      do {
        if (!entry(entries)) return false;
      } while (take(','));
      if (!take('}') || has_a_key_twice(entries)) return false;
    }
    ++depth_left_;
    entries.shrink_to_fit();  // as read_any_json() does
    out = Node::map(std::move(entries));
    return true;
  }

  bool list(Node& out) {
    ++at_;
    Node::Sequence items;
    if (depth_left_ == 0) return false;
    --depth_left_;
    if (!take(']')) {
      do {
        if (!value(items.emplace_back())) return false;
      } while (take(','));
      if (!take(']')) return false;
    }
    ++depth_left_;
    items.shrink_to_fit();
    out = Node::sequence(std::move(items));
    return true;
  }

  const char* at_;
  const char* end_;
  const char* line_start_;
  std::size_t depth_left_;
  int line_ = 1;
};

}  // namespace

std::optional<Node> read_plain_json(std::string_view text, std::size_t depth_max) {
  Node out;
  if (!Reader(text, depth_max).whole(out)) return std::nullopt;
  return out;
}

bool append_plain_string(std::string& out, std::string_view text) {
  const auto beyond = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::any_of(text.begin(), text.end(), beyond)) return false;
  out += '"';
  while (true) {
    const auto* const stop =
        std::find_if_not(text.begin(), text.end(), [](char c) { return is_plain(c) || c == 0x7f; });
    out.append(text.begin(), stop);
    if (stop == text.end()) break;
    constexpr std::string_view kMeant = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
    const std::size_t known = kMeant.find(*stop);
    if (known != std::string_view::npos) {
      out += {'\\', kLetters[known]};
    } else {
      constexpr std::string_view kHex = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(*stop);
      out += {'\\', 'u', '0', '0', kHex[code >> 4U], kHex[code & 15U]};
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.begin()) + 1);
  }
  out += '"';
  return true;
}

}  // namespace api
