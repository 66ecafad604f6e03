// What a kubelet says of a pod of two containers and the sidecar, in the form in which it says it.
#pragma once

#include <string>

#include "api/node.h"
#include "base/check.h"

namespace sampling {

inline constexpr const char* kKubeletFigures = R"({
  "pod": {
    "podRef": {"name": "web-0", "namespace": "shop", "uid": "1d6f"},
    "startTime": "2026-11-27T06:00:00Z",
    "containers": [
      {"name": "app", "startTime": "2026-11-27T06:00:02Z",
       "cpu": {"time": "2026-11-27T06:30:00Z", "usageNanoCores": 250000000,
               "usageCoreNanoSeconds": 123456789},
       "memory": {"time": "2026-11-27T06:30:00Z", "availableBytes": 1000, "usageBytes": 5000,
                  "workingSetBytes": 3000, "rssBytes": 2000, "pageFaults": 7},
       "rootfs": {"time": "2026-11-27T06:30:00Z", "availableBytes": 600, "capacityBytes": 1000,
                  "usedBytes": 10, "inodes": 5},
       "swap": {"time": "2026-11-27T06:30:00Z", "swapUsageBytes": 11}},
      {"name": "muster-sidecar", "startTime": "2026-11-27T06:00:01Z",
       "cpu": {"time": "2026-11-27T06:30:09Z", "usageNanoCores": 900000000},
       "memory": {"time": "2026-11-27T06:30:09Z", "workingSetBytes": 9000},
       "rootfs": {"availableBytes": 1, "capacityBytes": 1000}},
      {"name": "cache", "startTime": "2026-11-27T06:00:02Z",
       "cpu": {"time": "2026-11-27T06:30:05Z", "usageNanoCores": 50000000},
       "memory": {"time": "2026-11-27T06:30:05Z", "workingSetBytes": 500},
       "swap": {"swapUsageBytes": 4}}
    ],
    "cpu": {"time": "2026-11-27T06:30:04Z", "usageNanoCores": 1200000000,
            "psi": {"full": {"total": 5, "avg10": 1.5, "avg60": 1, "avg300": 0.5},
                    "some": {"total": 7, "avg10": 20, "avg60": 10, "avg300": 5}}},
    "memory": {"time": "2026-11-27T06:30:04Z", "workingSetBytes": 12500},
    "io": {"time": "2026-11-27T06:30:04Z", "psi": {"some": {"avg10": 3, "avg60": 2, "avg300": 1}}},
    "network": {"time": "2026-11-27T06:30:04Z", "name": "eth0", "rxBytes": 1, "txBytes": 2},
    "volume": [{"name": "data", "time": "2026-11-27T06:29:30Z", "availableBytes": 100,
                "capacityBytes": 1000, "usedBytes": 850},
               {"name": "unknown", "usedBytes": 3}],
    "ephemeral-storage": {"availableBytes": 600, "capacityBytes": 1000},
    "process_stats": {"process_count": 9}
  },
  "limits": {"cpuCores": 0.5, "memoryBytes": 7000}
})";

/// The same, changed by `change(pod)`.
template <class Change>
std::string kubelet_figures(Change change) {
  auto said = api::parse_json(kKubeletFigures);
  CHECK(said.has_value());
  change(*said);
  return api::to_json(*said);
}

}  // namespace sampling
