// A kind of probe: its table of fields, and how its streams are made. A new kind is one pair of
// files that derives from ProbeKind, and one line in probe_kinds() (docs/developer-guide.md).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/action.h"
#include "api/local_system.h"
#include "net/connection.h"
#include "probes/operation.h"
#include "probes/pg_streams.h"
#include "probes/prober.h"
#include "probes/servers.h"

namespace probes {

/// What the streams of a probe are made with. Lifetime: outlives the streams.
struct ProbeContext {
  const api::LocalSystem& system;  // resolved: addresses of services and instances
  ServerTable& servers;
  const PgLedger& ledger;  // for kinds that write a ledger
  PgServers& pg_servers;
  base::Duration deadline_default;      // the plan's degraded latency target
  std::shared_ptr<net::Names> names{};  // of the system's addresses; null: as this machine does
  std::string drill{};                  // whose requests are signed with its name
};

struct BuiltStream {
  StreamSpec spec;
  std::unique_ptr<Operation> operation;
  std::function<void(drill::StreamId)>
      added;  // told the number before the stream starts; may be empty
};

class ProbeKind {
 public:
  virtual ~ProbeKind() = default;
  virtual const api::ActionKind& kind() const = 0;
  /// `params` validated and resolved. Errors: InvalidArgument naming the field.
  virtual base::Result<std::vector<BuiltStream>> build(ProbeContext& context,
                                                       const std::string& probe_name,
                                                       const api::Node& params) const = 0;
};

/// Every kind of probe there is.
std::vector<std::unique_ptr<ProbeKind>> probe_kinds();

}  // namespace probes
