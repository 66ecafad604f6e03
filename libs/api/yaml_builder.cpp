#include "api/yaml_builder.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace api {

namespace {

// Written with every byte escaped it still fits in front of its colon.
constexpr std::size_t kKeyBytesMax = 200;
constexpr const char* kPlain = "?";
constexpr const char* kNotPlain = "!";
constexpr const char* kStringTag = "tag:yaml.org,2002:str";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::int64_t> integer(std::string_view digits, int base) {
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  return whole ? std::optional(value) : std::nullopt;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  std::size_t at = 0;
  const auto sign = [&] {
    at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1U : 0U;
  };
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > from;
  };
  sign();
  const bool whole = digits();
  bool fraction = false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    fraction = digits();
  }
  if (!whole && !fraction) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    sign();
    if (!digits()) return false;
  }
  return at == text.size();
}

std::optional<double> special_float(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return negative ? -kInfinity : kInfinity;
  return std::nullopt;
}

bool is_known_tag(const std::string& tag) {
  return tag.empty() || tag == kPlain || tag == kNotPlain;
}

}  // namespace

Node resolve_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const bool positive = text[0] == '+' && text.size() > 1 && is_digit(text[1]);
  if (const auto value = integer(std::string_view(text).substr(positive ? 1 : 0), 10)) {
    return *value;
  }
  if (text.starts_with("0o") && text.size() > 2 && is_digit(text[2])) {
    if (const auto value = integer(std::string_view(text).substr(2), 8)) return *value;
  }
  if (text.starts_with("0x") && text.size() > 2 && text[2] != '-') {
    if (const auto value = integer(std::string_view(text).substr(2), 16)) return *value;
  }
  if (is_float(text)) return std::strtod(text.c_str(), nullptr);
  if (const auto value = special_float(text)) return *value;
  return text;
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  OnScalar(mark, kPlain, anchor, "");
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  const Mark at = place(mark);
  if (wants_key()) return take_key(at, value);
  if (!is_known_tag(tag) && tag != kStringTag) {
    throw YamlRefusal(at, fmt::format("tags are not taken: {}", tag));
  }
  count(at, 1, value.size());
  Node node = tag == kPlain ? resolve_scalar(value) : Node(value);
  node.mark = at;
  if (anchor != 0) remember(anchor, {node, 1, value.size(), 0});
  add(std::move(node), 0);
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Mark at = place(mark);
  if (wants_key()) throw YamlRefusal(at, "a key must be a plain word or a quoted string");
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw YamlRefusal(at, "an alias of something that holds itself");
  if (frames_.size() + found->second.depth > limits_.depth) {
    throw YamlRefusal(at, fmt::format("deeper than {} levels", limits_.depth));
  }
  count(at, found->second.nodes, found->second.bytes);
  Node node = found->second.node;
  node.mark = at;
  add(std::move(node), found->second.depth);
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                  YAML::anchor_t anchor, YAML::EmitterStyle::value /*style*/) {
  open(Node::sequence(), place(mark), tag, anchor);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/) {
  open(Node::map(), place(mark), tag, anchor);
}

void YamlBuilder::OnSequenceEnd() {
  close();
}

void YamlBuilder::OnMapEnd() {
  close();
}

void YamlBuilder::take_key(Mark mark, const std::string& key) {
  // YAML itself allows 1,024 characters for a key that stands before its colon on one line; a
  // longer one is a quote that was never closed where it should have been.
  if (key.size() > kKeyBytesMax) {
    throw YamlRefusal(mark, fmt::format("a key of {} bytes; at most {} are allowed (is a quote "
                                        "missing?)",
                                        key.size(), kKeyBytesMax));
  }
  Frame& frame = frames_.back();
  const auto [first, is_new] = frame.seen.emplace(key, mark.line);
  if (!is_new) {
    throw YamlRefusal(mark,
                      fmt::format("the key \"{}\" stands here a second time; first in line {}", key,
                                  first->second));
  }
  count(mark, 0, key.size());
  frame.has_key = true;
  frame.key = key;
  frame.key_mark = mark;
}

void YamlBuilder::open(Node node, Mark mark, const std::string& tag, YAML::anchor_t anchor) {
  if (wants_key()) throw YamlRefusal(mark, "a key must be a plain word or a quoted string");
  if (!is_known_tag(tag)) throw YamlRefusal(mark, fmt::format("tags are not taken: {}", tag));
  if (frames_.size() >= limits_.depth) {
    throw YamlRefusal(mark, fmt::format("deeper than {} levels", limits_.depth));
  }
  const std::size_t nodes_before = nodes_;
  const std::size_t bytes_before = bytes_;
  count(mark, 1, 0);
  node.mark = mark;
  frames_.push_back({std::move(node), anchor, nodes_before, bytes_before, 1, false, {}, {}, {}});
}

void YamlBuilder::close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.anchor != 0) {
    remember(frame.anchor,
             {frame.node, nodes_ - frame.nodes_before, bytes_ - frame.bytes_before, frame.depth});
  }
  add(std::move(frame.node), frame.depth);
}

void YamlBuilder::add(Node node, std::size_t depth) {
  if (frames_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = frames_.back();
  frame.depth = std::max(frame.depth, depth + 1);
  if (frame.node.is_map()) {
    frame.node.entries().push_back({std::move(frame.key), std::move(node), frame.key_mark});
    frame.has_key = false;
  } else {
    frame.node.push(std::move(node));
  }
}

void YamlBuilder::remember(YAML::anchor_t anchor, Anchored anchored) {
  kept_nodes_ += anchored.nodes;
  kept_bytes_ += anchored.bytes;
  check_limits(anchored.node.mark);
  anchors_[anchor] = std::move(anchored);
}

void YamlBuilder::count(Mark mark, std::size_t nodes, std::size_t bytes) {
  nodes_ += nodes;
  bytes_ += bytes;
  check_limits(mark);
}

void YamlBuilder::check_limits(Mark mark) const {
  if (nodes_ + kept_nodes_ > limits_.nodes) {
    throw YamlRefusal(mark, fmt::format("more than {} values, aliases expanded", limits_.nodes));
  }
  if (bytes_ + kept_bytes_ > limits_.text_bytes) {
    throw YamlRefusal(
        mark, fmt::format("more than {} bytes of text, aliases expanded", limits_.text_bytes));
  }
}

}  // namespace api
