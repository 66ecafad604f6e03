#include "api/validate.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "api/text.h"

namespace api {
namespace {

bool is_unit_text(const Node& value) {
  const std::string& text = value.as_string();
  return !text.empty() && text.size() < 20 && text.find_first_of("0123456789") != std::string::npos;
}

/// "300s" where an integer is wanted: most likely the unit was written again.
std::string unit_hint(const Node& value, const FieldSpec& spec) {
  for (const char* unit : {"Seconds", "Millis", "Days", "Percent", "Minute"}) {
    if (is_unit_text(value) && spec.name.ends_with(unit)) {
      return fmt::format(" (the unit is in the name: {})", spec.name);
    }
  }
  return "";
}

std::vector<std::string> names_of(const std::vector<FieldSpec>& specs) {
  std::vector<std::string> names;
  for (const FieldSpec& spec : specs) names.push_back(spec.name);
  return names;
}

std::string item_path(const std::string& path, const Node& item, std::size_t index,
                      const std::string& key) {
  const std::string& label = key.empty() ? std::string() : item[key].as_string();
  const bool usable = !label.empty() && label.size() <= 63;
  return usable ? fmt::format("{}[{}]", path, brief(std::string_view(label)))
                : fmt::format("{}[{}]", path, index);
}

bool is_body_condition(const ActionKind& kind) {
  return kind.fields.size() == 1 && kind.fields[0].name.empty() &&
         kind.fields[0].type == FieldType::Condition;
}

}  // namespace

void Validator::complain(Mark mark, const std::string& field, std::string message) {
  problems_.push_back({file_, mark, field, std::move(message)});
}

void Validator::refuse(const Node& value, const FieldSpec& spec, const std::string& path) {
  const bool numeric = spec.type == FieldType::Integer || spec.type == FieldType::Decimal;
  const char* what = numeric && value.is_int() ? "is out of range" : "is not allowed";
  complain(value.mark, path,
           fmt::format("{} {}: {} is allowed{}", brief_value(value), what, allowed_text(spec),
                       numeric ? unit_hint(value, spec) : ""));
}

bool Validator::is_map(const Node& value, const std::string& path) {
  if (value.is_map() || value.is_null()) return true;
  complain(value.mark, path,
           fmt::format("{} is not allowed: a map is allowed", brief_value(value)));
  return false;
}

Node Validator::object(const Node& value, const FieldSpec& spec, const std::string& path) {
  if (!is_map(value, path)) return value;
  unknown(value, spec.fields, spec.action, path);
  Node out = fields(value, spec.fields, path);
  if (spec.action) embed_action(value, *spec.action, path, out);
  groups(value, spec.groups, path);
  return out;
}

Node Validator::fields(const Node& value, const std::vector<FieldSpec>& specs,
                       const std::string& path) {
  Node out = Node::map();
  out.mark = value.mark;
  for (const FieldSpec& spec : specs) {
    const std::string own = join_path(path, spec.name);
    const auto written = std::find_if(value.entries().begin(), value.entries().end(),
                                      [&](const Entry& entry) { return entry.key == spec.name; });
    if (written != value.entries().end() && !written->value.is_null()) {
      out.entries().push_back({spec.name, field(written->value, spec, own), written->mark});
    } else if (spec.required) {
      complain(value.mark, own, fmt::format("is missing: {} is required", allowed_text(spec)));
    } else if (spec.otherwise) {
      Node filled = *spec.otherwise;
      if (spec.type == FieldType::Object) filled = object(filled, spec, own);
      out.entries().push_back({spec.name, std::move(filled), {}});
    }
  }
  return out;
}

void Validator::unknown(const Node& value, const std::vector<FieldSpec>& specs,
                        std::optional<Use> use, const std::string& path) {
  std::vector<std::string> known = names_of(specs);
  if (use) {
    for (std::string& kind : catalog_.names(*use)) known.push_back(std::move(kind));
  }
  for (const Entry& entry : value.entries()) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::string meant = nearest(entry.key, known);
    const std::string hint = meant.empty() ? "" : fmt::format("did you mean '{}'? ", meant);
    complain(entry.mark, join_path(path, brief(std::string_view(entry.key))),
             fmt::format("is not known: {}allowed are {}", hint, join(known)));
  }
}

void Validator::groups(const Node& value, const FieldGroups& groups, const std::string& path) {
  const auto set_in = [&value](const std::vector<std::string>& group) {
    return std::count_if(group.begin(), group.end(),
                         [&value](const std::string& field) { return !value[field].is_null(); });
  };
  for (const std::vector<std::string>& group : groups.exactly_one) {
    if (const auto count = set_in(group); count != 1) {
      complain(value.mark, path,
               fmt::format("{} of {} are set: exactly one is allowed",
                           count == 0 ? "none" : std::to_string(count), join(group)));
    }
  }
  for (const std::vector<std::string>& group : groups.at_most_one) {
    if (const auto count = set_in(group); count > 1) {
      complain(value.mark, path,
               fmt::format("{} of {} are set: at most one is allowed", count, join(group)));
    }
  }
}

void Validator::embed_action(const Node& value, Use use, const std::string& path, Node& out) {
  std::vector<std::string> found;
  for (const Entry& entry : value.entries()) {
    const ActionKind* kind = catalog_.find(entry.key, use);
    if (kind == nullptr) continue;
    found.push_back(entry.key);
    out.entries().push_back(
        {entry.key, params(entry.value, *kind, join_path(path, entry.key)), entry.mark});
  }
  if (found.size() == 1) return;
  const std::string what = found.empty() ? fmt::format("names no {}", name(use))
                                         : fmt::format("names {} at once", join(found));
  complain(value.mark, path,
           fmt::format("{}: exactly one of {} is allowed", what, join(catalog_.names(use))));
}

Node Validator::params(const Node& value, const ActionKind& kind, const std::string& path) {
  if (is_body_condition(kind)) return condition(value, path);
  if (!is_map(value, path)) return value;
  const std::size_t before = problems_.size();
  unknown(value, kind.fields, std::nullopt, path);
  Node out = fields(value, kind.fields, path);
  groups(value, kind.groups, path);
  if (kind.check && problems_.size() == before) {
    for (const Complaint& complaint : kind.check(out)) {
      const Node* at = out.find(complaint.field);
      complain(at != nullptr && at->mark.line > 0 ? at->mark : value.mark,
               join_path(path, complaint.field), complaint.message);
    }
  }
  return out;
}

Node Validator::condition(const Node& value, const std::string& path) {
  if (!is_map(value, path)) return value;
  Node out = Node::map();
  out.mark = value.mark;
  unknown(value, {}, Use::Condition, path);
  embed_action(value, Use::Condition, path, out);
  return out;
}

Node Validator::field(const Node& value, const FieldSpec& spec, const std::string& path) {
  switch (spec.type) {
    case FieldType::String:
    case FieldType::Scalar:
    case FieldType::Enum: return text(value, spec, path);
    case FieldType::Integer:
    case FieldType::Decimal: return number(value, spec, path);
    case FieldType::Boolean:
      if (!value.is_bool()) refuse(value, spec, path);
      return value;
    case FieldType::Strings:
    case FieldType::Integers:
    case FieldType::Objects: return list(value, spec, path);
    case FieldType::StringMap: return string_map(value, spec, path);
    case FieldType::Object: return object(value, spec, path);
    case FieldType::Condition: return condition(value, path);
  }
  return value;
}

Node Validator::text(const Node& value, const FieldSpec& spec, const std::string& path) {
  Node out = value;
  if (spec.type == FieldType::Scalar && (value.is_int() || value.is_bool())) {
    out = Node(to_json(value));
    out.mark = value.mark;
  }
  const std::string& written = out.as_string();
  bool good = out.is_string() && written.size() <= 65'536 &&
              written.find('\0') == std::string::npos && has_form(written, spec.form);
  if (spec.type == FieldType::Enum) {
    good =
        good && std::find(spec.allowed.begin(), spec.allowed.end(), written) != spec.allowed.end();
  }
  const bool may_be_empty =
      spec.type == FieldType::Scalar || (spec.otherwise && spec.otherwise->as_string().empty());
  if (written.empty() && !may_be_empty) good = false;
  if (good) return out;
  const std::string meant = nearest(written, spec.allowed);
  if (spec.type == FieldType::Enum && !meant.empty()) {
    complain(value.mark, path,
             fmt::format("{} is not allowed: did you mean {}? {} is allowed", brief_value(value),
                         meant, allowed_text(spec)));
  } else {
    refuse(value, spec, path);
  }
  return out;
}

Node Validator::number(const Node& value, const FieldSpec& spec, const std::string& path) {
  const double wanted = decimal(value);  // NaN if it is none
  const bool typed = value.is_int() || (spec.type == FieldType::Decimal && value.is_string());
  const bool inside = wanted >= static_cast<double>(spec.minimum) &&
                      wanted <= static_cast<double>(maximum_of(spec));
  if (!typed || !inside) refuse(value, spec, path);
  return value;
}

Node Validator::list(const Node& value, const FieldSpec& spec, const std::string& path) {
  const auto count = static_cast<std::int64_t>(value.size());
  if (!value.is_sequence() || count < spec.minimum || count > maximum_of(spec)) {
    refuse(value, spec, path);
    return value;
  }
  FieldSpec item_spec = spec;
  item_spec.type = spec.type == FieldType::Strings ? FieldType::String : FieldType::Integer;
  item_spec.minimum = 1;
  item_spec.maximum = 0;
  if (!spec.allowed.empty()) item_spec.type = FieldType::Enum;
  Node out = Node::sequence();
  out.mark = value.mark;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Node& item = value.items()[i];
    if (spec.type == FieldType::Objects) {
      out.push(object(item, spec, item_path(path, item, i, spec.key)));
    } else {
      out.push(field(item, item_spec, fmt::format("{}[{}]", path, i)));
    }
  }
  if (spec.type == FieldType::Objects && !spec.key.empty()) unique(value, spec.key, path);
  return out;
}

void Validator::unique(const Node& items, const std::string& key, const std::string& path) {
  std::set<std::string> seen;
  for (const Node& item : items.items()) {
    const Node& label = item[key];
    if (!label.is_string() || seen.insert(label.as_string()).second) continue;
    complain(
        label.mark, path,
        fmt::format("{} stands there twice: every {} may be used once", brief_value(label), key));
  }
}

Node Validator::string_map(const Node& value, const FieldSpec& spec, const std::string& path) {
  const auto count = static_cast<std::int64_t>(value.size());
  if (!value.is_map() || count < spec.minimum || count > maximum_of(spec)) {
    refuse(value, spec, path);
    return value;
  }
  const FieldSpec item_spec{.type = FieldType::Scalar, .form = spec.form};
  Node out = Node::map();
  out.mark = value.mark;
  for (const Entry& entry : value.entries()) {
    const std::string own = join_path(path, brief(std::string_view(entry.key)));
    if (entry.key.empty() || entry.key.size() > 253) {
      complain(entry.mark, own, "a key of 1 to 253 bytes is allowed");
    }
    out.entries().push_back({entry.key, text(entry.value, item_spec, own), entry.mark});
  }
  return out;
}

}  // namespace api
