#include "api/plan_edit.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "api/field_text.h"
#include "api/plan_strict.h"
#include "api/tables.h"
#include "api/yaml.h"

namespace api {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t kMaxSegments = 32;

/// "a.b[2].c" as a, b, [2], c.
Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> out;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t end = rest[0] == '[' ? rest.find(']') : rest.find_first_of(".[");
    const bool index = rest[0] == '[';
    if (index && end == std::string_view::npos) {
      return fail(Code::InvalidArgument, fmt::format("--set {}: '[' without ']'", path));
    }
    const std::string_view segment = rest.substr(0, index ? end + 1 : end);
    if (segment.empty()) {
      return fail(Code::InvalidArgument,
                  fmt::format("--set {}: a field's name is empty; write FIELD.FIELD=VALUE", path));
    }
    out.emplace_back(segment);
    rest.remove_prefix(segment.size());
    const bool dot = rest.starts_with('.');
    if (dot) rest.remove_prefix(1);
    if (dot && rest.empty()) {
      return fail(Code::InvalidArgument, fmt::format("--set {}: it ends with a dot", path));
    }
  }
  if (out.empty() || out.size() > kMaxSegments) {
    return fail(Code::InvalidArgument,
                fmt::format("--set {}: write FIELD.FIELD=VALUE, at most {} fields deep", path,
                            kMaxSegments));
  }
  return out;
}

std::optional<std::size_t> index_of(std::string_view segment) {
  if (segment.size() < 3 || segment.front() != '[' || segment.back() != ']') return std::nullopt;
  std::size_t out = 0;
  const char* end = segment.data() + segment.size() - 1;
  const auto [at, error] = std::from_chars(segment.data() + 1, end, out);
  return error == std::errc{} && at == end ? std::optional(out) : std::nullopt;
}

Result<Node*> item_of(Node& list, const std::string& segment, std::string_view path) {
  if (const auto index = index_of(segment)) {
    if (*index < list.size()) return &list.items()[*index];
    return fail(Code::InvalidArgument, fmt::format("--set {}: there is no item {}; the list has {}",
                                                   path, segment, list.size()));
  }
  std::vector<std::string> names;
  for (Node& item : list.items()) {
    names.push_back(item["name"].as_string());
    if (names.back() == segment) return &item;
  }
  const std::string indices =
      list.size() == 0 ? "" : fmt::format(", or [0] to [{}]", list.size() - 1);
  return fail(Code::InvalidArgument,
              fmt::format("--set {}: there is no item \"{}\".{} There are: {}{}", path, segment,
                          suggest(segment, names), join(names), indices));
}

/// The node at a path; missing keys of maps are made.
Result<Node*> reach(Node& document, const std::vector<std::string>& segments,
                    std::string_view path) {
  Node* at = &document;
  for (const std::string& segment : segments) {
    if (at->is_sequence()) {
      TRY(at, item_of(*at, segment, path));
      continue;
    }
    if (!at->is_null() && !at->is_map()) {
      return fail(Code::InvalidArgument, fmt::format("--set {}: {} has no fields: it is the {} {}",
                                                     path, segment, at->kind(), show(*at)));
    }
    if (segment.starts_with('[')) {
      return fail(Code::InvalidArgument,
                  fmt::format("--set {}: {} wants a list, and there is none", path, segment));
    }
    if (!at->has(segment)) at->set(segment, Node());
    at = at->find(segment);
  }
  return at;
}

/// Whether the plan's table has a string at a path, so that 400 stays "400".
bool takes_text(const std::vector<std::string>& segments) {
  const FieldSpec* at = &recovery_plan_table();
  for (const std::string& segment : segments) {
    if (at->type == FieldType::StringMap) return true;
    if (at->type == FieldType::Objects && (index_of(segment) || !segment.starts_with('['))) {
      FieldSpec const* const list = at;
      const bool is_field = std::any_of(list->fields.begin(), list->fields.end(),
                                        [&](const FieldSpec& f) { return f.name == segment; });
      if (!is_field) continue;  // the item's name
    }
    const auto inner = std::find_if(at->fields.begin(), at->fields.end(),
                                    [&](const FieldSpec& field) { return field.name == segment; });
    if (inner == at->fields.end()) return false;
    at = &*inner;
  }
  return at->type == FieldType::String || at->type == FieldType::Name ||
         at->type == FieldType::Enum;
}

Result<Node> read_value(std::string_view text, std::string_view path) {
  auto documents = parse_yaml(text, "");
  if (!documents) {
    return fail(Code::InvalidArgument,
                fmt::format("--set {}: {}", path, documents.error().front().message));
  }
  if (documents->empty()) return Node("");
  if (documents->size() > 1) {
    return fail(Code::InvalidArgument, fmt::format("--set {}: one value only", path));
  }
  return std::move(documents->front());
}

void forget_places(Node& node) {
  node.mark = {};
  if (node.is_map()) {
    for (Entry& entry : node.entries()) {
      entry.mark = {};
      forget_places(entry.value);
    }
  } else if (node.is_sequence()) {
    for (Node& item : node.items()) forget_places(item);
  }
}

}  // namespace

Result<void> apply_set(Node& document, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return fail(Code::InvalidArgument,
                fmt::format("--set {}: there is no '='; write FIELD.FIELD=VALUE", assignment));
  }
  const std::string_view path = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  TRY(const std::vector<std::string> segments, split_path(path));
  TRY(Node value, read_value(text, path));
  // Only a plan that can hold the whole path is changed at all.
  Node changed = document;
  TRY(Node * at, reach(changed, segments, path));
  const bool scalar = !value.is_map() && !value.is_sequence();
  if (scalar && !value.is_string() && (at->is_string() || takes_text(segments))) {
    value = Node(std::string(text));
  }
  forget_places(value);
  *at = std::move(value);
  if (const auto strict = check_stricter(document, changed); !strict) {
    return tl::unexpected(strict.error().with(fmt::format("--set {}", path)));
  }
  document = std::move(changed);
  return {};
}

Result<void> apply_profile(Node& document, std::string_view name) {
  const Node& profiles = document["spec"]["profiles"];
  const Node* profile = profiles.find(name);
  if (!profile) {
    std::vector<std::string> known;
    for (const Entry& entry : profiles.entries()) known.push_back(entry.key);
    return fail(Code::InvalidArgument, fmt::format("there is no profile \"{}\".{} The plan has: {}",
                                                   name, suggest(name, known), join(known)));
  }
  const Node timing = (*profile)["timing"];
  Node* spec = document.find("spec");
  if (!spec->has("timing")) spec->set("timing", Node::map());
  Node* target = spec->find("timing");
  if (!target->is_map() || !timing.is_map()) {
    return fail(
        Code::InvalidArgument,
        fmt::format("profile \"{}\": spec.timing and the profile's timing must be maps", name));
  }
  for (const Entry& entry : timing.entries()) target->set(entry.key, entry.value);
  spec->set("profile", std::string(name));
  return {};
}

}  // namespace api
