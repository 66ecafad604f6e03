// What a name server told clients before the fault and after it: when it began to name another
// address, and by when every client that obeys the record's TTL (RFC 1035 §3.2.1) has followed. The
// way of the users to a new site is the switch and the TTL; the phases of the outage show only how
// long both took together.
#pragma once

#include <vector>

#include "drill/evidence.h"
#include "drill/report.h"

namespace drill {

/// One result per stream of kind Names, in the order of the streams.
///   before    the last address answered to a query sent before the fault
///   after     the first other address after it
///   switched  since the fault began: no earlier than the last query that was sent before the
///             switch was seen and answered as before, and no later than the first other answer
///   ttl       the largest that was answered before the fault: a server that caches counts it down
///   followed  when what was cached at the latest moment of the switch has expired: upper + ttl
/// What was not seen is nothing.
std::vector<NameSwitch> name_switches(const Evidence& evidence);

}  // namespace drill
