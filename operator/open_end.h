// What a runner that is gone, or stands still, has begun and may still bring about: a request that
// is on its way, or in a process that goes on when its node does, and a command that runs by
// itself. A guardian outlives both before it undoes for good. Pure.
#pragma once

#include "api/recovery_plan.h"
#include "base/time.h"
#include "store/undo_journal.h"
#include "targets/catalog.h"

namespace op {

struct OpenEnd {
  bool request = false;      // begun, and nobody knows what became of it
  base::Duration goes_on{};  // the longest of what was begun and outlives the runner
};

/// `failback`: the drill was in it, whose steps are in no journal.
OpenEnd open_end_of(const api::RecoveryPlan& plan, const targets::Catalog& catalog,
                    const store::JournalContents& journal, bool failback);

}  // namespace op
