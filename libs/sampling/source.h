// Where a pod's readings come from. Three answers to "what is the application?":
//   - a cgroup, found from any process in it: the figures are the kernel's own sums, with limits
//   and
//     pressure. For a machine's services, and wherever the cgroup can be seen;
//   - processes by pid, with all their descendants: for plain processes outside Kubernetes;
//   - all processes that are visible but the sidecar's own and the pause container, by container:
//     for a pod that shares its process namespace, whose other cgroups a sidecar cannot see.
// Processes tell no limits: those are then what the configuration says (SamplerSpec::limits).
// A source keeps its files open. What goes away is dropped, what appears is taken in by the next
// reading, and what cannot be read is missing; nothing of that is an error. A file that says what
// its parser does not know is one, is kept as `problem`, and costs only its own figures.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sampling/cgroup_places.h"
#include "sampling/kept_file.h"
#include "sampling/reading.h"

namespace sampling {

/// What every reading needs besides the reading itself.
struct Reader {
  Buffer buffer;
  std::optional<base::Error> problem;  // the last one
};

class Source {
 public:
  virtual ~Source() = default;
  /// Fills in members, and the limits and pressure that it knows.
  virtual void read(Reading& reading, Reader& reader) = 0;
  /// The cgroup of a container of the last reading; empty: that number is not in use.
  virtual std::string_view container(std::uint32_t group) const = 0;
};

/// The cgroup of a process. `proc`: where /proc is.
/// Errors: NotFound: no such process, or none of its cgroups can be seen from here; DataLoss.
base::Result<std::unique_ptr<Source>> cgroup_of_process(std::int32_t pid,
                                                        const std::string& proc = "/proc");
/// A cgroup by its folders, which may be made later.
std::unique_ptr<Source> cgroup_in(CgroupFolders folders);

struct ProcessSpec {
  std::string proc = "/proc";
  std::vector<std::int32_t> roots;  // and their descendants; empty: the containers of this pod
  std::int32_t self = 0;            // the sidecar; its container is none of the application's
};
/// Processes, in one group for each container, or in one group for all when there are roots.
std::unique_ptr<Source> processes_of(ProcessSpec spec);

/// Whether a process is the one that only holds a pod's namespaces.
bool is_pause(std::int32_t pid, std::string_view comm);

}  // namespace sampling
