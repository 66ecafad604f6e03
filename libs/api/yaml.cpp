#include "api/yaml.h"

#include <map>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "api/text.h"
#include "api/yaml_split.h"

namespace api {
namespace {

// yaml-cpp's parser can only be left by an exception; it is caught in parse_document().
struct Refusal {
  Mark mark;
  std::string message;
};

struct Usage {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
};

void measure(const Node& node, std::size_t level, Usage& usage, std::size_t& depth) {
  ++usage.nodes;
  usage.bytes += node.as_string().size();
  depth = std::max(depth, level);
  for (const Entry& entry : node.entries()) {
    usage.bytes += entry.key.size();
    measure(entry.value, level + 1, usage, depth);
  }
  for (const Node& item : node.items()) measure(item, level + 1, usage, depth);
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const YamlLimits& limits, int first_line, Usage& usage)
      : limits_(limits), first_line_(first_line), usage_(usage) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    value(Node(), place(mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Mark at = place(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal{at, "an alias inside of what it stands for"};
    if (levels_.size() + found->second.depth > limits_.depth) too_deep(at);
    spend(found->second.usage, at);
    add(found->second.node, at);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const Mark at = place(mark);
    if (wants_key()) {
      take_key(text, tag, at);
      return;
    }
    if (tag == "!" || tag == "tag:yaml.org,2002:str") {
      value(Node(text), at, anchor);
      return;
    }
    check_tag(tag, at);
    auto resolved = resolve_scalar(text);
    if (!resolved) throw Refusal{at, resolved.error().message};
    value(std::move(*resolved), at, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::sequence(), tag, place(mark), anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::map(), tag, place(mark), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  Node root;

 private:
  struct Level {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    std::string key;
    Mark key_mark;
    std::unordered_map<std::string, Mark> keys;
  };
  struct Anchored {
    Node node;
    Usage usage;
    std::size_t depth = 0;
  };

  Mark place(const YAML::Mark& mark) const { return {mark.line + first_line_, mark.column + 1}; }

  [[noreturn]] void too_deep(Mark at) const {
    throw Refusal{at,
                  fmt::format("nested deeper than {} levels: that is not allowed", limits_.depth)};
  }

  void spend(Usage cost, Mark at) {
    usage_.nodes += cost.nodes;
    usage_.bytes += cost.bytes;
    if (usage_.nodes > limits_.nodes || usage_.bytes > limits_.expanded_bytes) {
      throw Refusal{at,
                    fmt::format("the document holds too much: at most {} values and {} bytes of "
                                "text are allowed, aliases counted as what they stand for",
                                limits_.nodes, limits_.expanded_bytes)};
    }
  }

  static void check_tag(const std::string& tag, Mark at) {
    if (tag == "?" || tag == "!" || tag.empty()) return;
    throw Refusal{at, fmt::format("the tag {} is not allowed: only !!str is", brief(tag))};
  }

  bool wants_key() const {
    return !levels_.empty() && levels_.back().node.is_map() && !levels_.back().has_key;
  }

  void take_key(const std::string& text, const std::string& tag, Mark at) {
    if (tag != "!" && tag != "tag:yaml.org,2002:str") check_tag(tag, at);
    if (text == "<<" && tag == "?") throw Refusal{at, "merge keys (<<) are not allowed"};
    Level& level = levels_.back();
    const auto [before, is_new] = level.keys.emplace(text, at);
    if (!is_new) {
      throw Refusal{at, fmt::format("the key '{}' stands there twice, first in line {}",
                                    brief(text), before->second.line)};
    }
    spend({0, text.size()}, at);
    level.key = text;
    level.key_mark = at;
    level.has_key = true;
  }

  void value(Node node, Mark at, YAML::anchor_t anchor) {
    spend({1, node.as_string().size()}, at);
    node.mark = at;
    remember(anchor, node);
    add(std::move(node), at);
  }

  void remember(YAML::anchor_t anchor, const Node& node) {
    if (anchor == 0) return;
    Anchored anchored{node, {}, 0};
    measure(node, 1, anchored.usage, anchored.depth);
    // The copy kept for the anchor is memory too: anchors in anchors would grow with the square.
    spend(anchored.usage, node.mark);
    anchors_[anchor] = std::move(anchored);
  }

  void add(Node node, Mark at) {
    if (levels_.empty()) {
      root = std::move(node);
      return;
    }
    if (wants_key()) throw Refusal{at, "a key that is not text: only text is allowed"};
    Level& level = levels_.back();
    if (level.node.is_map()) {
      level.node.entries().push_back(Entry{std::move(level.key), std::move(node), level.key_mark});
      level.has_key = false;
    } else {
      level.node.items().push_back(std::move(node));
    }
  }

  void open(Node node, const std::string& tag, Mark at, YAML::anchor_t anchor) {
    check_tag(tag, at);
    if (wants_key()) throw Refusal{at, "a key that is not text: only text is allowed"};
    if (levels_.size() >= limits_.depth) too_deep(at);
    spend({1, 0}, at);
    node.mark = at;
    levels_.push_back({std::move(node), anchor, false, {}, {}, {}});
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    const Mark at = level.node.mark;
    remember(level.anchor, level.node);
    add(std::move(level.node), at);
  }

  const YamlLimits& limits_;
  int first_line_;
  Usage& usage_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Anchored> anchors_;
};

tl::expected<Node, Problem> parse_document(const YamlDocument& document, const std::string& file,
                                           const YamlLimits& limits, Usage& usage) {
  const auto refuse = [&file](Mark mark, std::string message) {
    return tl::unexpected(Problem{file, mark, "", std::move(message)});
  };
  TreeBuilder builder(limits, document.first_line, usage);
  try {
    std::istringstream stream(document.text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    Node root = std::move(builder.root);
    // What stands behind the document is neither an error for yaml-cpp nor consumed by it.
    if (parser.HandleNextDocument(builder)) {
      return refuse(root.mark, "text that does not belong to the document stands behind it");
    }
    return root;
  } catch (const Refusal& refusal) {
    return refuse(refusal.mark, refusal.message);
  } catch (const YAML::Exception& problem) {
    Mark mark;
    if (!problem.mark.is_null()) {
      mark = {problem.mark.line + document.first_line, problem.mark.column + 1};
    }
    return refuse(mark, "YAML: " + problem.msg);
  } catch (const std::exception& problem) {
    return refuse({}, std::string("YAML: ") + problem.what());
  }
}

}  // namespace

tl::expected<std::vector<Node>, Problems> parse_yaml(std::string_view text, const std::string& file,
                                                     const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    return tl::unexpected(
        Problems{{file,
                  {},
                  "",
                  fmt::format("{} bytes: at most {} are allowed", text.size(), limits.bytes)}});
  }
  auto documents = split_yaml(text, file);
  if (!documents) return tl::unexpected(Problems{documents.error()});
  std::vector<Node> nodes;
  Usage usage;
  for (const YamlDocument& document : *documents) {
    auto node = parse_document(document, file, limits, usage);
    if (!node) return tl::unexpected(Problems{node.error()});
    nodes.push_back(std::move(*node));
  }
  return nodes;
}

}  // namespace api
