// JSON in and out of Nodes. What json_plain.h does not read is read by nlohmann's SAX reader over
// an iterator that knows how far it has read: a token's place is found by going back from there, so
// that plans written as JSON get the same "line:column" as YAML ones.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/json_plain.h"
#include "api/node.h"

namespace api {
namespace {

using base::Code;

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxDepth = 64;

/// Reads a text and tells how many characters were taken.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    *furthest_ = std::max(*furthest_, at_);
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

class Lines {
 public:
  explicit Lines(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }
  Mark at(std::size_t offset) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    return {static_cast<int>(next - starts_.begin()), static_cast<int>(offset - *(next - 1)) + 1};
  }

 private:
  std::vector<std::size_t> starts_{0};
};

bool ends_string(std::string_view text, std::size_t quote) {
  std::size_t backslashes = 0;
  while (backslashes < quote && text[quote - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 0;
}

/// The offset of the opening quote of the string whose closing quote is the last before `end`.
std::size_t string_start(std::string_view text, std::size_t end) {
  std::size_t at = end < 2 ? 0 : end - 2;
  while (at > 0 && !(text[at] == '"' && ends_string(text, at))) --at;
  return at;
}

bool in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
         c == 'E';
}

/// The offset of the number or literal that ended at `end` or, having been read ahead, just before.
std::size_t word_start(std::string_view text, std::size_t end) {
  std::size_t at = end;
  if (at > 0 && !in_word(text[at - 1])) --at;
  while (at > 0 && in_word(text[at - 1])) --at;
  return at;
}

/// Builds the tree; a false from any event ends the parsing with `error_` set.
class Builder {
 public:
  Builder(std::string_view text, const char* const* furthest)
      : text_(text), furthest_(furthest), lines_(text) {}

  bool null() { return add(Node(), word()); }
  bool boolean(bool value) { return add(Node(value), word()); }
  bool number_integer(std::int64_t value) { return add(Node(value), word()); }
  bool number_unsigned(std::uint64_t value) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    return value <= kMax ? add(Node(static_cast<std::int64_t>(value)), word())
                         : add(Node(static_cast<double>(value)), word());
  }
  bool number_float(double value, const std::string& /*text*/) { return add(Node(value), word()); }
  bool string(std::string& value) { return add(Node(std::move(value)), quoted()); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }
  bool start_object(std::size_t /*size*/) { return open(Node::map()); }
  bool start_array(std::size_t /*size*/) { return open(Node::sequence()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& value) {
    Frame& frame = frames_.back();
    frame.key_mark = quoted();
    if (!frame.seen.insert(value).second) {
      return refuse(frame.key_mark, fmt::format("\"{}\" stands here a second time", value));
    }
    frame.key = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::json::exception& /*why*/) {
    const std::size_t at = std::min(position > 0 ? position - 1 : 0, text_.size());
    return refuse(lines_.at(at), last_token.empty() ? "this is no JSON: the text ends too early"
                                                    : "this is no JSON");
  }

  base::Result<Node> take() && {
    if (!error_.empty()) return base::fail(Code::InvalidArgument, std::move(error_));
    return std::move(root_);
  }

 private:
  struct Frame {
    Node node;
    std::string key;
    Mark key_mark;
    std::unordered_set<std::string> seen;
  };

  std::size_t position() const { return static_cast<std::size_t>(*furthest_ - text_.data()); }
  Mark word() const { return lines_.at(word_start(text_, position())); }
  Mark quoted() const { return lines_.at(string_start(text_, position())); }

  bool refuse(Mark at, const std::string& message) {
    error_ = fmt::format("line {}, column {}: {}", at.line, at.column, message);
    return false;
  }
  bool open(Node node) {
    node.mark = lines_.at(position() > 0 ? position() - 1 : 0);
    if (frames_.size() >= kMaxDepth) {
      return refuse(node.mark, fmt::format("deeper than {} levels", kMaxDepth));
    }
    frames_.push_back({std::move(node), {}, {}, {}});
    return true;
  }
  bool close() {
    Node done = std::move(frames_.back().node);
    frames_.pop_back();
    // Kept for long by who watches objects: the room to grow would be a third of such a tree.
    if (done.is_map()) done.entries().shrink_to_fit();
    if (done.is_sequence()) done.items().shrink_to_fit();
    const Mark mark = done.mark;
    return add(std::move(done), mark);
  }
  bool add(Node node, Mark mark) {
    node.mark = mark;
    if (frames_.empty()) {
      root_ = std::move(node);
    } else if (Frame& frame = frames_.back(); frame.node.is_map()) {
      frame.node.entries().push_back({std::move(frame.key), std::move(node), frame.key_mark});
    } else {
      frame.node.push(std::move(node));
    }
    return true;
  }

  std::string_view text_;
  const char* const* furthest_;
  Lines lines_;
  std::vector<Frame> frames_;
  Node root_;
  std::string error_;
};

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void add(const Node& node) {
    if (node.is_string()) {
      add(node.as_string());
    } else if (node.is_sequence()) {
      add_all('[', ']', node.items(), [this](const Node& item) { add(item); });
    } else if (node.is_map()) {
      add_all('{', '}', node.entries(), [this](const Entry& entry) {
        add(entry.key);
        out_ += indent_ < 0 ? ":" : ": ";
        add(entry.value);
      });
    } else if (node.is_int()) {
      fmt::format_to(std::back_inserter(out_), "{}", node.as_int());
    } else if (node.is_double()) {
      out_ += nlohmann::json(node.as_double()).dump();
    } else {
      out_ += !node.is_bool() ? "null" : node.as_bool() ? "true" : "false";
    }
  }
  std::string take() && { return std::move(out_); }

 private:
  void add(const std::string& text) {
    if (append_plain_string(out_, text)) return;
    out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  template <class All, class Add>
  void add_all(char open, char close, const All& all, Add add_one) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& one : all) {
      if (!std::exchange(first, false)) out_ += ',';
      new_line();
      add_one(one);
    }
    --depth_;
    if (!first) new_line();
    out_ += close;
  }
  void new_line() {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent_ * depth_), ' ');
  }

  int indent_;
  int depth_ = 0;
  std::string out_;
};

}  // namespace

base::Result<Node> parse_json(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return base::fail(Code::InvalidArgument, fmt::format("{} bytes of JSON: at most {} are taken",
                                                         text.size(), kMaxBytes));
  }
  if (auto plain = read_plain_json(text, kMaxDepth)) return std::move(*plain);
  return read_any_json(text);
}

base::Result<Node> read_any_json(std::string_view text) {
  const char* furthest = text.data();
  Builder builder(text, &furthest);
  try {
    const CountingIterator begin(text.data(), &furthest);
    const CountingIterator end(text.data() + text.size(), &furthest);
    nlohmann::json::sax_parse(begin, end, &builder);
  } catch (const std::exception& error) {
    return base::fail(Code::InvalidArgument, fmt::format("this is no JSON: {}", error.what()));
  }
  return std::move(builder).take();
}

std::string to_json(const Node& node, int indent) {
  Writer writer(indent);
  writer.add(node);
  return std::move(writer).take();
}

}  // namespace api
