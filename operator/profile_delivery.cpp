#include "operator/profile_delivery.h"

#include <utility>

#include <fmt/format.h>

#include "api/sidecar_profile.h"
#include "cluster/status.h"
#include "operator/drill_decide.h"
#include "operator/profile_rules.h"

namespace op {
namespace {

using api::Node;
using Do = ProfileDecision::Do;

constexpr const char* kValid = "Valid";
constexpr const char* kDelivered = "Delivered";
constexpr const char* kInjectionRead = "InjectionRead";
constexpr const char* kInjected = "Injected";

Node owner_of(const Node& profile) {
  return Node::map()
      .set("apiVersion", kSidecarProfiles.api_version())
      .set("kind", kSidecarProfiles.kind)
      .set("name", profile["metadata"]["name"])
      .set("uid", profile["metadata"]["uid"])
      .set("controller", true);
}

Node data_of(const Node& profile) {
  return Node::map().set(api::kSidecarProfileKey, delivered_text(profile));
}

Node config_map_of(const Node& profile, const std::string& name) {
  const Node& meta = profile["metadata"];
  return Node::map()
      .set("apiVersion", "v1")
      .set("kind", "ConfigMap")
      .set("metadata",
           Node::map()
               .set("name", name)
               .set("namespace", meta["namespace"])
               .set("labels", Node::map()
                                  .set("app.kubernetes.io/managed-by", "muster-operator")
                                  .set(kProfileLabel, meta["name"]))
               .set("ownerReferences", Node::sequence({owner_of(profile)})))
      .set("data", data_of(profile));
}

enum class Owner : std::uint8_t { This, Before, Another };

/// Whose a ConfigMap is: this profile's, one's that had its name before and is gone, or another's.
Owner owner_of(const Node& config_map, const Node& profile) {
  for (const Node& owner : config_map["metadata"]["ownerReferences"].items()) {
    const bool ours = owner["kind"].as_string() == kSidecarProfiles.kind &&
                      owner["name"] == profile["metadata"]["name"] && owner["controller"].as_bool();
    if (!ours) continue;
    return owner["uid"] == profile["metadata"]["uid"] ? Owner::This : Owner::Before;
  }
  return Owner::Another;
}

/// A merge patch of just the version that was seen.
Node correction(const Node& profile, const Node& config_map) {
  const Node& meta = config_map["metadata"];
  return Node::map()
      .set("metadata", Node::map()
                           .set("uid", meta["uid"])
                           .set("resourceVersion", meta["resourceVersion"])
                           .set("ownerReferences", Node::sequence({owner_of(profile)})))
      .set("data", data_of(profile));
}

void decide_there(ProfileDecision& out, const Node& profile, const Node& config_map) {
  const Owner owner = owner_of(config_map, profile);
  if (owner == Owner::Another) {
    out.delivered = {false, "NameTaken",
                     fmt::format("ConfigMap {} is not this profile's and is left alone: remove or "
                                 "rename it, or the profile",
                                 out.config_map)};
    return;
  }
  const Node& text = config_map["data"][api::kSidecarProfileKey];
  if (owner == Owner::This && text.as_string() == delivered_text(profile)) return;
  out.what = Do::Correct;
  out.body = correction(profile, config_map);
}

std::optional<Found> injection_read(const Node& profile, bool webhook_injects) {
  if (webhook_injects || profile["spec"]["injection"].size() == 0) return std::nullopt;
  std::string message =
      "`injection` does nothing here: pods get their sidecars by the chart's policy, or not at "
      "all, with the obvious port and the chart's sidecar.resources; the chart's "
      "sidecar.injection.by=webhook reads it";
  if (profile["spec"]["injection"].has("adminTls")) {
    message +=
        "; their admin ports are in the open, but for pods with the annotation "
        "sidecar.muster.dev/admin-tls: SECRET";
  }
  return Found{false, "NotRead", std::move(message)};
}

Node without_condition(const Node& conditions, std::string_view type) {
  Node out = Node::sequence();
  for (const Node& one : conditions.items()) {
    if (one["type"].as_string() != type) out.push(one);
  }
  return out;
}

/// The condition as the status has it.
bool says(const Node& profile, const char* type, const Found& found) {
  const Node* one = cluster::condition_of(profile["status"]["conditions"], type);
  return one != nullptr && (*one)["status"].as_string() == (found.holds ? "True" : "False") &&
         (*one)["reason"].as_string() == found.reason &&
         (*one)["message"].as_string() == found.message;
}

}  // namespace

std::string delivered_text(const Node& profile) {
  Node spec = profile["spec"];
  if (!spec.is_map()) spec = Node::map();
  spec.erase("injection");
  if (!api::says_limits(profile)) {
    spec.set("limits", spec["trustedProxies"].size() > 0 ? "on" : "dry-run");
  }
  return fmt::format("# Of the SidecarProfile {}: change that, not this.\n{}",
                     profile["metadata"]["name"].as_string(), api::to_yaml(spec));
}

ProfileDecision decide_profile(const Node& profile, const SeenConfigMap& seen,
                               bool webhook_injects) {
  ProfileDecision out;
  out.injection_read = injection_read(profile, webhook_injects);
  out.config_map = api::sidecar_config_map(profile["metadata"]["name"].as_string());
  if (const api::Problems wrong = problems_of_profile(profile); !wrong.empty()) {
    out.valid = {false, "Invalid", text_of(wrong)};
    const bool there =
        seen.how == SeenConfigMap::How::There && owner_of(seen.object, profile) == Owner::This;
    out.delivered = {
        false, "Invalid",
        there ? "pods that run go on with what was delivered before" : "nothing is delivered"};
    return out;
  }
  out.valid = {true, "Valid", "a sidecar can be run with it"};
  out.delivered = {true, "Delivered",
                   fmt::format("ConfigMap {} says what the profile says", out.config_map)};
  switch (seen.how) {
    case SeenConfigMap::How::NotAllowed: return not_delivered(out, true, seen.message);
    case SeenConfigMap::How::There: decide_there(out, profile, seen.object); break;
    case SeenConfigMap::How::None:
      out.what = Do::Create;
      out.body = config_map_of(profile, out.config_map);
  }
  return out;
}

ProfileDecision not_delivered(ProfileDecision decision, bool denied, const std::string& message) {
  decision.what = Do::Nothing;
  decision.delivered = {
      false, denied ? "NotAllowed" : "Refused",
      denied ? fmt::format("the operator may not write ConfigMap {} here: {}; add the namespace "
                           "to the chart's value sidecarNamespaces, which lets it write ConfigMaps "
                           "here and nothing else",
                           decision.config_map, message)
             : fmt::format("ConfigMap {}: {}", decision.config_map, message)};
  return decision;
}

Node profile_status(const Node& profile, const ProfileDecision& decision, base::WallTime now) {
  const std::int64_t generation = profile["metadata"]["generation"].as_int();
  const std::string at = cluster::time_text(now);
  std::vector<std::pair<const char*, const Found*>> all{{kValid, &decision.valid},
                                                        {kDelivered, &decision.delivered}};
  Node conditions = profile["status"]["conditions"];
  // These are there only where they do not hold.
  const auto add_or_end = [&](const char* type, const std::optional<Found>& found) {
    if (found) {
      all.emplace_back(type, &*found);
    } else {
      conditions = without_condition(conditions, type);
    }
  };
  add_or_end(kInjectionRead, decision.injection_read);
  if (decision.pods_known) add_or_end(kInjected, decision.injected);
  for (const auto& [type, found] : all) {
    conditions =
        cluster::with_condition(std::move(conditions), type, found->holds ? "True" : "False",
                                found->reason, found->message, at, generation);
  }
  Node out =
      Node::map().set("observedGeneration", generation).set("conditions", std::move(conditions));
  // Once it was delivered it stays so, whatever became of a later change.
  if (decision.delivered.holds) out.set("configMap", decision.config_map);
  return out;
}

std::vector<Told> events_of(const Node& profile, const ProfileDecision& decision) {
  std::vector<Told> out;
  if (!decision.valid.holds && !says(profile, kValid, decision.valid)) {
    out.push_back({"Warning", decision.valid.reason, decision.valid.message});
  } else if (decision.valid.holds && !decision.delivered.holds &&
             !says(profile, kDelivered, decision.delivered)) {
    out.push_back({"Warning", decision.delivered.reason, decision.delivered.message});
  }
  if (const auto& read = decision.injection_read; read && !says(profile, kInjectionRead, *read)) {
    out.push_back({"Warning", "InjectionNotRead", read->message});
  }
  if (const auto& pods = decision.injected; pods && !says(profile, kInjected, *pods)) {
    out.push_back({"Warning", pods->reason, pods->message});
  }
  if (decision.what != Do::Nothing) {
    const char* how = decision.what == Do::Create ? "made" : "brought up to date";
    out.push_back({"Normal", decision.delivered.reason,
                   fmt::format("ConfigMap {} was {}", decision.config_map, how)});
  }
  return out;
}

}  // namespace op
