// What the plots show: a fixed number of buckets over the whole drill, whatever its length, so that
// a report of six hours is as small as one of a minute.
#pragma once

#include <span>
#include <vector>

#include "drill/ledger_check.h"
#include "drill/outage.h"
#include "drill/report.h"

namespace drill {

inline constexpr std::size_t kSeriesBuckets = 240;

/// Operations by the bucket of their invocation; latencies of acknowledged ones.
Series series_of(const StreamView& view, const RowIndex& rows, TimePoint from, TimePoint until,
                 std::size_t buckets = kSeriesBuckets);

}  // namespace drill
