#include "api/overrides.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "api/text.h"
#include "api/yaml.h"

namespace api {
namespace {

constexpr const char* kFlag = "--set";

tl::unexpected<Problems> refuse(std::string field, std::string message) {
  return tl::unexpected(Problems{{kFlag, {}, std::move(field), std::move(message)}});
}

/// "spec.probes[orders].tcp" -> spec, probes, [orders], tcp. Empty: not a path.
std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < path.size()) {
    if (path[at] == '[') {
      const std::size_t close = path.find(']', at);
      if (close == std::string_view::npos || close == at + 1) return {};
      out.emplace_back(path.substr(at, close - at));
      at = close + 1;
      if (at < path.size() && path[at] == '.') ++at;
      continue;
    }
    const std::size_t end = std::min(path.find_first_of(".[", at), path.size());
    if (end == at) return {};
    out.emplace_back(path.substr(at, end - at));
    at = end < path.size() && path[end] == '.' ? end + 1 : end;
    if (at == path.size() && path.back() == '.') return {};
  }
  return out;
}

Node* item_of(Node& list, std::string_view label) {
  if (!list.is_sequence()) return nullptr;
  for (Node& item : list.items()) {
    if (item["name"].as_string() == label) return &item;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), index);
  const bool is_index = error == std::errc{} && end == label.data() + label.size();
  return is_index && index < list.size() ? &list.items()[index] : nullptr;
}

bool may_not_be_set(std::string_view path) {
  static constexpr std::array<std::string_view, 8> kFixed = {"apiVersion",
                                                             "kind",
                                                             "metadata",
                                                             "spec.objectives.zeroPoint",
                                                             "spec.objectives.decidedBy",
                                                             "spec.criteria",
                                                             "spec.phaseTargets",
                                                             "spec.guard"};
  return std::any_of(kFixed.begin(), kFixed.end(), [path](std::string_view fixed) {
    const bool inside =
        path.starts_with(fixed) &&
        (path.size() == fixed.size() || path[fixed.size()] == '.' || path[fixed.size()] == '[');
    const bool around =
        fixed.starts_with(path) && fixed.size() > path.size() && fixed[path.size()] == '.';
    return inside || around;
  });
}

/// Where the value goes; the last map is made, lists are not.
tl::expected<Node*, Problems> place(Node& document, const std::vector<std::string>& path,
                                    const std::string& whole) {
  Node* at = &document;
  for (const std::string& segment : path) {
    if (segment.front() == '[') {
      const std::string label = segment.substr(1, segment.size() - 2);
      at = item_of(*at, label);
      if (at == nullptr) return refuse(whole, fmt::format("there is no item '{}'", brief(label)));
      continue;
    }
    if (at->is_sequence()) {
      return refuse(whole, fmt::format("'{}' is looked for in a list: write [{}]", brief(segment),
                                       brief(segment)));
    }
    if (!at->is_map() && !at->is_null()) {
      return refuse(whole,
                    fmt::format("'{}' is looked for in {}", brief(segment), brief_value(*at)));
    }
    if (at->find(segment) == nullptr) at->set(segment, Node());
    at = at->find(segment);
  }
  return at;
}

tl::expected<Node, Problems> read_value(std::string_view text, const std::string& path) {
  auto documents = parse_yaml(text, kFlag, {.bytes = 65'536, .nodes = 1'000});
  if (!documents) return refuse(path, documents.error().front().message);
  if (documents->size() > 1) return refuse(path, "more than one document");
  Node value = documents->empty() ? Node() : std::move(documents->front());
  value.mark = {};
  return value;
}

tl::expected<void, Problems> check_stricter(const std::string& path, const Node& before,
                                            const Node& after) {
  if (!path.starts_with("spec.objectives.")) return {};
  const std::int64_t old = before.is_int() ? before.as_int() : 90;  // maxAgeDays has a default
  if (after.is_int() && after.as_int() <= old) return {};
  return refuse(path, fmt::format("{} is not allowed: an objective may only get stricter, an "
                                  "integer up to {} is allowed",
                                  brief_value(after), old));
}

tl::expected<void, Problems> lay_over(Node& document, const std::vector<std::string>& path,
                                      const Node& entries, const std::string& file) {
  auto target = place(document, path, join(path, "."));
  if (!target) return tl::unexpected(target.error());
  if (!(*target)->is_null() && !(*target)->is_map()) {
    return tl::unexpected(Problems{{file, (*target)->mark, join(path, "."), "is no map"}});
  }
  for (const Entry& entry : entries.entries()) (*target)->set(entry.key, entry.value);
  return {};
}

}  // namespace

tl::expected<void, Problems> apply_profile(Node& document, std::string_view profile,
                                           const std::string& file) {
  std::vector<std::string> known;
  Node timing;
  const Node profiles = std::as_const(document)["spec"]["profiles"];
  for (const Node& item : profiles.items()) {
    known.push_back(item["name"].as_string());
    if (known.back() == profile) timing = item["timing"];
  }
  if (std::find(known.begin(), known.end(), profile) == known.end()) {
    const std::string are = known.empty() ? "it has none" : "it has " + join(known);
    return tl::unexpected(
        Problems{{file, profiles.mark, "spec.profiles",
                  fmt::format("the plan has no profile '{}': {}", brief(profile), are)}});
  }
  Node annotation = Node::map().set(kProfileAnnotation, std::string(profile));
  if (auto done = lay_over(document, {"spec", "timing"}, timing, file); !done) return done;
  if (auto done = lay_over(document, {"metadata", "annotations"}, annotation, file); !done) {
    return done;
  }
  return {};
}

tl::expected<void, Problems> apply_set(Node& document, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return refuse("", fmt::format("'{}' is not allowed: PATH=VALUE is", brief(assignment)));
  }
  const std::string path(assignment.substr(0, equals));
  const std::vector<std::string> parts = segments(path);
  if (parts.empty() || parts.size() > 32) return refuse(brief(path), "is no path");
  if (may_not_be_set(path)) {
    return refuse(path, "may not be set: it decides what the evidence says");
  }
  auto value = read_value(assignment.substr(equals + 1), path);
  if (!value) return tl::unexpected(value.error());
  Node changed = document;
  auto target = place(changed, parts, path);
  if (!target) return tl::unexpected(target.error());
  if (auto strict = check_stricter(path, **target, *value); !strict) return strict;
  **target = std::move(*value);
  document = std::move(changed);
  return {};
}

}  // namespace api
