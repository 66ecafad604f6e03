// One stream of a `postgres` probe as an Operation of the prober: its connections, one per slot,
// and the one statement that it runs. A probe never retries: an operation is one attempt, one
// connection, one statement. The rules of the pool (probes/pg_pool.h) hold with attempts = 1; the
// slots are the prober's, used in turn.
//
// Thread: Operations run on the prober's.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "probes/operation.h"
#include "probes/pg_ledger.h"
#include "probes/prober.h"
#include "probes/servers.h"

namespace probes {

/// A stream's number, known once the prober has added it.
using StreamNumber = std::shared_ptr<std::atomic<std::uint16_t>>;

/// Which instance a server is, by its cluster_name: learnt from pinned streams and from the first
/// look at each instance, so that a service stream can say which one answered.
class PgServers {
 public:
  explicit PgServers(ServerTable& table) : table_(table) {}
  /// The number of the server; `instance` is empty on a service stream. Thread: any.
  std::uint16_t id(const PgIdentity& identity, const std::string& instance);

 private:
  ServerTable& table_;
  std::mutex mutex_;
  std::map<std::string, std::string> instance_of_;  // by cluster_name; "" = more than one
};

/// What every stream of a drill's postgres probes shares. Lifetime: outlives the Operations.
struct PgShared {
  const PgLedger& ledger;
  PgServers& servers;
};

enum class PgDeed { Insert, Highest };

/// One stream's connections and statements.
std::unique_ptr<Operation> make_pg_operation(PgShared shared, PgAddress address,
                                             std::string instance, Connections connections,
                                             PgDeed deed, StreamNumber of);

}  // namespace probes
