// What users find again after a failover: the sessions that they had, and every feature.
//
// A session was had if an operation on it was Ok before the fault. It is continued if none of its
// operations after the fault was denied (explicitly: the server does not know it any more, and a
// user would have to log in again) and at least one in the window was Ok. No answer at all is an
// outage, not a denial.
// A feature works if it was called in the window and every call was Ok, in time or late.
#pragma once

#include <cstdint>
#include <optional>

#include "drill/evidence.h"

namespace drill {

struct Share {
  std::optional<double> percent;  // nothing: there was nothing to take a share of
  std::uint64_t of = 0;           // sessions that were had; features
};

/// Of the sessions had before the fault, those that were continued in [from, until).
Share session_continuity(const Evidence& evidence, TimePoint from, TimePoint until);
/// Of all features, those that worked in [from, until). Nothing: none was called in it.
Share features_working(const Evidence& evidence, TimePoint from, TimePoint until);

}  // namespace drill
