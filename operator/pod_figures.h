// The kubelet's figures for sidecars that cannot see their pods: what is read of pods, of kubelets
// and of paths. Pure. Who is asked when, and what is answered: operator/figures_book.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "kube/key.h"

namespace op {

/// A pod, as far as its figures are concerned.
struct FiguresPod {
  std::string uid, node;
  std::string host;    // the node's address, at which its kubelet listens
  api::Node limits{};  // {"cpuCores", "memoryBytes"}, of the application's containers together
  std::vector<std::string> addresses{};  // its own
  bool operator==(const FiguresPod&) const = default;
};
/// Errors: NotFound: it has no sidecar, which nobody but one has a use for; or is on no node yet.
base::Result<FiguresPod> figures_pod(const api::Node& pod);

/// The pods of a kubelet's summary by their UID, with what sampling::what_is_read() leaves of them.
using SummaryPods = std::map<std::string, api::Node>;
/// Errors: InvalidArgument: it is no summary.
base::Result<SummaryPods> pods_of_summary(std::string_view json);

/// The pod of "/pods/NAMESPACE/NAME"; nothing: it is another path, or no name that a pod can have.
std::optional<kube::Key> pod_of_path(std::string_view path);

}  // namespace op
