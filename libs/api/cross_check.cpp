#include "api/cross_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "api/decode.h"
#include "api/field_text.h"
#include "api/references.h"

namespace api {
namespace {

constexpr const char* kServiceRole = "service";

class Checker {
 public:
  Checker(const RecoveryPlan& plan, const LocalSystem& system, const ActionCatalog& catalog)
      : plan_(plan), system_(system), catalog_(catalog), decoder_(plan.file, catalog) {
    known_ = placeholders_of(system);
    for (const auto& [role, name] : plan.roles) known_[role] = name;
    processes_ = names_of_all(system.processes);
    instances_ = names_of_all(system.instances);
    services_ = names_of_all(system.services);
    relays_ = names_of_all(system.relays);
    relays_or_peers_ = relays_;
    for (const RelaySpec& relay : system.relays) {
      for (const std::string& peer : relay.between) add_once(relays_or_peers_, peer);
    }
    for (const ProbeSpec& probe : plan.probes) probes_.push_back(probe.name);
  }

  Problems run() {
    check_roles();
    check_parameters();
    for (const ProbeSpec& probe : plan_.probes) {
      check_action(probe.action, Use::Probe, "spec.probes." + probe.name);
      check_name_server(probe);
    }
    check_faults();
    check_steps(plan_.recovery, "spec.recovery.");
    check_steps(plan_.failback, "spec.failback.");
    for (std::size_t i = 0; i < plan_.guard.abort_when.size(); ++i) {
      check_action(plan_.guard.abort_when[i], Use::Condition,
                   fmt::format("spec.guard.abortWhen[{}]", i));
    }
    check_probe_names();
    return decoder_.take();
  }

 private:
  static void add_once(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  const Node& spec() const { return plan_.document["spec"]; }

  void check_roles() {
    std::vector<std::string> all;
    for (const auto* names : {&processes_, &instances_, &services_}) {
      for (const std::string& name : *names) add_once(all, name);
    }
    for (const auto& [role, name] : plan_.roles) {
      const bool service = role == kServiceRole;
      check_name(decoder_, name, service ? services_ : all,
                 service ? "service" : "process, instance or service", spec()["roles"][role].mark,
                 "spec.roles." + role);
    }
  }

  void check_name_server(const ProbeSpec& probe) {
    if (probe.action.kind != "dns" || probe.action.params.has("server") || system_.resolver) return;
    decoder_.complain(probe.action.mark, "spec.probes." + probe.name + ".dns.server",
                      "is missing: the system has no resolver that could be asked");
  }

  void check_parameters() {
    if (!plan_.target.local) return;
    const Node& node = spec()["target"]["local"]["parameters"];
    for (const auto& [name, value] : plan_.target.local->parameters) {
      check_name(decoder_, name, names_of_all(system_.parameters), "parameter", node[name].mark,
                 "spec.target.local.parameters." + name);
    }
  }

  void check_faults() {
    std::set<std::string> targets;
    for (const Fault& fault : plan_.faults) {
      const std::string path =
          plan_.document["spec"].has("fault") ? "spec.fault" : "spec.faults." + fault.name;
      check_action(fault.action, Use::Fault, path);
      if (fault.proven_by) check_action(*fault.proven_by, Use::Condition, path + ".provenBy");
      collect_targets(fault.action, targets);
    }
    if (static_cast<std::int64_t>(targets.size()) > plan_.guard.max_targets) {
      const Node& limit = spec()["guard"]["maxTargets"];
      decoder_.complain(limit.mark, "spec.guard.maxTargets",
                        fmt::format("the faults hit {} parts of the system ({}): at most {} are "
                                    "allowed",
                                    targets.size(), join({targets.begin(), targets.end()}),
                                    plan_.guard.max_targets));
    }
  }

  void collect_targets(const Action& action, std::set<std::string>& targets) const {
    const ActionKind* kind = catalog_.find(action.kind, Use::Fault);
    if (!kind) return;
    for (const FieldSpec& field : kind->fields) {
      const Node* value = action.params.find(field.name);
      if (!value || field.names == FieldSpec::Names::Nothing) continue;
      const auto name = substitute(value->as_string(), known_);
      if (name && !name->empty()) targets.insert(*name);
    }
  }

  void check_steps(const std::vector<Step>& steps, const std::string& list) {
    for (const Step& step : steps) {
      check_action(step.action, Use::Step, list + step.name);
      if (step.undo) check_action(*step.undo, Use::Step, list + step.name + ".undo");
    }
  }

  void check_action(const Action& action, Use use, const std::string& above) {
    const std::string path = above + "." + action.kind;
    const ActionKind* kind = catalog_.find(action.kind, use);
    if (!kind) {
      decoder_.complain(action.mark, path, "there is no such kind");
    } else if (takes_condition(*kind)) {
      check_action(one_of(action.params), Use::Condition, path);
    } else {
      check_fields(action.params, kind->fields, path);
    }
  }

  void check_fields(const Node& params, const std::vector<FieldSpec>& fields,
                    const std::string& path) {
    for (const FieldSpec& field : fields) {
      const Node* value = params.find(field.name);
      if (value) check_field(*value, field, path + "." + field.name);
    }
  }

  void check_field(const Node& value, const FieldSpec& field, const std::string& path) {
    if (field.type == FieldType::Condition)
      return check_action(one_of(value), Use::Condition, path);
    if (field.type == FieldType::Object) return check_fields(value, field.fields, path);
    if (field.type == FieldType::Objects || field.type == FieldType::Conditions) {
      for (std::size_t i = 0; i < value.items().size(); ++i) {
        const Node& item = value.items()[i];
        const std::string at = item_path(path, item, i);
        if (field.type == FieldType::Objects) check_fields(item, field.fields, at);
        if (field.type == FieldType::Conditions) check_action(one_of(item), Use::Condition, at);
      }
      return;
    }
    if (field.names == FieldSpec::Names::Nothing) {
      return check_placeholders(decoder_, value, known_, path);
    }
    if (value.is_string()) {
      check_reference(value, field.names, path);
      return check_workload_kind(value, field.allowed, path);
    }
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      check_reference(value.items()[i], field.names, fmt::format("{}[{}]", path, i));
    }
  }

  void check_reference(const Node& value, FieldSpec::Names names, const std::string& path) {
    const auto name = substitute(value.as_string(), known_);
    if (!name) return decoder_.complain(value.mark, path, name.error().message);
    const auto check = [&](const std::vector<std::string>& known, const char* noun) {
      check_name(decoder_, *name, known, noun, value.mark, path);
    };
    switch (names) {
      case FieldSpec::Names::Nothing: return;
      case FieldSpec::Names::Process: return check(processes_, "process");
      case FieldSpec::Names::Instance: return check(instances_, "instance");
      case FieldSpec::Names::Service: return check(services_, "service");
      case FieldSpec::Names::Relay: return check(relays_, "relay");
      case FieldSpec::Names::RelayOrPeer: return check(relays_or_peers_, "relay or peer");
      case FieldSpec::Names::Probe: return check(probes_, "probe");
    }
  }

  /// Not every kind of workload can have done to it what is done to others.
  void check_workload_kind(const Node& value, const std::vector<std::string>& kinds,
                           const std::string& path) {
    if (kinds.empty() || !plan_.target.kubernetes) return;
    const auto name = substitute(value.as_string(), known_);
    const WorkloadSpec* workload = name ? plan_.target.kubernetes->workload(*name) : nullptr;
    if (workload == nullptr || std::ranges::count(kinds, workload->kind) > 0) return;
    decoder_.complain(value.mark, path,
                      fmt::format("\"{}\" is of kind {}: it must be a {}", *name, workload->kind,
                                  fmt::join(kinds, " or a ")));
  }

  void check_probe_names() {
    if (plan_.load && !plan_.load->probe.empty()) {
      check_name(decoder_, plan_.load->probe, probes_, "probe", spec()["load"]["probe"].mark,
                 "spec.load.probe");
    }
    const Node& decided_by = spec()["objectives"]["decidedBy"];
    for (const Node& stream : decided_by.items()) {
      const std::string probe = stream.as_string().substr(0, stream.as_string().find('/'));
      check_name(decoder_, probe, probes_, "probe", stream.mark, "spec.objectives.decidedBy");
    }
  }

  const RecoveryPlan& plan_;
  const LocalSystem& system_;
  const ActionCatalog& catalog_;
  Decoder decoder_;
  Substitutions known_;
  std::vector<std::string> processes_, instances_, services_, relays_, relays_or_peers_, probes_;
};

}  // namespace

Problems cross_check(const RecoveryPlan& plan, const LocalSystem& system,
                     const ActionCatalog& catalog) {
  return Checker(plan, system, catalog).run();
}

namespace {

bool has_probe(const RecoveryPlan& plan, std::string_view kind) {
  return std::any_of(plan.probes.begin(), plan.probes.end(),
                     [kind](const ProbeSpec& probe) { return probe.action.kind == kind; });
}

bool has_database(const RecoveryPlan& plan) {
  return has_probe(plan, "postgres");
}

/// What a probe's operations are an observation of, beside what its kind of streams is.
std::string signal_of(const ProbeSpec& probe) {
  if (!probe.signal.empty()) return probe.signal;
  if (probe.action.kind == "redis") return "SessionStore";
  if (probe.action.kind == "session") return "SessionContinuity";
  return probe.action.kind == "dns" ? "Dns" : "";
}

/// Why a criterion will not be measured, naming what it needs; empty: it can be.
std::string needs(const RecoveryPlan& plan, const Criterion& criterion) {
  const std::string& metric = criterion.metric;
  const bool database = has_database(plan);
  if (metric == "RenderMillis") {
    return "no probe of spec.probes and no operation of spec.load measures it";
  }
  if (metric == "SessionContinuityPercent") {
    return has_probe(plan, "session") ? "" : "a session probe in spec.probes measures it";
  }
  if (metric == "FeaturePercent") {
    return has_probe(plan, "features") ? "" : "a features probe in spec.probes measures it";
  }
  if (metric == "ConsistencyPercent") {
    return database ? "" : "the ledger of a postgres probe (spec.probes) is what measures it";
  }
  if (!plan.load) return "spec.load is not there";
  if (metric == "SatisfactionPercent") {
    const bool target = std::any_of(
        plan.validation.begin(), plan.validation.end(),
        [](const Criterion& c) { return c.metric == "ApiResponseMillis" && c.operation.empty(); });
    if (!target) return "its T is the target of ApiResponseMillis in spec.criteria.validation";
  }
  if (metric == "RequestsPerSecond" && loaded_probe(plan) == nullptr) {
    return "the capacity reads need a postgres or http probe in spec.probes; the users' own rate "
           "is spec.load.operationsPerMinute";
  }
  return "";
}

void warn_of_unmeasured(const RecoveryPlan& plan, std::vector<std::string>& out) {
  const auto each = [&](const char* window, const std::vector<Criterion>& criteria) {
    for (std::size_t i = 0; i < criteria.size(); ++i) {
      const std::string why = needs(plan, criteria[i]);
      if (why.empty()) continue;
      out.push_back(fmt::format("spec.criteria.{}[{}]: {} will be missed as NotMeasured: {}",
                                window, i, criteria[i].metric, why));
    }
  };
  each("degraded", plan.degraded);
  each("validation", plan.validation);
}

void warn_of_unwatched(const RecoveryPlan& plan, std::vector<std::string>& out) {
  const auto says = [&](const std::string& signal, const char* what) {
    out.push_back(fmt::format("spec.monitoring: {} will not be seen without {}", signal, what));
  };
  const ProbeSpec* loaded = loaded_probe(plan);
  const bool over_http = loaded != nullptr && loaded->action.kind == "http";
  for (const std::string& signal : plan.monitoring) {
    const bool of_load = signal == "PoolHealth" || signal == "QueryPerformance";
    const bool of_database = signal == "ReplicationLag" || signal == "Consistency" ||
                             signal == "InstanceHealth" || signal == "DatabaseConnectivity";
    const bool of_probe = signal == "CrossSiteConnectivity" || signal == "Dns" ||
                          signal == "DrSiteHealth" || signal == "NetworkLatency" ||
                          signal == "SessionContinuity" || signal == "SessionStore" ||
                          signal == "StartUp";
    const bool given = std::any_of(plan.probes.begin(), plan.probes.end(),
                                   [&](const ProbeSpec& p) { return signal_of(p) == signal; });
    if (of_probe && !given) says(signal, "a probe in spec.probes with this signal");
    if (of_load && !plan.load) says(signal, "spec.load");
    if (signal == "PoolHealth" && over_http) says(signal, "a load on a database");
    if (of_database && !has_database(plan)) says(signal, "a postgres probe in spec.probes");
  }
}

}  // namespace

std::vector<std::string> warnings(const RecoveryPlan& plan) {
  std::vector<std::string> out;
  const std::int64_t rto = plan.objectives.rto_seconds * 1000;
  std::int64_t steps = 0;
  for (const Step& step : plan.recovery) steps += step.target_millis;
  if (steps > rto) {
    out.push_back(
        fmt::format("the targets of the recovery steps sum to {} ms, more than the RTO of "
                    "{} ms: each may be met and the objective missed",
                    steps, rto));
  }
  const PhaseTargets& phases = plan.phase_targets;
  const std::int64_t sum = phases.detected_millis + phases.decided_millis + phases.promoted_millis +
                           phases.redirected_millis + phases.sustained_millis;
  if (sum > rto) {
    out.push_back(
        fmt::format("the phase targets sum to {} ms, more than the RTO of {} ms", sum, rto));
  }
  warn_of_unmeasured(plan, out);
  warn_of_unwatched(plan, out);
  const bool proven = std::all_of(plan.faults.begin(), plan.faults.end(),
                                  [](const Fault& fault) { return fault.proven_by.has_value(); });
  if (!proven) {
    out.emplace_back(
        "a fault without provenBy: a drill whose fault is not proven is invalid unless "
        "the fault's kind proves itself");
  }
  const Timing& timing = plan.timing;
  if (timing.baseline_seconds == timing.hold_seconds) {
    out.push_back(
        fmt::format("baselineSeconds is no longer than holdSeconds, {}: what is still on its way "
                    "when the baseline ends is missing in it, so that it is prolonged each time",
                    timing.hold_seconds));
  }
  const std::int64_t recovery =
      timing.recovery_seconds > 0 ? timing.recovery_seconds : 2 * plan.objectives.rto_seconds;
  if (timing.baseline_seconds + recovery + timing.validation_seconds > timing.deadline_seconds) {
    out.push_back(
        fmt::format("a recovery as slow as is waited for ({} s) leaves no time for the "
                    "whole validation before the deadline of {} s",
                    recovery, timing.deadline_seconds));
  }
  return out;
}

}  // namespace api
