// What another vantage measured, on its way into the drill's evidence: packed by the vantage as a
// bundle of its own (docs/evidence-format.md), checked and joined by the runner. Its streams keep
// their numbers, its stamps stay those of its own clock; only the names of servers, which both have
// counted for themselves, become the drill's. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "drill/evidence.h"

namespace runner {

/// `measured`: what an Instrument in the seat of this vantage leaves.
std::string pack_part(drill::Evidence measured, std::size_t vantage);
/// Errors: InvalidArgument: it is none of this drill and vantage, and why.
base::Result<drill::Evidence> unpack_part(std::string bytes, const std::string& drill_id,
                                          std::size_t vantage);

/// How much an Instrument left, for people: "1234 operations within 31.2 s, until
/// 2027-01-15T08:00:12.345Z"; "nothing".
std::string extent_of(const drill::Evidence& measured);

/// What the runner knows of a vantage beside its records.
struct VantageSeen {
  std::string place;
  std::string missing;  // why there are no records; empty: there are
  std::vector<drill::ClockExchange> exchanges;
};
/// Adds the next vantage. `part`: of unpack_part(); without records where `seen` says why.
void join_part(drill::Evidence& evidence, drill::Evidence part, VantageSeen seen);

}  // namespace runner
