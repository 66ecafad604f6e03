// A ledger written through a failover, with every kind of damage planted by the seed and counted:
// writes lost behind the replication lag, single writes lost in the middle (holes), rows that only
// come back with the old primary, doubled and corrupted rows (a corrupt row proves nothing: its
// write is lost too), writes present that had failed, and
// timeouts of both kinds (present and absent), which are never loss.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "drill/evidence.h"

namespace sim {

struct ReplicationScript {
  std::uint64_t writes = 10'000;
  drill::Duration interval = base::millis(10);
  drill::Duration latency = base::millis(2);
  std::uint64_t lag_writes = 0;      // acknowledged, and not yet on the standby at the fault
  std::uint64_t outage_writes = 20;  // due while nobody was primary: refused or timed out
  std::uint64_t holes = 0;           // acknowledged writes before the lag that vanished
  std::uint64_t delayed = 0;         // of those behind the lag: back after the old primary rejoined
  std::uint64_t duplicates = 0, corrupt = 0, phantoms = 0;
  double timeouts = 0.01;  // share of writes whose answer was lost: info
};

struct ReplicationTruth {
  std::vector<std::uint64_t> lost;  // seqs, ascending
  std::uint64_t delayed = 0, duplicates = 0, corrupt = 0, phantoms = 0, holes = 0;
  std::uint64_t recovered_unknown = 0;
  drill::TimePoint onset{};
  drill::Duration rpo{};  // from the first lost commit to the onset or the last lost commit
};

struct ReplicationRun {
  drill::Evidence evidence;
  ReplicationTruth truth;
};

/// Damage is planted on distinct writes; the script must leave room for it.
ReplicationRun run_replication(const ReplicationScript& script, base::Random& random);
/// A script of up to `writes_max` writes with any mixture of damage, none of it included.
ReplicationScript draw_replication(base::Random& random, std::uint64_t writes_max);

}  // namespace sim
