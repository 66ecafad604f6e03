#include "cluster/chosen_pods.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace cluster {

using api::Node;

Node node_of(const std::vector<Pod>& pods) {
  Node out = Node::sequence();
  for (const Pod& pod : pods) {
    out.push(Node::map().set("name", pod.name).set("uid", pod.uid).set("owner", pod.owner));
  }
  return out;
}

std::vector<Pod> pods_in(const Node& journal) {
  std::vector<Pod> out;
  for (const Node& item : journal.items()) {
    Pod pod;
    pod.name = item["name"].as_string();
    pod.uid = item["uid"].as_string();
    pod.owner = item["owner"].as_string();
    out.push_back(std::move(pod));
  }
  return out;
}

std::string names_of(const std::vector<Pod>& pods) {
  std::string out;
  for (const Pod& pod : pods) out += (out.empty() ? "" : ", ") + pod.name;
  return out;
}

base::Result<std::vector<Pod>> choose_pods(const ClusterTarget& target, const std::string& workload,
                                           std::int64_t count) {
  std::vector<Pod> pods = target.pods_of(workload);
  std::erase_if(pods, [](const Pod& pod) { return pod.deleting; });
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(count, 1));
  if (pods.size() < wanted) {
    return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("workload '{}' has {} pods: {} is too many", workload, pods.size(), wanted));
  }
  pods.resize(wanted);
  return pods;
}

base::Result<> check_made_again(const ClusterTarget& target, const std::string& workload,
                                const std::vector<Pod>& pods) {
  const api::WorkloadSpec* spec = target.spec().workload(workload);
  if (spec == nullptr || !spec->is_pod_set()) return {};
  const auto alone =
      std::find_if(pods.begin(), pods.end(), [](const Pod& pod) { return pod.owner.empty(); });
  if (alone == pods.end()) return {};
  return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("pod {} of '{}' has no controller: once it has ended nobody makes it again",
                  alone->name, workload));
}

}  // namespace cluster
