#include "api/json_path.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/sorted.h"

namespace api {
namespace {

using Found = std::vector<const Node*>;

/// An expression can look at everything below everything, again and again.
constexpr std::size_t kLooksMax = 2'000'000;
constexpr std::size_t kBytesMax = std::size_t{256} << 20U;

tl::unexpected<base::Error> wrong(const std::string& why) {
  return base::fail(base::Code::InvalidArgument, why);
}

/// Of a map in the order of their names, of a list in its own.
Found children(const Node& node) {
  Found out;
  for (const Node& item : node.items()) out.push_back(&item);
  const auto earlier = [](const Entry& a, const Entry& b) { return a.key < b.key; };
  if (std::is_sorted(node.entries().begin(), node.entries().end(), earlier)) {
    for (const Entry& entry : node.entries()) out.push_back(&entry.value);
    return out;
  }
  std::vector<const Entry*> entries;
  for (const Entry& entry : node.entries()) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [&](const Entry* a, const Entry* b) { return earlier(*a, *b); });
  for (const Entry* entry : entries) out.push_back(&entry->value);
  return out;
}

template <class T>
bool compared(const T& left, const T& right, const std::string& how) {
  if (how == "==") return left == right;
  if (how == "!=") return left != right;
  if (how == "<") return left < right;
  if (how == "<=") return left <= right;
  return how == ">" ? left > right : left >= right;
}

base::Result<bool> compared(const Node& left, const Node& right, const std::string& how) {
  const auto is_number = [](const Node& node) { return node.is_int() || node.is_double(); };
  if (left.is_null() || right.is_null()) return false;
  if (left.is_int() && right.is_int()) return compared(left.as_int(), right.as_int(), how);
  if (is_number(left) && is_number(right)) {
    return compared(left.as_double(), right.as_double(), how);
  }
  if (left.is_string() && right.is_string()) {
    return compared(left.as_string(), right.as_string(), how);
  }
  if (left.is_bool() && right.is_bool() && (how == "==" || how == "!=")) {
    return compared(left.as_bool(), right.as_bool(), how);
  }
  return wrong(fmt::format("?(… {} …): a {} cannot be compared so with a {}", how, left.kind(),
                           right.kind()));
}

/// Finds what paths lead to, and counts what it looks at on the way.
class Walker {
 public:
  base::Result<Found> walk(const Path& path, Found from) {
    for (const PathStep& step : path) {
      TRY(looked(from.size() + 1));
      TRY(from, one(step, from));
    }
    return from;
  }

 private:
  base::Result<> looked(std::size_t at) {
    looks_ += at;
    if (looks_ <= kLooksMax) return {};
    return base::fail(base::Code::ResourceExhausted,
                      fmt::format("more than {} values to look at", kLooksMax));
  }

  base::Result<Found> one(const PathStep& step, const Found& from) {
    Found out;
    for (const Node* node : from) {
      switch (step.kind) {
        case PathStep::Kind::Value: out.push_back(&step.value); break;
        case PathStep::Kind::Field:
          if (const Node* found = node->find(step.value.as_string())) out.push_back(found);
          break;
        case PathStep::Kind::Wildcard:
          for (const Node* child : children(*node)) out.push_back(child);
          break;
        case PathStep::Kind::Descend: TRY(descend(*node, out)); break;
        case PathStep::Kind::Slice: TRY(slice(step.slice, *node, out)); break;
        case PathStep::Kind::Filter: TRY(filter(step, *node, out)); break;
        case PathStep::Kind::Union: break;  // below: all of the first part come first
      }
    }
    if (step.kind != PathStep::Kind::Union) return out;
    for (const Path& part : step.parts) {
      TRY(const Found found, walk(part, from));
      out.insert(out.end(), found.begin(), found.end());
    }
    return out;
  }

  /// Itself and all below that has something below it.
  base::Result<> descend(const Node& node, Found& out) {
    const Found below = children(node);
    TRY(looked(1));
    if (below.empty()) return {};
    out.push_back(&node);
    for (const Node* child : below) TRY(descend(*child, out));
    return {};
  }

  static base::Result<> slice(const PathSlice& slice, const Node& node, Found& out) {
    if (node.is_null()) return {};
    if (!node.is_sequence()) {
      return wrong(fmt::format("[…] selects from a list, and this is a {}", node.kind()));
    }
    const auto size = static_cast<std::int64_t>(node.size());
    const auto from_end = [size](std::int64_t index) { return index < 0 ? index + size : index; };
    const std::int64_t begin = from_end(slice.begin.value_or(0));
    const std::int64_t end = slice.single ? begin + 1 : from_end(slice.end.value_or(size));
    if (begin == end) return {};
    if (begin < 0 || begin >= size || end < begin || end > size) {
      return wrong(fmt::format("[{}{}] is out of bounds: the list has {} item{}",
                               slice.begin ? std::to_string(*slice.begin) : "",
                               slice.single ? ""
                               : slice.end  ? ":" + std::to_string(*slice.end)
                                            : ":",
                               size, size == 1 ? "" : "s"));
    }
    for (std::int64_t i = begin; i < end; i += std::min(slice.step, size)) {
      out.push_back(&node.items()[static_cast<std::size_t>(i)]);
    }
    return {};
  }

  base::Result<> filter(const PathStep& step, const Node& node, Found& out) {
    if (node.is_null()) return {};
    if (!node.is_sequence()) {
      return wrong(fmt::format("?(…) selects from a list, and this is a {}", node.kind()));
    }
    for (const Node& item : node.items()) {
      TRY(const bool fits, fits(step, item));
      if (fits) out.push_back(&item);
    }
    return {};
  }

  base::Result<bool> fits(const PathStep& step, const Node& item) {
    const auto left = walk(step.parts[0], {&item});
    if (step.comparison.empty()) return left && !left->empty();
    if (!left) return tl::unexpected(left.error());
    TRY(const Found right, walk(step.parts[1], {&item}));
    if (left->size() > 1 || right.size() > 1) {
      return wrong(fmt::format("?(… {} …): one value is compared with one", step.comparison));
    }
    if (left->empty() || right.empty()) return false;
    return compared(*left->front(), *right.front(), step.comparison);
  }

  std::size_t looks_ = 0;
};

/// As programs in Go print it: these characters stand in texts only, where they may be escaped.
std::string json_of(const Node& node, int indent) {
  std::string out;
  for (const char c : to_json(sorted(node), indent)) {
    if (c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_of(const Node& node) {
  if (node.is_string()) return node.as_string();
  if (node.is_double()) return fmt::format("{}", node.as_double());
  return node.is_map() || node.is_sequence() ? json_of(node, -1) : to_json(node);
}

std::string text_of(const Found& found) {
  std::string out;
  for (std::size_t i = 0; i < found.size(); ++i) out += (i == 0 ? "" : " ") + text_of(*found[i]);
  return out;
}

std::string list_of(const Found& found) {
  constexpr int kIndent = 4;
  Node list = Node::sequence();
  for (const Node* node : found) list.push(*node);
  return json_of(list, kIndent) + "\n";
}

using Printer = std::string (*)(const Found&);

base::Result<> print_blocks(const std::vector<PathBlock>& blocks, const Node& object,
                            Walker& walker, Printer printer, std::string& out) {
  for (const PathBlock& block : blocks) {
    TRY(const Found found, walker.walk(block.path, {&object}));
    if (!block.range) {
      out += printer(found);
      continue;
    }
    for (const Node* one : found) TRY(print_blocks(block.body, *one, walker, printer, out));
    if (out.size() > kBytesMax) {
      return base::fail(base::Code::ResourceExhausted,
                        fmt::format("more than {} bytes to print", kBytesMax));
    }
  }
  return {};
}

}  // namespace

base::Result<std::string> PathTemplate::print(const Node& object) const {
  Walker walker;
  std::string out;
  TRY(print_blocks(blocks_, object, walker, text_of, out));
  return out;
}

base::Result<std::string> PathTemplate::print_json(const Node& object) const {
  Walker walker;
  std::string out;
  TRY(print_blocks(blocks_, object, walker, list_of, out));
  return out;
}

base::Result<Found> PathTemplate::find(const Node& object) const {
  Walker walker;
  Found out;
  for (const PathBlock& block : blocks_) {
    if (block.range) continue;
    TRY(const Found found, walker.walk(block.path, {&object}));
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

}  // namespace api
