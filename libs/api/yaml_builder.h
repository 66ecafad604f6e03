// Builds a Node from yaml-cpp's events. The events, and not yaml-cpp's own tree, because a tree
// keeps the last of two equal keys, expands aliases out of sight, and lets go of the text's places.
// For yaml.cpp only.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "api/node.h"
#include "api/yaml.h"

namespace api {

/// Thrown out of yaml-cpp's parser by the builder; caught in parse_yaml.
class YamlRefusal : public std::runtime_error {
 public:
  YamlRefusal(Mark mark, const std::string& message) : std::runtime_error(message), mark(mark) {}
  Mark mark;
};

/// A plain scalar by the YAML 1.2 core schema.
Node resolve_scalar(const std::string& text);

class YamlBuilder : public YAML::EventHandler {
 public:
  YamlBuilder(const YamlLimits& limits, int lines_before)
      : limits_(limits), lines_before_(lines_before) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

  Mark place(const YAML::Mark& mark) const {
    return {mark.line + 1 + lines_before_, mark.column + 1};
  }
  Node take() { return std::move(root_); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    std::size_t bytes_before = 0;
    std::size_t depth = 1;  // of what was added so far, itself included
    bool has_key = false;
    std::string key;
    Mark key_mark;
    std::unordered_map<std::string, int> seen;  // keys and their lines
  };
  struct Anchored {
    Node node;
    std::size_t nodes = 0;
    std::size_t bytes = 0;
    std::size_t depth = 0;  // 0: a scalar
  };

  bool wants_key() const {
    return !frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_key;
  }
  void take_key(Mark mark, const std::string& key);
  void open(Node node, Mark mark, const std::string& tag, YAML::anchor_t anchor);
  void close();
  void add(Node node, std::size_t depth);
  /// Keeps a copy for aliases. Copies are memory too: anchors around anchors would otherwise take
  /// up to `depth` times the document.
  void remember(YAML::anchor_t anchor, Anchored anchored);
  void count(Mark mark, std::size_t nodes, std::size_t bytes);
  void check_limits(Mark mark) const;

  YamlLimits limits_;
  int lines_before_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t kept_nodes_ = 0;  // in anchors_
  std::size_t kept_bytes_ = 0;
  Node root_;
};

}  // namespace api
