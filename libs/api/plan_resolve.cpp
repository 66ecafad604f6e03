#include "api/plan_resolve.h"

namespace api {
namespace {

using base::Result;

constexpr const char* kServiceRole = "service";

class Resolver {
 public:
  Resolver(const RecoveryPlan& plan, const Substitutions& values, const ActionCatalog& catalog)
      : catalog_(catalog), names_(values), texts_(values) {
    for (const auto& [role, name] : plan.roles) {
      names_[role] = name;
      texts_[role] = name;
    }
    const auto service = plan.roles.find(kServiceRole);
    if (service == plan.roles.end()) return;
    const auto address = values.find("address." + service->second);
    if (address != values.end()) texts_[kServiceRole] = address->second;
  }

  Result<void> resolve(Action& action, Use use) const {
    const ActionKind* kind = catalog_.find(action.kind, use);
    if (kind && takes_condition(*kind)) return resolve_nested(action.params);
    for (Entry& entry : action.params.entries()) {
      const FieldSpec* field = kind ? find(kind->fields, entry.key) : nullptr;
      TRY(resolve_field(entry.value, field));
    }
    return {};
  }

  Result<void> resolve(std::optional<Action>& action, Use use) const {
    return action ? resolve(*action, use) : Result<void>{};
  }

 private:
  static const FieldSpec* find(const std::vector<FieldSpec>& fields, std::string_view name) {
    for (const FieldSpec& field : fields) {
      if (field.name == name) return &field;
    }
    return nullptr;
  }

  /// A condition as it stands in a plan: a map of one kind.
  Result<void> resolve_nested(Node& node) const {
    Action condition = one_of(node);
    TRY(resolve(condition, Use::Condition));
    node.entries().front().value = std::move(condition.params);
    return {};
  }

  Result<void> resolve_field(Node& value, const FieldSpec* field) const {
    if (field && field->type == FieldType::Condition) return resolve_nested(value);
    if (field && field->type == FieldType::Conditions) {
      for (Node& item : value.items()) TRY(resolve_nested(item));
      return {};
    }
    if (field && (field->type == FieldType::Object || field->type == FieldType::Objects)) {
      if (value.is_map()) return resolve_map(value, field->fields);
      for (Node& item : value.items()) TRY(resolve_map(item, field->fields));
      return {};
    }
    const bool is_name = field && field->names != FieldSpec::Names::Nothing;
    TRY(value, substitute(value, is_name ? names_ : texts_));
    return {};
  }

  Result<void> resolve_map(Node& map, const std::vector<FieldSpec>& fields) const {
    for (Entry& entry : map.entries()) TRY(resolve_field(entry.value, find(fields, entry.key)));
    return {};
  }

  const ActionCatalog& catalog_;
  Substitutions names_, texts_;
};

}  // namespace

Result<RecoveryPlan> resolve_plan(RecoveryPlan plan, const Substitutions& values,
                                  const ActionCatalog& catalog) {
  const Resolver resolver(plan, values, catalog);
  for (ProbeSpec& probe : plan.probes) TRY(resolver.resolve(probe.action, Use::Probe));
  for (Fault& fault : plan.faults) {
    TRY(resolver.resolve(fault.action, Use::Fault));
    TRY(resolver.resolve(fault.proven_by, Use::Condition));
  }
  for (auto* steps : {&plan.recovery, &plan.failback}) {
    for (Step& step : *steps) {
      TRY(resolver.resolve(step.action, Use::Step));
      TRY(resolver.resolve(step.undo, Use::Step));
    }
  }
  for (Action& action : plan.guard.abort_when) TRY(resolver.resolve(action, Use::Condition));
  return plan;
}

}  // namespace api
