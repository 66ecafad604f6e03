// The undo journal of a drill in a cluster: text in the Drill's status, written before each action.
// The journal itself (store/undo_journal.h) is the one of every drill; only what is under it
// differs: sync() is a write of the status that fails where the drill was taken over. While
// something is to be undone the Drill has the finalizer, from before the first such write to after
// the last.
//
// A write blocks its thread, as fdatasync does: nothing may be done before it is durable. Its own
// connection and event loop keep it apart from what else the thread does.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "cluster/drill_object.h"
#include "store/undo_journal.h"

namespace cluster {

struct JournalOwner {
  kube::Key drill;
  std::string object_uid, runner_uid;
};

/// Makes the journal's own client, whose requests end while the executor's context is run.
using Connect = std::function<base::Result<std::unique_ptr<kube::Client>>(
    aio::Clock& clock, aio::Executor executor, kube::ClientOptions options)>;

/// `text`: what the status holds now. `limit`: for one write. Errors: those of `connect`.
base::Result<std::unique_ptr<store::JournalFile>> open_status_journal(const Connect& connect,
                                                                      JournalOwner owner,
                                                                      std::string text,
                                                                      base::Duration limit);

}  // namespace cluster
