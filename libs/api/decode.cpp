#include "api/decode.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "api/field_text.h"

namespace api {
namespace {

constexpr std::size_t kMaxProblems = 200;  // of one document; nobody reads more

const FieldSpec* find_field(const std::vector<FieldSpec>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [name](const FieldSpec& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

bool has_type(const Node& value, FieldType type) {
  switch (type) {
    case FieldType::Integer: return value.is_int();
    case FieldType::Boolean: return value.is_bool();
    case FieldType::Amount: return value.is_int() || value.is_string();
    default: return value.is_string();
  }
}

}  // namespace

Node Decoder::decode(const Node& value, const FieldSpec& field, const std::string& path) {
  switch (field.type) {
    case FieldType::Anything:
    case FieldType::Value: break;
    case FieldType::Object: return decode_object(value, field, path);
    case FieldType::Objects:
    case FieldType::Conditions: return decode_list(value, field, path);
    case FieldType::NamedMap: return decode_named(value, field, path);
    case FieldType::Condition: return decode_one_of(value, Use::Condition, path);
    case FieldType::Strings: check_strings(value, field, path); break;
    case FieldType::StringMap: check_string_map(value, field, path); break;
    default: check_scalar(value, field, path);
  }
  return value;
}

Node Decoder::decode_object(const Node& value, const FieldSpec& field, const std::string& path) {
  if (!value.is_map()) {
    wrong_type(value, field, path);
    return Node::map();
  }
  Node out = Node::map();
  out.mark = value.mark;
  std::vector<std::string> actions;
  for (const Entry& entry : value.entries()) {
    const FieldSpec* known = find_field(field.fields, entry.key);
    if (known) {
      out.entries().push_back(
          {entry.key, decode(entry.value, *known, below(path, entry.key)), entry.mark});
    } else if (field.action && catalog_.find(entry.key, *field.action)) {
      actions.push_back(entry.key);
      out.entries().push_back(decode_action(entry, *field.action, below(path, entry.key)));
    } else {
      unknown_field(entry, field, path);
    }
  }
  for (const FieldSpec& missing : field.fields) fill(out, missing, value.mark, path);
  if (field.action && actions.size() != 1) {
    complain(value.mark, path,
             fmt::format("{}: exactly one kind of {} is needed, of {}",
                         actions.empty() ? "has none" : "has " + join(actions), noun(*field.action),
                         join(kinds_for(*field.action))));
  }
  check_groups(value, field.exactly_one_of, path);
  return out;
}

void Decoder::fill(Node& out, const FieldSpec& field, Mark mark, const std::string& path) {
  if (out.has(field.name)) return;
  if (field.required) {
    complain(mark, below(path, field.name),
             fmt::format("is missing: {} is required", describe(field)));
  } else if (field.otherwise) {
    Node value = *field.otherwise;
    value.mark = mark;
    out.entries().push_back({field.name, decode(value, field, below(path, field.name)), mark});
  }
}

void Decoder::unknown_field(const Entry& entry, const FieldSpec& field, const std::string& path) {
  if (problems_.size() >= kMaxProblems) return;  // looking for near names is dear
  std::vector<std::string> known = names_of(field.fields);
  if (field.action) {
    for (std::string& kind : kinds_for(*field.action)) known.push_back(std::move(kind));
  }
  complain(entry.mark, below(path, entry.key),
           fmt::format("there is no field \"{}\" here.{} Allowed are: {}", entry.key,
                       suggest(entry.key, known), join(known)));
}

Node Decoder::decode_list(const Node& value, const FieldSpec& field, const std::string& path) {
  if (!value.is_sequence()) {
    wrong_type(value, field, path);
    return Node::sequence();
  }
  const auto size = static_cast<std::int64_t>(value.size());
  if (field.maximum > 0 && (size < field.minimum || size > field.maximum)) {
    complain(value.mark, path, fmt::format("has {} items: {} is allowed", size, describe(field)));
  }
  Node out = Node::sequence();
  out.mark = value.mark;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Node& item = value.items()[i];
    const std::string item_at = item_path(path, item, i);
    out.push(field.type == FieldType::Conditions ? decode_one_of(item, Use::Condition, item_at)
                                                 : decode_object(item, field, item_at));
  }
  if (field.type == FieldType::Objects && find_field(field.fields, "name")) {
    check_names_differ(value, path);
  }
  return out;
}

void Decoder::check_names_differ(const Node& list, const std::string& path) {
  std::map<std::string, int> lines;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Node& name = list.items()[i]["name"];
    if (!name.is_string()) continue;
    const auto [first, is_new] = lines.emplace(name.as_string(), name.mark.line);
    if (is_new) continue;
    complain(name.mark, fmt::format("{}[{}].name", path, i),
             fmt::format("\"{}\" is taken by line {}: names in a list must differ",
                         name.as_string(), first->second));
  }
}

Node Decoder::decode_named(const Node& value, const FieldSpec& field, const std::string& path) {
  if (!value.is_map()) {
    wrong_type(value, field, path);
    return Node::map();
  }
  Node out = Node::map();
  out.mark = value.mark;
  for (const Entry& entry : value.entries()) {
    if (!is_label(entry.key)) {
      FieldSpec name;
      name.type = FieldType::Name;
      complain(entry.mark, path,
               fmt::format("\"{}\" cannot be a key: it must be {}", entry.key, describe(name)));
    }
    out.entries().push_back(
        {entry.key, decode_object(entry.value, field, below(path, entry.key)), entry.mark});
  }
  return out;
}

Node Decoder::decode_one_of(const Node& value, Use use, const std::string& path) {
  if (!value.is_map() || value.size() != 1) {
    complain(value.mark, path,
             fmt::format("{}: exactly one kind of {} is needed, of {}",
                         value.is_map() && value.size() > 1
                             ? fmt::format("has {} keys", value.size())
                             : fmt::format("{} is a {}", show(value), value.kind()),
                         noun(use), join(kinds_for(use))));
    return Node::map();
  }
  Node out = Node::map();
  out.mark = value.mark;
  out.entries().push_back(
      decode_action(value.entries().front(), use, below(path, value.entries().front().key)));
  return out;
}

Entry Decoder::decode_action(const Entry& entry, Use use, const std::string& path) {
  const ActionKind* kind = catalog_.find(entry.key, use);
  if (!kind) {
    const std::vector<std::string> known = kinds_for(use);
    complain(entry.mark, path,
             fmt::format("there is no kind of {} \"{}\".{} There are: {}", noun(use), entry.key,
                         suggest(entry.key, known), join(known)));
    return entry;
  }
  if (takes_condition(*kind)) {
    return {entry.key, decode_one_of(entry.value, Use::Condition, path), entry.mark};
  }
  FieldSpec parameters;
  parameters.type = FieldType::Object;
  parameters.fields = kind->fields;
  parameters.exactly_one_of = kind->exactly_one_of;
  return {entry.key, decode_object(entry.value, parameters, path), entry.mark};
}

void Decoder::check_scalar(const Node& value, const FieldSpec& field, const std::string& path) {
  if (!has_type(value, field.type)) return wrong_type(value, field, path);
  const std::string allowed = describe(field);
  const std::string& text = value.as_string();
  const bool bounded = field.minimum != 0 || field.maximum != 0;
  if (field.type == FieldType::Integer && bounded &&
      (value.as_int() < field.minimum || value.as_int() > field.maximum)) {
    complain(value.mark, path,
             fmt::format("{} is out of range: {} is allowed", show(value), allowed));
  } else if (field.type == FieldType::Enum &&
             std::find(field.allowed.begin(), field.allowed.end(), text) == field.allowed.end()) {
    complain(value.mark, path,
             fmt::format("{} is not allowed: it must be {}.{}", show(value), allowed,
                         suggest(text, field.allowed)));
  } else if ((field.type == FieldType::Name && !is_label(text)) ||
             (field.type == FieldType::Amount && value.is_string() && !is_decimal(text))) {
    complain(value.mark, path,
             fmt::format("{} is not allowed: it must be {}", show(value), allowed));
  } else if (field.type == FieldType::String && field.required && text.empty()) {
    complain(value.mark, path, "is empty: a string of at least one character is required");
  }
}

void Decoder::check_strings(const Node& value, const FieldSpec& field, const std::string& path) {
  if (!value.is_sequence()) return wrong_type(value, field, path);
  const auto size = static_cast<std::int64_t>(value.size());
  if (field.maximum > 0 && (size < field.minimum || size > field.maximum)) {
    complain(value.mark, path, fmt::format("has {} items: {} is allowed", size, describe(field)));
  }
  FieldSpec item;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!value.items()[i].is_string()) {
      wrong_type(value.items()[i], item, fmt::format("{}[{}]", path, i));
      continue;
    }
    const std::string& text = value.items()[i].as_string();
    if (field.allowed.empty() || std::ranges::count(field.allowed, text) > 0) continue;
    complain(value.items()[i].mark, fmt::format("{}[{}]", path, i),
             fmt::format("{} is not allowed: it must be one of {}.{}", show(value.items()[i]),
                         join(field.allowed), suggest(text, field.allowed)));
  }
}

void Decoder::check_string_map(const Node& value, const FieldSpec& field, const std::string& path) {
  if (!value.is_map()) return wrong_type(value, field, path);
  FieldSpec item;
  for (const Entry& entry : value.entries()) {
    if (!entry.value.is_string()) wrong_type(entry.value, item, below(path, entry.key));
  }
}

void Decoder::check_groups(const Node& value, const std::vector<std::vector<std::string>>& groups,
                           const std::string& path) {
  for (const std::vector<std::string>& group : groups) {
    const auto present = std::count_if(group.begin(), group.end(),
                                       [&](const std::string& name) { return value.has(name); });
    if (present == 1) continue;
    complain(value.mark, path,
             fmt::format("has {} of {}: exactly one is needed", present, join(group)));
  }
}

void Decoder::wrong_type(const Node& value, const FieldSpec& field, const std::string& path) {
  if (value.is_null()) {
    return complain(value.mark, path, fmt::format("has no value: {} is allowed", describe(field)));
  }
  const bool quotable = field.type == FieldType::String || field.type == FieldType::Name;
  const bool scalar = !value.is_map() && !value.is_sequence();
  const std::string quotes =
      quotable && scalar ? fmt::format("; write it in quotes: \"{}\"", show(value)) : "";
  complain(value.mark, path,
           fmt::format("{} is a{} {}: {} is allowed{}", show(value), value.is_int() ? "n" : "",
                       value.kind(), describe(field), quotes));
}

void Decoder::complain(Mark mark, std::string field, std::string message) {
  if (problems_.size() >= kMaxProblems) return;
  problems_.push_back({file_, mark, std::move(field), std::move(message)});
}

Problems Decoder::take() {
  std::sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.mark.line, a.mark.column, a.field, a.message) <
           std::tie(b.mark.line, b.mark.column, b.field, b.message);
  });
  return std::move(problems_);
}

std::vector<std::string> Decoder::kinds_for(Use use) const {
  std::vector<std::string> out;
  for (const ActionKind& kind : catalog_.kinds()) {
    if (kind.usable_as(use)) out.push_back(kind.name);
  }
  return out;
}

std::string item_path(const std::string& list, const Node& item, std::size_t index) {
  const Node& name = item["name"];
  return name.is_string() && is_label(name.as_string())
             ? fmt::format("{}.{}", list, name.as_string())
             : fmt::format("{}[{}]", list, index);
}

std::optional<Action> action_in(const Node& object, const std::vector<FieldSpec>& fields) {
  for (const Entry& entry : object.entries()) {
    if (!find_field(fields, entry.key)) return Action{entry.key, entry.value, entry.mark};
  }
  return std::nullopt;
}

}  // namespace api
