#include "api/drill_resource.h"

#include <fmt/format.h>

#include "api/decode.h"
#include "api/field_text.h"
#include "api/plan_edit.h"
#include "api/recovery_plan.h"
#include "api/tables.h"

namespace api {

const std::vector<std::string>& drill_phases() {
  static const std::vector<std::string> kPhases = {
      "Pending",    "Starting", "Preflight", "Baseline", "Injection", "Recovery",
      "Validation", "Failback", "Reporting", "NotWhole", "Finished"};
  return kPhases;
}

const std::vector<std::string>& drill_states() {
  static const std::vector<std::string> kStates = {"Normal", "Degraded", "FailoverInProgress",
                                                   "DisasterRecoveryActive", "RecoveryInProgress"};
  return kStates;
}

const std::vector<std::string>& drill_verdicts() {
  static const std::vector<std::string> kVerdicts = {"Met", "Inconclusive", "Missed", "Invalid"};
  return kVerdicts;
}

namespace {

std::optional<std::int64_t> number_of(const Node& node) {
  if (!node.is_int()) return std::nullopt;
  return node.as_int();
}

DrillSpec read_spec(const Node& spec) {
  DrillSpec out;
  out.plan = spec["planRef"]["name"].as_string();
  out.profile = spec["profile"].as_string();
  out.rto_seconds = number_of(spec["objectives"]["rtoSeconds"]);
  out.rpo_seconds = number_of(spec["objectives"]["rpoSeconds"]);
  if (spec["timing"].is_map()) out.timing = spec["timing"];
  out.abort = spec["abort"].as_bool();
  out.approvals = spec["approvals"].as_strings();
  return out;
}

void check_approvals(Decoder& decoder, const Node& list) {
  FieldSpec name;
  name.type = FieldType::Name;
  for (std::size_t i = 0; i < list.size(); ++i) {
    decoder.decode(list.items()[i], name, fmt::format("spec.approvals[{}]", i));
  }
}

base::Result<> stricter(const char* field, std::optional<std::int64_t> asked, const Node& allowed) {
  if (!asked || !allowed.is_int() || *asked <= allowed.as_int()) return {};
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("spec.objectives.{}: {} is not allowed: the plan has {}, and a drill "
                  "may only be stricter (the value or less)",
                  field, *asked, allowed.as_int()));
}

}  // namespace

tl::expected<DrillResource, Problems> parse_drill(const Node& object, const std::string& file) {
  static const ActionCatalog kNoActions;
  Decoder decoder(file, kNoActions);
  const Node decoded = decoder.decode(as_written(object), drill_table(), "");
  check_approvals(decoder, decoded["spec"]["approvals"]);
  if (!decoder.problems().empty()) return tl::unexpected(decoder.take());
  const Node& metadata = object["metadata"];
  DrillResource out;
  out.name_space = metadata["namespace"].as_string();
  out.name = metadata["name"].as_string();
  out.uid = metadata["uid"].as_string();
  out.generation = metadata["generation"].as_int();
  out.spec = read_spec(decoded["spec"]);
  out.status = read_drill_status(object["status"]);
  return out;
}

bool set_condition(std::vector<StatusCondition>& conditions, StatusCondition condition) {
  for (StatusCondition& known : conditions) {
    if (known.type != condition.type) continue;
    if (known.status == condition.status) condition.last_transition = known.last_transition;
    if (known == condition) return false;
    known = std::move(condition);
    return true;
  }
  conditions.push_back(std::move(condition));
  return true;
}

base::Result<Node> plan_of_drill(const Node& plan, const DrillSpec& drill) {
  Node out = plan;
  if (!drill.profile.empty()) TRY(apply_profile(out, drill.profile));
  Node* spec = out.find("spec");
  if (spec == nullptr || !spec->is_map()) {
    return base::fail(base::Code::InvalidArgument, "the plan has no spec");
  }
  const Node objectives = (*spec)["objectives"];
  TRY(stricter("rtoSeconds", drill.rto_seconds, objectives["rtoSeconds"]));
  TRY(stricter("rpoSeconds", drill.rpo_seconds, objectives["rpoSeconds"]));
  if (drill.rto_seconds) spec->find("objectives")->set("rtoSeconds", *drill.rto_seconds);
  if (drill.rpo_seconds) spec->find("objectives")->set("rpoSeconds", *drill.rpo_seconds);
  if (drill.timing.size() > 0 && !spec->has("timing")) spec->set("timing", Node::map());
  for (const Entry& entry : drill.timing.entries()) {
    spec->find("timing")->set(entry.key, entry.value);
  }
  return out;
}

Node as_written(const Node& object) {
  Node out = Node::map();
  for (const Entry& entry : object.entries()) {
    if (entry.key != "status" && entry.key != "metadata") out.entries().push_back(entry);
    if (entry.key != "metadata") continue;
    Node metadata = Node::map();
    for (const Entry& inner : entry.value.entries()) {
      const bool own = inner.key == "name" || inner.key == "labels" || inner.key == "annotations";
      if (own) metadata.entries().push_back(inner);
    }
    out.entries().push_back({entry.key, metadata, entry.mark});
  }
  return out;
}

}  // namespace api
