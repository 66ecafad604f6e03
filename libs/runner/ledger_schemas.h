// Ledger tables of drills that are over. A drill drops its own; but a restore of the database to a
// moment before an earlier drill's end brings that drill's schema back, and of a drill whose
// database was gone when it ended nobody dropped it. So every end of a drill, and every recovery,
// also drops those of the drills that the state directory knows to have ended. Schemas of other
// drills, of another state directory or still running, are let alone.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "probes/pg_instance.h"
#include "runner/state_dir.h"

namespace runner {

/// Of the schemas `found` in a database, those of the drills `ended`, by id. Pure.
std::vector<std::string> schemas_to_drop(const std::vector<std::string>& found,
                                         const std::vector<std::string>& ended);

/// Drops them on `primary`. Errors: those of StateDir::drills and PgInstances::query; what could be
/// dropped before is.
aio::Task<base::Result<>> drop_ended_ledgers(const StateDir& state, probes::PgInstances& instances,
                                             std::string primary, std::stop_token stop);

}  // namespace runner
