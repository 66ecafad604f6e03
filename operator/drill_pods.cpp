#include "operator/drill_pods.h"

#include <fmt/format.h>

#include "cluster/restricted.h"
#include "crypto/hash.h"

namespace op {
namespace {

using api::Node;

constexpr std::size_t kNameMax = 63;
constexpr const char* kHostLabel = "kubernetes.io/hostname";
constexpr const char* kDefaultContainer = "kubectl.kubernetes.io/default-container";
constexpr const char* kStateDir = "/var/lib/muster";
/// What a guardian whose node says nothing is waited for; the cluster's own default is minutes.
constexpr std::int64_t kLostNodeSeconds = 20;

Node field_env(const char* name, const char* path) {
  return Node::map()
      .set("name", name)
      .set("valueFrom", Node::map().set("fieldRef", Node::map().set("fieldPath", path)));
}

Node keep_away_from(const std::vector<std::string>& nodes, std::int64_t weight) {
  const Node expression = Node::map()
                              .set("key", kHostLabel)
                              .set("operator", "NotIn")
                              .set("values", Node::strings(nodes));
  return Node::map()
      .set("weight", weight)
      .set("preference", Node::map().set("matchExpressions", Node::sequence({expression})));
}

/// Both wishes are of nodes: the scheduler adds up the weights of one kind, but brings the sum of
/// each kind to the same scale first, so that a wish about pods would weigh as much as one about
/// nodes whatever its weight.
Node affinity_of(const Avoid& avoid) {
  std::vector<Node> terms;
  if (!avoid.drilled.empty()) terms.push_back(keep_away_from(avoid.drilled, 100));
  if (!avoid.other.empty()) terms.push_back(keep_away_from({avoid.other}, 40));
  if (terms.empty()) return Node::map();
  return Node::map().set("nodeAffinity",
                         Node::map().set("preferredDuringSchedulingIgnoredDuringExecution",
                                         Node::sequence(std::move(terms))));
}

/// Of a pod with a container that starts again and again nothing but its eviction says that its
/// node is lost (drill_requests.cpp).
Node tolerations_of_guardian() {
  Node out = Node::sequence();
  for (const char* taint : {"node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"}) {
    out.push(Node::map()
                 .set("key", taint)
                 .set("operator", "Exists")
                 .set("effect", "NoExecute")
                 .set("tolerationSeconds", kLostNodeSeconds));
  }
  return out;
}

/// A namespace without the Secret, or without the key in it, has drills that sign nothing.
Node secret_env(const char* name, const std::string& secret, const char* key) {
  const Node ref = Node::map().set("name", secret).set("key", key).set("optional", true);
  return Node::map().set("name", name).set("valueFrom", Node::map().set("secretKeyRef", ref));
}

/// A list of exceptions is handed on whole, and alone means nothing.
Node environment(bool measures, const PodSettings& settings) {
  Node out =
      Node::sequence({field_env("POD_NAME", "metadata.name"), field_env("POD_UID", "metadata.uid"),
                      field_env("NODE_NAME", "spec.nodeName"),
                      Node::map().set("name", "HOME").set("value", kStateDir)});
  if (measures && !settings.drill_key_secret.empty()) {
    out.push(secret_env("MUSTER_DRILL_KEY", settings.drill_key_secret, "drill.key"));
  }
  if (settings.https_proxy.empty()) return out;
  out.push(Node::map().set("name", "HTTPS_PROXY").set("value", settings.https_proxy));
  if (settings.no_proxy.empty()) return out;
  out.push(Node::map().set("name", "NO_PROXY").set("value", settings.no_proxy));
  return out;
}

/// `measures`: it has a prober, and one that waits for a processor measures itself.
Node container_of(const char* called, const std::vector<std::string>& args, Node mounts,
                  bool measures, const PodSettings& settings) {
  return Node::map()
      .set("name", called)
      .set("image", settings.image)
      .set("imagePullPolicy", settings.pull_policy)
      .set("command", Node::strings({"muster-operator"}))
      .set("args", Node::strings(args))
      .set("env", environment(measures, settings))
      .set("resources",
           Node::map()
               .set("requests",
                    Node::map().set("cpu", measures ? "250m" : "20m").set("memory", "64Mi"))
               .set("limits", Node::map().set("memory", "1Gi")))
      .set("securityContext", cluster::restricted_container())
      .set("volumeMounts", std::move(mounts));
}

Node mounted(const char* volume) {
  return Node::sequence({Node::map().set("name", volume).set("mountPath", kStateDir)});
}

std::vector<std::string> args_of(const char* command, const cluster::DrillObject& drill) {
  return {command,        "--namespace", drill.key.space, "--name",
          drill.key.name, "--drill-uid", drill.uid};
}

Node container(const cluster::DrillObject& drill, PodRole role, const PodSettings& settings) {
  Node mounts = mounted("state");
  std::vector<std::string> args = args_of(role == PodRole::Runner ? "drill" : "guard", drill);
  if (role == PodRole::Runner && !settings.evidence_claim.empty()) {
    mounts.push(Node::map().set("name", "evidence").set("mountPath", "/evidence"));
    args.insert(args.end(),
                {"--evidence-dir", "/evidence", "--evidence-claim", settings.evidence_claim});
  }
  if (role == PodRole::Runner && !settings.key_secret.empty()) {
    mounts.push(
        Node::map().set("name", "key").set("mountPath", "/etc/muster/keys").set("readOnly", true));
    args.insert(args.end(), {"--evidence-key", "/etc/muster/keys/evidence.key"});
  }
  return container_of(name(role), args, std::move(mounts), role == PodRole::Runner, settings);
}

bool has_vantage(const cluster::DrillObject& drill, PodRole role) {
  return role == PodRole::Guardian && wants_second_vantage(drill.status["plan"]);
}

Node containers(const cluster::DrillObject& drill, PodRole role, const PodSettings& settings) {
  Node out = Node::sequence({container(drill, role, settings)});
  if (has_vantage(drill, role)) {
    out.push(container_of(kVantageContainer, args_of("vantage", drill), mounted("vantage"), true,
                          settings));
  }
  return out;
}

Node volumes(const cluster::DrillObject& drill, PodRole role, const PodSettings& settings) {
  Node out = Node::sequence({Node::map().set("name", "state").set("emptyDir", Node::map())});
  if (has_vantage(drill, role)) {
    out.push(Node::map().set("name", "vantage").set("emptyDir", Node::map()));
  }
  if (role != PodRole::Runner) return out;
  if (!settings.evidence_claim.empty()) {
    out.push(
        Node::map()
            .set("name", "evidence")
            .set("persistentVolumeClaim", Node::map().set("claimName", settings.evidence_claim)));
  }
  if (!settings.key_secret.empty()) {
    out.push(Node::map()
                 .set("name", "key")
                 .set("secret",
                      Node::map().set("secretName", settings.key_secret).set("defaultMode", 0400)));
  }
  return out;
}

}  // namespace

const char* name(PodRole role) {
  return role == PodRole::Runner ? "runner" : "guardian";
}

bool wants_second_vantage(const api::Node& plan) {
  return plan["spec"]["vantages"].as_int(2) > 1;  // what it is where the plan does not say
}

std::string pod_name(const std::string& drill, PodRole role) {
  const std::string end = fmt::format("-{}", name(role));
  if (drill.size() + end.size() <= kNameMax) return drill + end;
  // Cut names of two drills may be alike; what was cut off tells them apart.
  const crypto::Digest digest = crypto::sha256(drill);
  const std::string mark =
      fmt::format("-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
  return drill.substr(0, kNameMax - end.size() - mark.size()) + mark + end;
}

Node pod_of(const cluster::DrillObject& drill, PodRole role, const PodSettings& settings,
            const Avoid& avoid, std::int64_t grace_seconds) {
  const std::string label = pod_name(drill.key.name, role);
  const Node owner = Node::map()
                         .set("apiVersion", cluster::kDrills.api_version())
                         .set("kind", cluster::kDrills.kind)
                         .set("name", drill.key.name)
                         .set("uid", drill.uid)
                         .set("controller", true);
  Node spec = Node::map()
                  .set("restartPolicy", role == PodRole::Runner ? "Never" : "OnFailure")
                  .set("serviceAccountName", kServiceAccountName)
                  .set("terminationGracePeriodSeconds", grace_seconds)
                  .set("enableServiceLinks", false)
                  .set("affinity", affinity_of(avoid))
                  .set("securityContext", cluster::restricted_pod())
                  .set("containers", containers(drill, role, settings))
                  .set("volumes", volumes(drill, role, settings));
  if (role == PodRole::Guardian) spec.set("tolerations", tolerations_of_guardian());
  return Node::map()
      .set("apiVersion", "v1")
      .set("kind", "Pod")
      .set("metadata", Node::map()
                           .set("name", label)
                           .set("namespace", drill.key.space)
                           // The UID: a name may be longer than the value of a label.
                           .set("labels", Node::map()
                                              .set("app.kubernetes.io/name", "muster")
                                              .set("app.kubernetes.io/component", name(role))
                                              .set(kDrillLabel, drill.uid)
                                              .set(kRoleLabel, name(role)))
                           // Whose logs are shown where nobody says which.
                           .set("annotations", Node::map().set(kDefaultContainer, name(role)))
                           .set("ownerReferences", Node::sequence({owner})))
      .set("spec", std::move(spec));
}

}  // namespace op
