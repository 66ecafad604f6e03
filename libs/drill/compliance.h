// The compliance assessment of one drill (D7): four scores of 0–100, their mean, and what was
// violated how badly.
#pragma once

#include <string>
#include <vector>

#include "drill/evidence.h"
#include "drill/report.h"

namespace drill {

/// One thing the plan demands to be watched, and whether the evidence has it.
struct Watched {
  std::string what;  // DatabaseConnectivity, ReplicationLag, Consistency, PoolHealth, …
  bool seen = false;
  std::string detail;
};
/// Empty demands: what every drill needs (service streams, control, reference, final reads if
/// there is a ledger). A name that nothing here can see is not seen.
std::vector<Watched> watch(const std::vector<std::string>& demands, const Evidence& evidence,
                           const InstrumentResult& instrument);

/// From the finished measurements of `report`; writes nothing into it.
Compliance comply(const Report& report, const std::vector<Watched>& watched);

}  // namespace drill
