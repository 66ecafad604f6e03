// What a namespace needs so that drills can run in it: the operator's rights, and the account of
// the pods of drills with its own. The manifest is docs/examples/drill-namespace.yaml, built into
// the program (tests/helm holds it against the chart's). Pure.
#pragma once

#include <string>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "cluster/drill_object.h"
#include "kube/resource.h"

namespace cli {

/// The text of docs/examples/drill-namespace.yaml.
extern const char* const kDrillNamespaceYaml;

struct OperatorAccount {
  std::string ns, name;
};
/// "muster-system/muster-operator". Errors: InvalidArgument.
base::Result<OperatorAccount> parse_account(const std::string& text);

/// The manifest for one namespace, in the order in which it is applied.
std::vector<api::Node> drill_namespace(const std::string& ns, const OperatorAccount& account);
/// The Namespace with the label by which it agrees to faults; as a field manager applies it.
/// `agrees` false: without it, which takes it back from that manager.
api::Node labelled_namespace(const std::string& ns, bool agrees);

/// Where objects of the manifest's kinds are. CHECKs that it is one of them.
kube::Resource resource_of(const api::Node& object);

/// The Helm release that an object belongs to; empty: none.
std::string release_of(const api::Node& object);
/// Why the rights cannot be taken away while these drills are as they are; empty: they can.
std::string still_needed_by(const std::vector<cluster::DrillObject>& drills);

}  // namespace cli
