// What a kubelet says of one pod, for a sidecar that cannot see its pod's other cgroups: the pod's
// part of the kubelet's summary (/stats/summary) as it is, and beside it what the pod may use:
//   {"pod": {"podRef": …, "containers": …, "volume": …},
//    "limits": {"cpuCores": 0.5, "memoryBytes": 268435456}}
// Pure. A figure that is not there, is of another type or below 0 is missing and never 0.
//
// Of the application's containers, not of the sidecar: sums of the pod's own cgroup, which hold
// both, are used for pressure alone. The kubelet's times have whole seconds, which is too coarse to
// make rates of counters that are ten seconds apart; so CPU is the rate that the kubelet made
// itself (usageNanoCores), and the network is read elsewhere.
// Source: k8s.io/kubelet, pkg/apis/stats/v1alpha1; KEP-4205 for pressure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "base/time.h"
#include "sampling/cgroup_v2.h"
#include "sampling/reading.h"

namespace sampling {

struct ContainerStats {
  std::string name;
  std::optional<double> cpu_cores{};
  std::optional<std::uint64_t> working_set_bytes{};
  std::optional<std::uint64_t> swap_bytes{};
};

struct KubeletStats {
  std::string uid;      // of the pod
  base::WallTime at{};  // the newest time at which the kubelet looked at a container
  std::vector<ContainerStats> containers;
  std::optional<DiskSpace> disk;  // the fullest of what containers and volumes are on
  std::optional<Pressure> cpu_pressure, memory_pressure, io_pressure;  // of the whole pod
  Limits limits;
};

/// `sidecar`: the name of the container that is not the application's.
/// Errors: InvalidArgument: no JSON, no pod, or no container with a time in it.
base::Result<KubeletStats> parse_kubelet_stats(std::string_view json, std::string_view sidecar);

/// Of a pod of a summary what parse_kubelet_stats() reads, and nothing else: no volume's name, no
/// traffic, nothing of the sidecar.
api::Node what_is_read(const api::Node& pod, std::string_view sidecar);

/// "2026-11-27T06:30:00Z", with or without a fraction; the kubelet writes UTC and nothing else.
std::optional<base::WallTime> parse_utc(std::string_view text);

}  // namespace sampling
