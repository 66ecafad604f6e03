// The undo journal of a drill in a cluster: text in the Drill's status, written before each action.
// The journal itself (store/undo_journal.h) is the one of every drill; only what is under it
// differs: sync() is a write of the status that fails where the drill was taken over. While
// something is to be undone the Drill has the finalizer, from before the first such write to after
// the last.
//
// A write blocks its thread, as fdatasync does: nothing may be done before it is durable. Its own
// connection and event loop keep it apart from what else the thread does.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cluster/drill_object.h"
#include "store/undo_journal.h"

namespace cluster {

struct JournalOwner {
  kube::Key drill;
  std::string object_uid, runner_uid;
};

/// `text`: what the status holds now. `limit`: for one write.
/// Errors: InvalidArgument for a configuration that cannot be used.
base::Result<std::unique_ptr<store::JournalFile>> open_status_journal(kube::Config config,
                                                                      JournalOwner owner,
                                                                      std::string text,
                                                                      base::Duration limit);

}  // namespace cluster
