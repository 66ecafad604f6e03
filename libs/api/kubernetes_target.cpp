// A target in a cluster as the parts that plans name.
#include <algorithm>

#include "api/recovery_plan.h"

namespace api {

const WorkloadSpec* KubernetesTargetSpec::workload(std::string_view name) const {
  const auto found = std::find_if(workloads.begin(), workloads.end(),
                                  [&](const WorkloadSpec& each) { return each.name == name; });
  return found == workloads.end() ? nullptr : &*found;
}

LocalSystem system_of(const KubernetesTargetSpec& target, const std::string& name) {
  LocalSystem out;
  out.name = name;
  out.drillable = true;  // what opts in is known to the cluster alone
  for (const WorkloadSpec& workload : target.workloads) {
    ProcessSpec process;
    process.name = workload.name;
    out.processes.push_back(std::move(process));
  }
  for (const ClusterInstanceSpec& instance : target.instances) {
    out.instances.push_back({instance.name, "", instance.workload,
                             PostgresSpec{instance.user, instance.database, "", ""}});
  }
  for (const ClusterServiceSpec& service : target.services) {
    out.services.push_back({service.name, "", std::nullopt});
  }
  return out;
}

}  // namespace api
