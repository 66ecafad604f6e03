// The plotted series: 240 buckets over the drill, per stream.
#pragma once

#include <vector>

#include "api/node.h"
#include "verify/ledger.h"

namespace verify {

/// As `report.json` has it under `series`. `origin`: stamps are told relative to this.
api::Node plotted(const Stream& stream, const Rows& rows, TimePoint from, TimePoint until,
                  TimePoint origin);

}  // namespace verify
