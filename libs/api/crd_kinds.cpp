// What the custom resources are called and what `kubectl get` shows of them. Columns answer:
// is it all right, and since when.
#include <fmt/format.h>

#include "api/crd.h"
#include "api/crd_rules.h"
#include "api/sidecar_profile.h"
#include "api/tables.h"

namespace api {
namespace {

CrdColumn age() {
  return {"Age", "date", ".metadata.creationTimestamp", "How old the object is."};
}

CrdExtra conditions() {
  return {"status.conditions", Node::map()
                                   .set("x-kubernetes-list-type", "map")
                                   .set("x-kubernetes-list-map-keys", Node::strings({"type"}))};
}

CrdExtra most_text(const char* path, int length) {
  return {path, Node::map().set("maxLength", length)};
}

CrdKind plan() {
  CrdKind out;
  out.kind = "RecoveryPlan";
  out.plural = "recoveryplans";
  out.singular = "recoveryplan";
  out.short_names = {"rplan"};
  out.doc = "A disaster-recovery scenario: what breaks, how it is recovered, and what must hold.";
  out.table = &cluster_plan_table();
  out.status = &plan_status_table();
  out.rules = plan_crd_rules();
  out.extras = {conditions(),
                most_text("spec.load.login.path", 4096),
                most_text("spec.load.mix[].request.path", 4096),
                most_text("spec.load.mix[].request.status[]", 16),
                most_text("spec.load.login.status[]", 16),
                most_text("spec.notifications[].webhook.url", 4096)};
  out.columns = {
      {"RTO", "integer", ".spec.objectives.rtoSeconds", "The recovery time objective, seconds."},
      {"RPO", "integer", ".spec.objectives.rpoSeconds",
       "The recovery point objective, seconds; none: none is asked for."},
      {"Last Drill", "string", ".status.lastDrill", "The newest drill."},
      {"Verdict", "string", ".status.lastVerdict", "Its verdict."},
      {"Tested", "date", ".status.lastTestedTime", "How long ago its objectives were decided."},
      {"Stale", "boolean", ".status.stale", "Whether that is too long ago."},
      age(),
      {"Failure", "string", ".spec.failureType", "What the scenario stands for.", 1},
      {"RTO Met", "string", ".status.rtoComplianceRatio", "Share of drills that met the RTO.", 1},
      {"RPO Met", "string", ".status.rpoComplianceRatio", "Share of drills that met the RPO.", 1}};
  return out;
}

CrdKind schedule() {
  CrdKind out;
  out.kind = "DrillSchedule";
  out.plural = "drillschedules";
  out.singular = "drillschedule";
  out.short_names = {"dsched"};
  out.doc = "When drills of a plan are run.";
  out.table = &cluster_schedule_table();
  out.status = &schedule_status_table();
  out.rules = schedule_crd_rules();
  out.extras = {conditions(),
                most_text("spec.schedule", 1000),
                most_text("spec.blackouts[].schedule", 1000),
                most_text("spec.timeZone", 255),
                most_text("spec.blackouts[].timeZone", 255),
                most_text("spec.blackouts[].from", 64),
                most_text("spec.blackouts[].to", 64)};
  out.columns = {
      {"Plan", "string", ".spec.drill.planRef.name", "The plan."},
      {"Schedule", "string", ".spec.schedule", "When."},
      {"Zone", "string", ".spec.timeZone", "In which time zone."},
      {"Suspend", "boolean", ".spec.suspend", "Whether every slot is skipped."},
      {"Last", "date", ".status.lastScheduleTime", "How long ago a slot started a drill."},
      {"Next", "string", ".status.nextScheduleTime", "When the next slot starts one."},
      {"Succeeded", "date", ".status.lastSuccessfulTime", "How long ago a drill succeeded."},
      age()};
  return out;
}

CrdKind drill() {
  CrdKind out;
  out.kind = "Drill";
  out.plural = "drills";
  out.singular = "drill";
  out.doc = "One run of a RecoveryPlan: its progress, its measurements and its verdicts.";
  out.table = &drill_table();
  out.status = &drill_status_table();
  out.rules = drill_crd_rules();
  FieldSpec step;
  step.type = FieldType::Name;
  out.extras = {conditions(),
                {"spec.approvals", Node::map().set("x-kubernetes-list-type", "set")},
                {"spec.approvals[]", crd_schema(step, {})},
                most_text("status.journal", 262'144)};
  out.columns = {
      {"Plan", "string", ".spec.planRef.name", "The plan."},
      {"Phase", "string", ".status.phase", "How far it is."},
      {"RTO", "string", ".status.rto.display", "The recovery time that users saw."},
      {"Objective", "integer", ".status.rto.objectiveSeconds", "The objective, seconds."},
      {"RPO", "string", ".status.rpo.display", "The age of the oldest write that was lost."},
      {"Verdict", "string", ".status.verdict", "The worst of its verdicts."},
      age(),
      {"Reason", "string", ".status.reason", "Why.", 1}};
  return out;
}

CrdExtra pattern(const char* path, int length, const std::string& allowed) {
  return {path, Node::map().set("maxLength", length).set("pattern", allowed)};
}

/// Where something listens or is, as net/host_port.h, net/url.h and ingest/rum_place.h read it.
void add_addresses(std::vector<CrdExtra>& out) {
  const std::string high = "[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]";
  const std::string port = "([1-9][0-9]{0,3}|" + high + ")";
  const std::string or_zero = ":0*([0-9]{1,4}|" + high + ")$";
  const std::string host = R"(([^:\[\]]+|\[[^\[\]]+\]))";
  for (const char* path : {"spec.listen", "spec.adminListen", "spec.statsdListen",
                           "spec.otlpListen", "spec.rumListen"}) {
    out.push_back(pattern(path, 300, R"(^(localhost|[0-9.]*|\[[^\[\]]+\]))" + or_zero));
  }
  for (const char* path : {"spec.upstream", "spec.redis", "spec.exportDogstatsd"}) {
    out.push_back(pattern(path, 300, "^" + host + ":0*" + port + "$"));
  }
  for (const char* path : {"spec.exportOtlp", "spec.podFigures"}) {
    out.push_back(
        pattern(path, 4096, R"(^https?://([^:/?\[\]]+|\[[^/?\[\]]+\])(:0*)" + port + ")?([/?]|$)"));
  }
  out.push_back(pattern(
      "spec.rumOrigins[]", 300,
      "^([*]|null|file://|[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\\[[0-9a-f:.]+\\])(:" + port + ")?)$"));
}

/// The sidecar takes no text that says nothing.
void add_never_empty(std::vector<CrdExtra>& out) {
  for (const FieldSpec& field : table_at(sidecar_profile_table(), "spec").fields) {
    const bool list = field.type == FieldType::Strings;
    if (!list && field.type != FieldType::String) continue;
    out.push_back(
        {fmt::format("spec.{}{}", field.name, list ? "[]" : ""), Node::map().set("minLength", 1)});
  }
}

std::vector<CrdExtra> sidecar_profile_extras() {
  constexpr const char* kQuantity = "^[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$";
  constexpr const char* kPath = "^[/*]";
  std::vector<CrdExtra> out = {conditions()};
  add_never_empty(out);
  add_addresses(out);
  for (const char* path : {"spec.trustedProxies[]", "spec.allow[]", "spec.deny[]"}) {
    out.push_back(most_text(path, 64));
  }
  out.push_back(pattern("spec.auditLog", 4096, "^(stdout|off|.*/.*)$"));
  for (const char* path : {"spec.permissionsPolicy", "spec.strictTransportSecurity"}) {
    out.push_back(pattern(path, 4096, "^[ -~]*$"));
  }
  out.push_back(pattern("spec.contentSecurityPolicy", 4096, "^([ -z|}~]|'nonce-[{]nonce[}]')*$"));
  out.push_back(pattern("spec.nonceHeader", 64, "^[Xx]-[A-Za-z0-9-]*[Nn][Oo][Nn][Cc][Ee]$"));
  out.push_back(pattern("spec.cacheRoutes[]", 1024, kPath));
  out.push_back(pattern("spec.diskPaths[]", 4096, "^/"));
  out.push_back(pattern("spec.limitRules[].path", 256, kPath));
  out.push_back(most_text("spec.limitRules[].value", 256));
  out.push_back(pattern("spec.limitRules[].name", 32, "^[A-Za-z0-9_-]+$"));
  out.push_back(pattern("spec.rumPath", 1024, "^/[^*?#% ]*[^*?#% /]$"));
  for (const char* path : {"spec.userHeader", "spec.userCookie"}) {
    out.push_back(pattern(path, 1024, "^[-!#$%&'*+.^_`|~0-9A-Za-z]+$"));
  }
  out.push_back(most_text("spec.database", 4096));
  out.push_back(pattern("spec.exportHeaderFiles[]", 4096, "^[^=]+=.+$"));
  out.push_back(pattern("spec.watch", 32, "^(auto|pod|none|(pid|cgroup):[0-9]+)$"));
  out.push_back(pattern("spec.injection.adminTls.secret", 253,
                        "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"));
  out.push_back(
      pattern("spec.injection.adminTls.clientCaKey", 253, "^[-_a-zA-Z0-9][-._a-zA-Z0-9]*$"));
  out.push_back(pattern("spec.injection.port", 63, "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"));
  for (const char* which : {"requests", "limits"}) {
    for (const char* what : {"cpu", "memory"}) {
      const std::string path = std::string("spec.injection.resources.") + which + "." + what;
      out.push_back(pattern(path.c_str(), 32, kQuantity));
    }
  }
  return out;
}

CrdKind sidecar_profile() {
  CrdKind out;
  out.kind = kSidecarProfile;
  out.plural = "sidecarprofiles";
  out.singular = "sidecarprofile";
  out.short_names = {"scp"};
  out.doc = "The settings of the sidecars of some pods, delivered to them as a ConfigMap.";
  out.table = &sidecar_profile_table();
  out.status = &sidecar_profile_status_table();
  out.rules = sidecar_profile_crd_rules();
  out.extras = sidecar_profile_extras();
  out.fills_defaults = false;
  constexpr const char* kCondition = ".status.conditions[?(@.type==\"{}\")].{}";
  out.columns = {
      {"Valid", "string", fmt::format(kCondition, "Valid", "status"),
       "Whether a sidecar can be run with it."},
      {"Delivered", "string", fmt::format(kCondition, "Delivered", "status"),
       "Whether the ConfigMap says what it says."},
      {"Reason", "string", fmt::format(kCondition, "Delivered", "reason"), "Why, in a word."},
      {"ConfigMap", "string", ".status.configMap", "In which it was delivered."},
      age(),
      {"Message", "string", fmt::format(kCondition, "Delivered", "message"), "Why.", 1}};
  return out;
}

}  // namespace

const std::vector<CrdKind>& crd_kinds() {
  static const std::vector<CrdKind> kKinds = {plan(), schedule(), drill(), sidecar_profile()};
  return kKinds;
}

}  // namespace api
