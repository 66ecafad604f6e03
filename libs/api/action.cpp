#include "api/action.h"

#include "base/check.h"

namespace api {
namespace {

FieldSpec condition_field() {
  return {.type = FieldType::Condition, .required = true, .doc = "what is waited for"};
}

std::vector<FieldSpec> probe_fields() {
  return {
      {.name = "intervalMillis",
       .type = FieldType::Integer,
       .minimum = 1,
       .maximum = 60'000,
       .otherwise = Node(100),
       .doc = "Time between two operations of a stream, in milliseconds."},
      {.name = "deadlineMillis",
       .type = FieldType::Integer,
       .minimum = 1,
       .maximum = 600'000,
       .doc = "An operation is good if it succeeds within this time, in milliseconds. Default: the "
              "degraded target of ApiResponseMillis, else 1000."},
      {.name = "control",
       .type = FieldType::Boolean,
       .otherwise = Node(false),
       .doc = "The probe watches something outside of the blast radius: it judges the place that "
              "is measured from, and decides nothing."},
  };
}

void add_missing(std::vector<FieldSpec>& fields, std::vector<FieldSpec> more) {
  for (FieldSpec& field : more) {
    bool known = false;
    for (const FieldSpec& own : fields) known = known || own.name == field.name;
    if (!known) fields.push_back(std::move(field));
  }
}

}  // namespace

ActionCatalog::ActionCatalog() {
  kinds_.push_back({.name = "waitFor",
                    .uses = static_cast<std::uint8_t>(Use::Step),
                    .fields = {condition_field()},
                    .doc = "Waits until a condition holds."});
}

void ActionCatalog::add(ActionKind kind) {
  CHECK(!kind.name.empty() && kind.uses != 0);
  for (const ActionKind& known : kinds_) {
    CHECK(known.name != kind.name || (known.uses & kind.uses) == 0);
  }
  if (kind.usable_as(Use::Probe)) add_missing(kind.fields, probe_fields());
  kinds_.push_back(std::move(kind));
}

void ActionCatalog::add(const ActionCatalog& other) {
  for (const ActionKind& kind : other.kinds_) {
    if (kind.name != "waitFor") add(kind);
  }
}

const ActionKind* ActionCatalog::find(std::string_view name, Use use) const {
  for (const ActionKind& kind : kinds_) {
    if (kind.name == name && kind.usable_as(use)) return &kind;
  }
  return nullptr;
}

std::vector<std::string> ActionCatalog::names(Use use) const {
  std::vector<std::string> out;
  for (const ActionKind& kind : kinds_) {
    if (kind.usable_as(use)) out.push_back(kind.name);
  }
  return out;
}

std::optional<Action> action_in(const Node& node, Use use, const ActionCatalog& catalog) {
  for (const Entry& entry : node.entries()) {
    if (catalog.find(entry.key, use) != nullptr) return Action{entry.key, entry.value, entry.mark};
  }
  return std::nullopt;
}

Node to_node(const Action& action) {
  return Node::map().set(action.kind, action.params);
}

}  // namespace api
