#include "operator/validation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/decode.h"
#include "api/drill_resource.h"
#include "api/sidecar_profile.h"
#include "api/tables.h"
#include "cluster/drill_object.h"
#include "cluster/kinds.h"
#include "operator/drill_decide.h"
#include "operator/profile_delivery.h"
#include "operator/profile_rules.h"
#include "operator/schedule_controller.h"
#include "runner/drill_target.h"
#include "scheduling/engine.h"

namespace op {
namespace {

using api::Node;

/// What the server is yet to name has no name that could be wrong.
Node named(const Node& object) {
  Node out = object;
  Node* meta = out.find("metadata");
  if (meta == nullptr || !(*meta)["name"].as_string().empty()) return out;
  std::string name = (*meta)["generateName"].as_string();
  while (name.ends_with('-') || name.ends_with('.')) name.pop_back();
  if (!name.empty()) meta->set("name", name);
  return out;
}

std::string no_plan(const std::string& plan, const char* what) {
  return fmt::format("there is no RecoveryPlan '{}' in this namespace: {}", plan, what);
}

/// An override's error begins with its field, as often as layers have told it.
api::Problem located(std::string message) {
  const std::size_t end = message.find(": ");
  if (!message.starts_with("spec.") || end == std::string::npos) return {"", {}, "", message};
  const std::string field = message.substr(0, end);
  for (const std::string& again : {field + ": ", "--set " + field + ": ", field + ": "}) {
    if (message.starts_with(again)) message.erase(0, again.size());
  }
  return {"", {}, field, message};
}

/// A plan as a drill of it would run it, with a profile and what else a Drill says.
api::Problems problems_of_drilled(const Node& plan, const Node& drill_spec,
                                  const targets::Catalog& catalog) {
  const auto mine = plan_for(plan, drill_spec);
  if (!mine) return {{"", {}, "", mine.error().message}};
  const auto read = runner::read_cluster_plan(*mine, cluster::kPlans.kind, catalog);
  return read ? api::Problems{} : read.error();
}

bool is_among(const api::Problems& problems, const api::Problem& one) {
  return std::ranges::any_of(problems, [&](const api::Problem& other) {
    return other.field == one.field && other.message == one.message;
  });
}

bool is_kind(const AdmissionRequest& request, const kube::Resource& resource) {
  return request.group == resource.group && request.kind == resource.kind;
}

}  // namespace

Judgement judge_plan(const Node& object, const targets::Catalog& catalog) {
  const Node plan = named(object);
  const auto mine = plan_for(plan, Node::map());
  if (!mine) return {{{"", {}, "", mine.error().message}}, {}};
  auto read = runner::read_cluster_plan(*mine, cluster::kPlans.kind, catalog);
  if (!read) return {read.error(), {}};
  Judgement out{{}, std::move(read->warnings)};
  for (const api::Entry& profile : plan["spec"]["profiles"].entries()) {
    const api::Problems wrong =
        problems_of_drilled(plan, Node::map().set("profile", profile.key), catalog);
    if (wrong.empty()) continue;
    out.warnings.push_back(
        fmt::format("with profile {} no drill can run: {}", profile.key, text_of(wrong)));
  }
  return out;
}

Judgement judge_schedule(const Node& object, const Node* plan, scheduling::Instant now) {
  const Node schedule = named(object);
  const auto spec = schedule_of(schedule);
  if (!spec) return {spec.error(), {}};
  Judgement out{{}, scheduling::warnings(*spec, now)};
  if (plan == nullptr) {
    out.warnings.push_back(no_plan(spec->drill.plan, "its drills will wait for it"));
  } else if (const auto mine = plan_for(*plan, Node::map().set("profile", spec->drill.profile));
             !mine) {
    out.warnings.push_back("its drills will be refused: " + mine.error().message);
  }
  return out;
}

Judgement judge_drill(const Node& object, const Node* plan, const targets::Catalog& catalog) {
  static const api::ActionCatalog kNoActions;
  const Node drill = named(object);
  api::Decoder decoder(cluster::kDrills.kind, kNoActions);
  static_cast<void>(decoder.decode(api::as_written(drill), api::drill_table(), ""));
  if (!decoder.problems().empty()) return {decoder.take(), {}};
  const Node& spec = drill["spec"];
  const std::string& name = spec["planRef"]["name"].as_string();
  if (plan == nullptr) return {{}, {no_plan(name, "the drill waits for it")}};
  if (const auto mine = plan_for(*plan, spec); !mine) {
    return {{located(mine.error().message)}, {}};
  }
  const api::Problems wrong = problems_of_drilled(*plan, spec, catalog);
  if (wrong.empty()) return {};
  return {{{"",
            {},
            "spec.planRef",
            fmt::format("RecoveryPlan '{}' cannot be drilled: {}", name, text_of(wrong))}},
          {}};
}

Judgement judge_profile(const Node& object) {
  Judgement out{problems_of_profile(object), {}};
  if (out.problems.empty() && object["spec"]["trustedProxies"].size() == 0 &&
      !api::says_limits(object)) {
    out.warnings.emplace_back(
        "limits are only counted until spec.trustedProxies are named, or spec.limits says \"on\"");
  }
  return out;
}

bool is_judged(const AdmissionRequest& request) {
  const bool ours = is_kind(request, cluster::kPlans) || is_kind(request, cluster::kSchedules) ||
                    is_kind(request, cluster::kDrills) || is_kind(request, kSidecarProfiles);
  const bool writes = request.operation == "CREATE" || request.updates();
  if (!ours || !writes || !request.subresource.empty()) return false;
  if (request.object["metadata"].has("deletionTimestamp")) return false;
  if (!request.updates()) return true;
  return !is_kind(request, cluster::kDrills) &&
         !(request.object["spec"] == request.old_object["spec"]);
}

AdmissionAnswer answer_of(Judgement now, const std::optional<Judgement>& before) {
  AdmissionAnswer out;
  out.warnings = std::move(now.warnings);
  for (const api::Problem& problem : now.problems) {
    if (before && is_among(before->problems, problem)) {
      out.warnings.push_back(fmt::format("as before, {}", text_of({problem})));
      continue;
    }
    out.allowed = false;
    out.causes.push_back({problem.field, problem.message});
  }
  return out;
}

Validator::Validator(aio::Clock& clock, FindPlan find_plan)
    : clock_(clock), find_plan_(std::move(find_plan)), catalog_(cluster::cluster_catalog()) {}

Judgement Validator::judgement(const AdmissionRequest& request, const Node& object,
                               const Node* plan) const {
  if (is_kind(request, cluster::kPlans)) return judge_plan(object, catalog_);
  if (is_kind(request, kSidecarProfiles)) return judge_profile(object);
  if (is_kind(request, cluster::kDrills)) return judge_drill(object, plan, catalog_);
  return judge_schedule(object, plan, scheduling::whole_second(clock_.wall_now()));
}

aio::Task<AdmissionAnswer> Validator::judge(AdmissionRequest request, std::stop_token stop) {
  if (!is_judged(request)) co_return AdmissionAnswer{};
  const Node& spec = request.object["spec"];
  const Node& named_by =
      is_kind(request, cluster::kSchedules) ? spec["drill"]["planRef"] : spec["planRef"];
  std::optional<Node> plan;
  bool known = true;
  if (!is_kind(request, cluster::kPlans) && !is_kind(request, kSidecarProfiles)) {
    auto found = co_await find_plan_({request.key.space, named_by["name"].as_string()}, stop);
    known = found.has_value();
    if (known) plan = std::move(*found);
  }
  Judgement now = judgement(request, request.object, plan ? &*plan : nullptr);
  // Nobody could say whether there is such a plan: then nothing is said of it.
  if (!known) now.warnings.clear();
  std::optional<Judgement> before;
  if (request.updates()) before = judgement(request, request.old_object, plan ? &*plan : nullptr);
  co_return answer_of(std::move(now), before);
}

}  // namespace op
