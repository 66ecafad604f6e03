// Whether what survived makes sense (measurement.md §6): two primaries acknowledging at once, reads
// of the past, writes that came back twice. Terms order primaries (PostgreSQL: timelines): an
// acknowledgement of a lower term invoked after a higher one had completed is definite split brain,
// whatever the clocks of the servers say.
#pragma once

#include <optional>

#include "drill/evidence.h"
#include "drill/ledger_check.h"
#include "drill/report.h"

namespace drill {

/// Reads are compared with surviving writes only: that a lost write is not seen is loss (RPO), not
/// staleness. The score leaves out what was lost behind the recovery point, for the same reason;
/// holes lie before it.
/// `onset`: the first bad operation, of the vantage `onset_of`.
ConsistencyResult check_consistency(const Evidence& evidence, const RowIndex& rows,
                                    std::optional<TimePoint> onset, const Clocks& clocks = {},
                                    std::size_t onset_of = 0);

/// Data damage or definite split brain: the drill fails whatever its objectives say. Empty: none.
std::string damage(const LedgerResult& ledger, const ConsistencyResult& consistency);

}  // namespace drill
