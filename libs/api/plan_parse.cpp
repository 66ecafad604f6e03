#include "api/plan_parse.h"

#include <algorithm>
#include <cstdlib>

#include "api/decode.h"
#include "api/plan_rules.h"
#include "api/tables.h"

namespace api {
namespace {

using TextMap = std::map<std::string, std::string>;

constexpr const char* kLedgerProbe = "postgres";

const std::vector<FieldSpec>& fields_of(std::string_view path) {
  return table_at(recovery_plan_table(), path).fields;
}

TextMap read_map(const Node& node) {
  TextMap out;
  for (const Entry& entry : node.entries()) out[entry.key] = entry.value.as_string();
  return out;
}

Objectives read_objectives(const Node& node) {
  Objectives out{node["rtoSeconds"].as_int(),
                 {},
                 node["zeroPoint"].as_string(),
                 node["maxAgeDays"].as_int(),
                 node["decidedBy"].as_strings()};
  if (const Node* rpo = node.find("rpoSeconds")) out.rpo_seconds = rpo->as_int();
  return out;
}

KubernetesTargetSpec read_kubernetes_target(const Node& node) {
  KubernetesTargetSpec out;
  for (const Node& item : node["workloads"].items()) {
    out.workloads.push_back({item["name"].as_string(), item["kind"].as_string(), item["selector"],
                             item["count"].as_int()});
  }
  for (const Node& item : node["services"].items()) {
    const std::string& name = item["name"].as_string();
    const std::string& service = item["service"].as_string();
    out.services.push_back({name, service.empty() ? name : service, item["port"].as_int()});
  }
  for (const Node& item : node["instances"].items()) {
    const Node& secret = item["passwordSecret"];
    out.instances.push_back({item["name"].as_string(), item["workload"].as_string(),
                             item["port"].as_int(), item["user"].as_string(),
                             item["database"].as_string(), secret["name"].as_string(),
                             secret["key"].as_string()});
  }
  return out;
}

TargetSpec read_target(const Node& node) {
  TargetSpec out;
  if (const Node* local = node.find("local")) {
    out.local =
        LocalTargetSpec{(*local)["system"].as_string(), {}, read_map((*local)["parameters"])};
    if (const Node* system = local->find("inline")) out.local->inline_system = *system;
  }
  if (const Node* kubernetes = node.find("kubernetes")) {
    out.kubernetes = read_kubernetes_target(*kubernetes);
  }
  return out;
}

std::optional<HttpRequestSpec> read_request(const Node& node) {
  if (!node.is_map()) return std::nullopt;
  return HttpRequestSpec{node["method"].as_string(), node["path"].as_string(),
                         node["body"].as_string(), node["status"].as_strings(),
                         node["contains"].as_string()};
}

std::optional<LoadSpec> read_load(const Node& node) {
  if (!node.is_map()) return std::nullopt;
  LoadSpec out;
  out.probe = node["probe"].as_string();
  out.users = node["users"].as_int();
  out.operations_per_minute = node["operationsPerMinute"].as_int();
  out.timeout_seconds = node["timeoutSeconds"].as_int();
  out.login = read_request(node["login"]);
  for (const Node& item : node["mix"].items()) {
    out.mix.push_back({item["name"].as_string(), item["share"].as_int(),
                       item["statement"].as_string(), read_request(item["request"]),
                       item["secured"].as_bool()});
  }
  return out;
}

Timing read_timing(const Node& node) {
  return {node["baselineSeconds"].as_int(),   node["holdSeconds"].as_int(),
          node["sampleSeconds"].as_int(),     node["recoverySeconds"].as_int(),
          node["validationSeconds"].as_int(), node["deadlineSeconds"].as_int()};
}

Action read_action(const Node& node, const std::vector<FieldSpec>& fields) {
  return action_in(node, fields).value_or(Action{});
}

Fault read_fault(const Node& node, const std::vector<FieldSpec>& fields) {
  Fault out;
  out.name = node["name"].as_string();
  out.action = read_action(node, fields);
  if (const Node* proof = node.find("provenBy")) out.proven_by = one_of(*proof);
  out.timeout_seconds = node["timeoutSeconds"].as_int();
  return out;
}

std::vector<Fault> read_faults(const Node& spec) {
  std::vector<Fault> out;
  if (const Node* single = spec.find("fault")) {
    out.push_back(read_fault(*single, fields_of("spec.fault")));
  }
  for (const Node& item : spec["faults"].items()) {
    out.push_back(read_fault(item, fields_of("spec.faults")));
  }
  return out;
}

Step read_step(const Node& node, const std::vector<FieldSpec>& fields) {
  Step out;
  out.name = node["name"].as_string();
  out.phase = node["phase"].as_string();
  out.target_millis = node["targetMillis"].as_int();
  out.timeout_seconds = node["timeoutSeconds"].as_int();
  out.action = read_action(node, fields);
  if (const Node* undo = node.find("undo")) out.undo = one_of(*undo);
  out.forward_only = node["forwardOnly"].as_bool();
  out.on_failure =
      node["onFailure"].as_string() == "Continue" ? OnFailure::Continue : OnFailure::Abort;
  return out;
}

std::vector<Step> read_steps(const Node& list, const std::vector<FieldSpec>& fields) {
  std::vector<Step> out;
  for (const Node& item : list.items()) out.push_back(read_step(item, fields));
  return out;
}

PhaseTargets read_phase_targets(const Node& node) {
  return {node["detectedMillis"].as_int(),  node["decidedMillis"].as_int(),
          node["promotedMillis"].as_int(),  node["redirectedMillis"].as_int(),
          node["sustainedMillis"].as_int(), node["redundancyMillis"].as_int()};
}

std::vector<Criterion> read_criteria(const Node& list) {
  std::vector<Criterion> out;
  for (const Node& item : list.items()) {
    Criterion criterion;
    criterion.metric = item["metric"].as_string();
    criterion.statistic = item["statistic"].as_string();
    criterion.operation = item["operation"].as_string();
    criterion.at_most = item.has("atMost");
    const Node& target = item[criterion.at_most ? "atMost" : "atLeast"];
    criterion.target =
        target.is_string() ? std::strtod(target.as_string().c_str(), nullptr) : target.as_double();
    out.push_back(std::move(criterion));
  }
  return out;
}

Guard read_guard(const Node& node) {
  Guard out;
  for (const Node& item : node["abortWhen"].items()) out.abort_when.push_back(one_of(item));
  out.max_targets = node["maxTargets"].as_int();
  out.silence_seconds = node["silenceSeconds"].as_int();
  return out;
}

std::vector<Notification> read_notifications(const Node& list) {
  std::vector<Notification> out;
  for (const Node& item : list.items()) {
    const Node& command = item["command"];
    const Node& how = command.is_map() ? command : item["webhook"];
    out.push_back({item["name"].as_string(), item["on"].as_strings(), how["argv"].as_strings(),
                   how["url"].as_string(), read_map(how["headers"]),
                   how["timeoutSeconds"].as_int()});
  }
  return out;
}

std::vector<ProbeSpec> read_probes(const Node& list) {
  std::vector<ProbeSpec> out;
  for (const Node& item : list.items()) {
    out.push_back({item["name"].as_string(), read_action(item, fields_of("spec.probes")),
                   item["control"].as_bool(), item["signal"].as_string()});
  }
  return out;
}

void read_spec(RecoveryPlan& plan, const Node& spec) {
  plan.failure_type = spec["failureType"].as_string();
  plan.description = spec["description"].as_string();
  plan.mode =
      spec["failover"].as_string() == "Observe" ? FailoverMode::Observe : FailoverMode::Orchestrate;
  plan.objectives = read_objectives(spec["objectives"]);
  plan.target = read_target(spec["target"]);
  plan.roles = read_map(spec["roles"]);
  plan.probes = read_probes(spec["probes"]);
  plan.load = read_load(spec["load"]);
  plan.timing = read_timing(spec["timing"]);
  plan.profile = spec["profile"].as_string();
  plan.faults = read_faults(spec);
  plan.recovery = read_steps(spec["recovery"], fields_of("spec.recovery"));
  plan.failback = read_steps(spec["failback"], fields_of("spec.failback"));
  plan.phase_targets = read_phase_targets(spec["phaseTargets"]);
  plan.degraded = read_criteria(spec["criteria"]["degraded"]);
  plan.validation = read_criteria(spec["criteria"]["validation"]);
  plan.monitoring = spec["monitoring"].as_strings();
  plan.guard = read_guard(spec["guard"]);
  plan.notifications = read_notifications(spec["notifications"]);
}

}  // namespace

bool keeps_ledger(const RecoveryPlan& plan) {
  return std::ranges::any_of(
      plan.probes, [](const ProbeSpec& probe) { return probe.action.kind == kLedgerProbe; });
}

const ProbeSpec* loaded_probe(const RecoveryPlan& plan) {
  if (!plan.load) return nullptr;
  const auto first = [&](auto wanted) {
    const auto found = std::ranges::find_if(plan.probes, wanted);
    return found == plan.probes.end() ? nullptr : &*found;
  };
  if (!plan.load->probe.empty()) {
    return first([&](const ProbeSpec& probe) { return probe.name == plan.load->probe; });
  }
  const ProbeSpec* database = first([](const ProbeSpec& p) { return p.action.kind == "postgres"; });
  return database ? database : first([](const ProbeSpec& p) { return p.action.kind == "http"; });
}

Node without_unmeasured_rpo(Node document) {
  Node* spec = document.find("spec");
  if (spec == nullptr || !spec->is_map()) return document;
  const auto& probes = (*spec)["probes"].items();
  const bool ledger =
      std::ranges::any_of(probes, [](const Node& probe) { return probe.has(kLedgerProbe); });
  Node* objectives = spec->find("objectives");
  if (!ledger && objectives != nullptr && objectives->is_map()) objectives->erase("rpoSeconds");
  return document;
}

tl::expected<RecoveryPlan, Problems> parse_plan(const Node& document, const std::string& file,
                                                const ActionCatalog& catalog) {
  Decoder decoder(file, catalog);
  const Node decoded = decoder.decode(document, recovery_plan_table(), "");
  // The rules look at values that are right by themselves; a second run tells what they find.
  if (!decoder.problems().empty()) return tl::unexpected(decoder.take());
  RecoveryPlan plan;
  plan.file = file;
  plan.name = decoded["metadata"]["name"].as_string();
  plan.labels = read_map(decoded["metadata"]["labels"]);
  plan.annotations = read_map(decoded["metadata"]["annotations"]);
  read_spec(plan, decoded["spec"]);
  plan.document = document;
  check_plan_rules(decoder, plan, decoded["spec"]);
  if (!decoder.problems().empty()) return tl::unexpected(decoder.take());
  return plan;
}

}  // namespace api
