// The pods of a drill in a cluster: the runner carries it out, the guardian undoes it where the
// runner is gone or stands still. Both are this program's image, in the drill's namespace, under
// its service account; both keep away from the nodes of what is drilled, and then from each other,
// as far as there are nodes for that. A second container of the guardian's pod is the second
// vantage (vantage.h), unless the drill's plan wants one alone. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/node.h"
#include "cluster/drill_object.h"
#include "cluster/objects.h"

namespace op {

inline constexpr const char* kDrillLabel = cluster::kDrillLabel;
inline constexpr const char* kRoleLabel = "muster.dev/role";
inline constexpr const char* kServiceAccountName = "muster-runner";

/// Of the guardian's pod.
inline constexpr const char* kVantageContainer = "vantage";
/// Whether a drill of this plan, as in a Drill's status, is measured from the guardian's pod too.
bool wants_second_vantage(const api::Node& plan);

enum class PodRole : std::uint8_t { Runner, Guardian };
const char* name(PodRole role);
/// "DRILL-runner": at most 63 characters, which is what a host name may have.
std::string pod_name(const std::string& drill, PodRole role);

struct PodSettings {
  std::string image;
  std::string pull_policy = "IfNotPresent";
  std::string evidence_claim;    // a PersistentVolumeClaim of the namespace; empty: a Secret
  std::string key_secret;        // of the namespace, with evidence.key; empty: a key for each drill
  std::string drill_key_secret;  // of the namespace, with drill.key; empty: requests are not signed
  /// What their programs understand of HTTPS_PROXY and NO_PROXY, by which they reach the API server
  /// as the operator does. Empty: they have none.
  std::string https_proxy{}, no_proxy{};
};

/// Nodes where a pod should not be if it can be elsewhere, the worse first.
struct Avoid {
  std::vector<std::string> drilled;  // of the drilled pods
  std::string other;  // of the drill's other pod: one node's end is not the end of both
};

/// `grace_seconds`: how long an undo may take when
/// the pod is asked to end.
api::Node pod_of(const cluster::DrillObject& drill, PodRole role, const PodSettings& settings,
                 const Avoid& avoid, std::int64_t grace_seconds);

}  // namespace op
