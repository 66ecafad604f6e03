#include "cli/drill_namespace.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/field_text.h"
#include "api/yaml.h"
#include "base/check.h"
#include "cluster/objects.h"

namespace cli {
namespace {

using api::Node;

const std::vector<kube::Resource>& kinds() {
  static const std::vector<kube::Resource> kKinds = {
      {"rbac.authorization.k8s.io", "v1", "Role", "roles", true},
      {"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true},
      {"", "v1", "ServiceAccount", "serviceaccounts", true},
      cluster::kNamespaces};
  return kKinds;
}

/// Nothing may be under way, or begin at the next moment.
bool needs_rights(const cluster::DrillObject& drill) {
  return drill.has_finalizer ||
         (!drill.finished() && !drill.phase().empty() && drill.phase() != "Pending");
}

}  // namespace

base::Result<OperatorAccount> parse_account(const std::string& text) {
  const std::size_t slash = text.find('/');
  OperatorAccount out;
  out.ns = text.substr(0, slash);
  if (slash != std::string::npos) out.name = text.substr(slash + 1);
  if (!api::is_label(out.ns) || out.name.empty() || out.name.find('/') != std::string::npos) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("--operator '{}': NAMESPACE/ACCOUNT is needed, as in "
                                  "muster-system/muster-operator",
                                  text));
  }
  return out;
}

std::vector<Node> drill_namespace(const std::string& ns, const OperatorAccount& account) {
  auto documents = api::parse_yaml(kDrillNamespaceYaml, "drill-namespace.yaml");
  CHECK(documents.has_value());
  for (Node& object : *documents) {
    const std::string example = object["metadata"]["namespace"].as_string();
    object.find("metadata")->set("namespace", ns);
    Node* subjects = object.find("subjects");
    if (subjects == nullptr) continue;
    for (Node& subject : subjects->items()) {
      if (subject["namespace"].as_string() == example) {
        subject.set("namespace", ns);
      } else {
        subject.set("namespace", account.ns).set("name", account.name);
      }
    }
  }
  return *documents;
}

Node labelled_namespace(const std::string& ns, bool agrees) {
  Node meta = Node::map().set("name", ns);
  if (agrees) {
    meta.set("labels", Node::map().set(cluster::kOptInLabel, cluster::kOptInValue));
  }
  return Node::map().set("apiVersion", "v1").set("kind", "Namespace").set("metadata", meta);
}

kube::Resource resource_of(const Node& object) {
  const auto& all = kinds();
  const auto found = std::find_if(all.begin(), all.end(), [&](const kube::Resource& one) {
    return one.kind == object["kind"].as_string();
  });
  CHECK(found != all.end());
  return *found;
}

std::string release_of(const Node& object) {
  const Node& meta = object["metadata"];
  if (meta["labels"]["app.kubernetes.io/managed-by"].as_string() != "Helm") return "";
  const Node& notes = meta["annotations"];
  return fmt::format("{}/{}", notes["meta.helm.sh/release-namespace"].as_string(),
                     notes["meta.helm.sh/release-name"].as_string());
}

std::string still_needed_by(const std::vector<cluster::DrillObject>& drills) {
  std::string out;
  for (const cluster::DrillObject& drill : drills) {
    if (!needs_rights(drill)) continue;
    out += fmt::format("{}{} ({}{})", out.empty() ? "" : ", ", drill.key.name, drill.phase(),
                       drill.has_finalizer ? ", something is to be undone" : "");
  }
  return out;
}

}  // namespace cli
