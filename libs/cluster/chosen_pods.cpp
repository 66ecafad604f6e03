#include "cluster/chosen_pods.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace cluster {

using api::Node;

Node node_of(const std::vector<Pod>& pods) {
  Node out = Node::sequence();
  for (const Pod& pod : pods) {
    out.push(Node::map().set("name", pod.name).set("uid", pod.uid));
  }
  return out;
}

std::vector<Pod> pods_in(const Node& journal) {
  std::vector<Pod> out;
  for (const Node& item : journal.items()) {
    Pod pod;
    pod.name = item["name"].as_string();
    pod.uid = item["uid"].as_string();
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

}  // namespace cluster
