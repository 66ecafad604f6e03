// From the validated tree to the structs; nothing is checked here any more.
#include "api/recovery_plan.h"

#include "api/overrides.h"
#include "api/plan_rules.h"
#include "api/validate.h"

namespace api {
namespace {

Action action_of(const Node& node, Use use, const ActionCatalog& catalog) {
  return action_in(node, use, catalog).value_or(Action{});
}

std::map<std::string, std::string> texts(const Node& node) {
  std::map<std::string, std::string> out;
  for (const Entry& entry : node.entries()) out[entry.key] = entry.value.as_string();
  return out;
}

Objectives objectives_of(const Node& node) {
  return {node["rtoSeconds"].as_int(), node["rpoSeconds"].as_int(), node["zeroPoint"].as_string(),
          node["maxAgeDays"].as_int(), node["decidedBy"].as_strings()};
}

TargetSpec target_of(const Node& node) {
  TargetSpec out;
  if (const Node* local = node.find("local")) {
    out.local = LocalTargetSpec{(*local)["system"].as_string(), std::nullopt,
                                texts((*local)["parameters"])};
    if (const Node* inlined = local->find("inline")) out.local->inline_system = *inlined;
  }
  if (const Node* kubernetes = node.find("kubernetes")) out.kubernetes = *kubernetes;
  return out;
}

LoadSpec load_of(const Node& node) {
  LoadSpec out;
  out.probe = node["probe"].as_string();
  out.users = node["users"].as_int();
  out.operations_per_minute = node["operationsPerMinute"].as_int();
  for (const Node& item : node["mix"].items()) {
    out.mix.push_back(
        {item["name"].as_string(), item["share"].as_int(), item["statement"].as_string()});
  }
  out.capacity_percent = node["capacityPercent"].as_int();
  return out;
}

Timing timing_of(const Node& node) {
  Timing out;
  out.baseline_seconds = node["baselineSeconds"].as_int();
  out.hold_seconds = node["holdSeconds"].as_int();
  out.sample_seconds = node["sampleSeconds"].as_int();
  out.recovery_seconds = node["recoverySeconds"].as_int();
  out.validation_seconds = node["validationSeconds"].as_int();
  out.deadline_seconds = node["deadlineSeconds"].as_int();
  return out;
}

Fault fault_of(const Node& node, const ActionCatalog& catalog) {
  return {node["name"].as_string(), action_of(node, Use::Fault, catalog),
          action_in(node["provenBy"], Use::Condition, catalog), node["timeoutSeconds"].as_int()};
}

Step step_of(const Node& node, const ActionCatalog& catalog) {
  Step out;
  out.name = node["name"].as_string();
  out.phase = node["phase"].as_string();
  out.target_millis = node["targetMillis"].as_int();
  out.timeout_seconds = node["timeoutSeconds"].as_int();
  out.action = action_of(node, Use::Step, catalog);
  out.undo = action_in(node["undo"], Use::Step, catalog);
  out.forward_only = node["forwardOnly"].as_bool();
  out.on_failure =
      node["onFailure"].as_string() == "Continue" ? OnFailure::Continue : OnFailure::Abort;
  return out;
}

PhaseTargets phase_targets_of(const Node& node) {
  return {node["detectedMillis"].as_int(),  node["decidedMillis"].as_int(),
          node["promotedMillis"].as_int(),  node["redirectedMillis"].as_int(),
          node["sustainedMillis"].as_int(), node["redundancyMillis"].as_int()};
}

std::vector<Criterion> criteria_of(const Node& list) {
  std::vector<Criterion> out;
  for (const Node& node : list.items()) {
    Criterion criterion;
    criterion.metric = node["metric"].as_string();
    if (const Node* statistic = node.find("statistic"))
      criterion.statistic = statistic->as_string();
    criterion.at_most = node.has("atMost");
    criterion.target = decimal(criterion.at_most ? node["atMost"] : node["atLeast"]);
    criterion.operation = node["operation"].as_string();
    out.push_back(std::move(criterion));
  }
  return out;
}

Guard guard_of(const Node& node, const ActionCatalog& catalog) {
  Guard out;
  for (const Node& item : node["abortWhen"].items()) {
    out.abort_when.push_back(action_of(item, Use::Condition, catalog));
  }
  out.max_targets = node["maxTargets"].as_int();
  return out;
}

/// D: the degraded target of the API, unless the probe has its own (measurement.md §2).
void fill_deadlines(Node& spec) {
  std::int64_t deadline = 1'000;
  for (const Node& criterion : std::as_const(spec)["criteria"]["degraded"].items()) {
    const bool api = criterion["metric"].as_string() == "ApiResponseMillis";
    if (api && criterion.has("atMost") && criterion["operation"].is_null()) {
      deadline = std::max<std::int64_t>(static_cast<std::int64_t>(decimal(criterion["atMost"])), 1);
    }
  }
  for (Node& probe : spec.find("probes")->items()) {
    for (Entry& entry : probe.entries()) {
      if (entry.value.is_map() && entry.value["deadlineMillis"].is_null()) {
        entry.value.set("deadlineMillis", deadline);
      }
    }
  }
}

void bind_spec(const Node& spec, const ActionCatalog& catalog, RecoveryPlan& plan) {
  plan.failure_type = spec["failureType"].as_string();
  plan.description = spec["description"].as_string();
  plan.mode = spec["failover"]["mode"].as_string() == "Observe" ? FailoverMode::Observe
                                                                : FailoverMode::Orchestrate;
  plan.objectives = objectives_of(spec["objectives"]);
  plan.target = target_of(spec["target"]);
  plan.roles = texts(spec["roles"]);
  for (const Node& node : spec["probes"].items()) {
    Action action = action_of(node, Use::Probe, catalog);
    const bool control = action.params["control"].as_bool();
    plan.probes.push_back({node["name"].as_string(), std::move(action), control});
  }
  if (const Node* load = spec.find("load")) plan.load = load_of(*load);
  plan.timing = timing_of(spec["timing"]);
  if (const Node* fault = spec.find("fault")) plan.faults.push_back(fault_of(*fault, catalog));
  for (const Node& node : spec["faults"].items()) plan.faults.push_back(fault_of(node, catalog));
  for (const Node& node : spec["recovery"].items()) plan.recovery.push_back(step_of(node, catalog));
  for (const Node& node : spec["failback"].items()) plan.failback.push_back(step_of(node, catalog));
  plan.phase_targets = phase_targets_of(spec["phaseTargets"]);
  plan.degraded = criteria_of(spec["criteria"]["degraded"]);
  plan.validation = criteria_of(spec["criteria"]["validation"]);
  plan.monitoring = spec["monitoring"].as_strings();
  plan.guard = guard_of(spec["guard"], catalog);
}

}  // namespace

tl::expected<RecoveryPlan, Problems> parse_plan(const Node& document, const std::string& file,
                                                const ActionCatalog& catalog) {
  Problems problems;
  Validator validator(catalog, file, problems);
  Node normalized = validator.object(document, plan_fields(), "");
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  fill_deadlines(*normalized.find("spec"));
  RecoveryPlan plan;
  const Node& metadata = normalized["metadata"];
  plan.name = metadata["name"].as_string();
  plan.labels = texts(metadata["labels"]);
  plan.annotations = texts(metadata["annotations"]);
  plan.profile = metadata["annotations"][kProfileAnnotation].as_string();
  bind_spec(std::as_const(normalized)["spec"], catalog, plan);
  plan.document = document;
  plan.normalized = std::move(normalized);
  check_rules(plan, validator);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return plan;
}

Node to_node(const RecoveryPlan& plan) {
  return plan.normalized;
}

}  // namespace api
