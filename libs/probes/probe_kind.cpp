#include "probes/probe_kind.h"

#include "probes/probe_postgres.h"

namespace probes {

std::vector<std::unique_ptr<ProbeKind>> probe_kinds() {
  std::vector<std::unique_ptr<ProbeKind>> kinds;
  kinds.push_back(postgres_probe());
  return kinds;
}

}  // namespace probes
