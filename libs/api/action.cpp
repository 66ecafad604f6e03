#include "api/action.h"

#include <algorithm>

#include "base/check.h"

namespace api {

void ActionCatalog::add(ActionKind kind) {
  for (const ActionKind& known : kinds_) {
    CHECK(known.name != kind.name || (known.uses & kind.uses) == 0);
  }
  kinds_.push_back(std::move(kind));
}

const ActionKind* ActionCatalog::find(std::string_view name, Use use) const {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const ActionKind& kind) {
    return kind.name == name && kind.usable_as(use);
  });
  return found == kinds_.end() ? nullptr : &*found;
}

bool only_waits(const Action& step) {
  return step.kind == kWaitFor || step.kind == kApproval;
}

ActionKind wait_for_kind() {
  FieldSpec condition;
  condition.name = "condition";
  condition.type = FieldType::Condition;
  condition.required = true;
  condition.doc = "the condition, by its kind";
  ActionKind kind;
  kind.name = kWaitFor;
  kind.uses = static_cast<std::uint8_t>(Use::Step);
  kind.fields = {condition};
  kind.doc = "Waits until a condition holds; it changes nothing.";
  return kind;
}

bool takes_condition(const ActionKind& kind) {
  return kind.fields.size() == 1 && kind.fields.front().type == FieldType::Condition;
}

Action one_of(const Node& node) {
  CHECK(node.size() == 1 && node.is_map());
  const Entry& entry = node.entries().front();
  return {entry.key, entry.value, entry.mark};
}

}  // namespace api
