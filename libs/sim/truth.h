// One seed: simulate, measure, compare with the truth. Used by the property tests, which try
// thousands of seeds, and by the benchmark, which tries millions.
#pragma once

#include <cstdint>
#include <string>

#include "sim/outage_sim.h"

namespace sim {

struct Finding {
  std::string wrong;                 // what contradicts the truth; empty: nothing
  std::string what;                  // the script and the bounds, for whoever replays it
  bool judged = false;               // the bounds speak of an outage that is not invalid
  bool delta_rule_excludes = false;  // the lower bound "inv(b0) + delta" would have been wrong
  Duration user_width{}, service_width{};
  OutageKind kind = OutageKind::Refuse;
};
Finding try_outage(std::uint64_t seed, bool stalls);

/// What the ledger check missed or invented; empty: nothing.
std::string try_replication(std::uint64_t seed, std::uint64_t writes_max);

}  // namespace sim
