// Samples a pod: a source for its application, the network of its namespace, the fullest of its
// file systems, and for what has no limit that anybody knows of the machine. Every sample is made
// of two readings; the first has levels and no rates. Nothing here knows a clock or waits: whoever
// calls every five seconds says what time it is.
//
// Cost: about a dozen preads; nothing is allocated while no process comes or goes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sampling/sample.h"
#include "sampling/source.h"

namespace sampling {

inline constexpr base::Duration kInterval = base::seconds(5);
inline constexpr std::size_t kDisksMax = 8;

struct SamplerSpec {
  std::string proc = "/proc";
  // Whose network namespace: the containers of a pod share one, so the sidecar's own is the pod's.
  std::string network_of = "self";         // empty: nobody's
  std::vector<std::string> disks = {"/"};  // at most kDisksMax paths
  Limits limits;                           // each where the source tells none of its own
  bool machine = true;                     // whether it is looked at, for what has no limit
};

/// One container of the pod by its cgroup, with the figures that can be told apart.
struct ContainerSample {
  std::string name;
  Sample sample;
};

/// Thread: one at a time.
class Sampler {
 public:
  Sampler(std::unique_ptr<Source> source, SamplerSpec spec);

  /// Reads everything once. Thread: blocks for as long as the kernel takes, well below 1 ms.
  Sample sample(base::TimePoint now);

  /// The containers of the last sample.
  std::vector<ContainerSample> containers() const;
  /// What the last sample could not understand; nothing: it understood everything.
  const std::optional<base::Error>& problem() const { return reader_.problem; }
  const std::vector<std::string>& disks() const { return spec_.disks; }

 private:
  const Reading* earlier() const;
  void read_machine(Reading& reading);
  void read_disks(Reading& reading);

  std::unique_ptr<Source> source_;
  SamplerSpec spec_;
  Reader reader_;
  KeptFile network_;
  KeptFile machine_stat_;
  KeptFile meminfo_;
  int cores_ = 0;
  int samples_until_cores_ = 0;  // /proc/stat is dear on a machine with many interrupts
  // Two readings that take turns: the newest, and the one before it while a sample is made.
  Reading newest_;
  Reading older_;
  int readings_ = 0;  // up to 2
};

}  // namespace sampling
