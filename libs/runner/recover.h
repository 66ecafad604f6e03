// Undoing what a drill that died left behind, from nothing but its folder: the plan as it ran, the
// system as it was described, and the undo journal. The same engine decides, so a recovery goes
// forward after a promotion exactly as the drill would have.
#pragma once

#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "runner/audit_trail.h"
#include "runner/drill_target.h"
#include "runner/instance_watch.h"
#include "runner/state_dir.h"
#include "store/undo_journal.h"
#include "targets/catalog.h"

namespace runner {

/// What a drill keeps so that it can be recovered without the user's files.
/// Errors: nothing may be started if this cannot be written.
base::Result<> save_for_recovery(const DrillDir& dir, const PlanFile& file, bool managed);

/// How the instances stood before the fault: what a recovery calls whole again.
base::Result<> save_baseline(const DrillDir& dir, const InstanceBaseline& baseline);
/// What was saved; where nothing was, `primary` with one standby.
InstanceBaseline saved_baseline(const DrillDir& dir, const std::string& primary);

/// The target as a drill has it, opened by another process beside it. Errors: those of the files.
base::Result<DrillTarget> open_kept_target(aio::Clock& clock, const StateDir& state,
                                           const DrillDir& dir, const api::ActionCatalog& kinds);

/// Notes that everything is undone and the system that the drill started is stopped.
base::Result<> mark_ended(const DrillDir& dir);

/// Whether a drill's process died before it undid everything, or before it stopped the system that
/// it had started: it has not ended, and nobody has its lock but one who recovers it.
/// Errors: a damaged journal, which needs a person; PermissionDenied.
base::Result<bool> needs_recovery(const DrillDir& dir);

/// Somebody undoes it right now: its guardian, or a person.
bool is_being_recovered(const DrillDir& dir);

/// The name of the system that a drill acted on; empty where its folder does not say.
std::string system_of(const DrillDir& dir);

struct Recovered {
  bool whole = false;
  std::string detail;  // what was undone, or what is still broken
};

/// Undoes what a journal has left on a target that is open, and closes the journal when all of it
/// is, unless all of it will be undone `once_more`. `baseline`: how the instances stood before the
/// fault. `audit`: may be null.
aio::Task<base::Result<Recovered>> recover_target(aio::Clock& clock, aio::Executor executor,
                                                  DrillTarget& target,
                                                  const targets::Catalog& catalog,
                                                  store::UndoJournal& journal,
                                                  InstanceBaseline baseline, AuditTrail* audit,
                                                  bool once_more = false);

/// Drops a drill's ledger table on whichever instance takes writes, tried again for a while: a
/// server that has just come back may not answer yet, and nobody would drop the table later.
/// `state`: tables of drills in it that have ended go too; null: only this one's.
aio::Task<base::Result<>> drop_ledger(aio::Clock& clock, DrillTarget& target, std::string id,
                                      const StateDir* state);

/// Undoes everything, and stops the system if the drill had started it. Idempotent. `who` does it,
/// for the locks; another one who does the same for this drill is waited for.
/// Errors: AlreadyExists (the drill still runs), DataLoss (damaged), or why nothing could be done.
aio::Task<base::Result<Recovered>> recover(aio::Clock& clock, aio::Executor executor,
                                           const StateDir& state, DrillDir dir,
                                           std::string who = "muster");

}  // namespace runner
