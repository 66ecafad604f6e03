// Where muster keeps things on this machine: one folder per drill, one per local system, locks,
// and the history. Nothing else in the product knows these paths.
//   <root>/drills/<id>/        what one drill leaves behind (DrillDir below)
//   <root>/systems/<name>/     work directory of a local system; traversable by its own user
//   <root>/locks/<target>      one drill per target (flock)
//   <root>/history.db          the index over finished drills
//   <root>/keys/               the key that signs evidence, and keys that are trusted
//   <root>/audit.log           who asked for what, and what was done
// Default root: /var/lib/muster for root, else $XDG_STATE_HOME/muster or ~/.local/state/muster.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace runner {

/// The files of one drill.
struct DrillDir {
  std::string path;

  std::string id() const;
  std::string plan() const { return path + "/plan.yaml"; }
  std::string journal() const { return path + "/undo.journal"; }
  std::string ledger() const { return path + "/ledger"; }
  std::string status() const { return path + "/status.json"; }
  std::string lock() const { return path + "/lock"; }
  std::string abort_request() const { return path + "/abort"; }
  std::string approval(const std::string& step) const { return path + "/approved-" + step; }
  std::string report_json() const { return path + "/report.json"; }
  std::string report_html() const { return path + "/report.html"; }
  std::string junit() const { return path + "/junit.xml"; }
  std::string edn() const { return path + "/history.edn"; }
  std::string system() const { return path + "/system.json"; }
  std::string instances() const { return path + "/instances.json"; }  // as they were before
  std::string given_plan() const { return path + "/given.yaml"; }
  std::string bundle() const { return path + "/bundle.muster"; }
  std::string guardian_pid() const { return path + "/guardian.pid"; }
  std::string guardian_log() const { return path + "/guardian.log"; }
  std::string ended() const { return path + "/ended"; }  // nothing is left to undo or to stop
};

class StateDir {
 public:
  /// Makes the folders. `root` empty: the default above.
  /// Errors: PermissionDenied, ResourceExhausted …, naming the folder.
  static base::Result<StateDir> open(const std::string& root);
  /// The same place for those who only look: makes nothing, and may not be there at all.
  static base::Result<StateDir> at(const std::string& root);

  const std::string& root() const { return root_; }
  std::string systems() const { return root_ + "/systems"; }
  std::string locks() const { return root_ + "/locks"; }
  std::string history() const { return root_ + "/history.db"; }
  std::string keys() const { return root_ + "/keys"; }
  std::string audit_log() const { return root_ + "/audit.log"; }

  /// A new folder for a drill, mode 0700. The id is "<plan>-<UTC>-<4 hex>".
  base::Result<DrillDir> create_drill(const std::string& plan, base::WallTime now,
                                      std::uint64_t random) const;
  /// A drill by id, by an unambiguous beginning of it, or "last" for the newest.
  /// Errors: NotFound (naming the nearest and the newest), InvalidArgument (ambiguous).
  base::Result<DrillDir> find(const std::string& id) const;
  /// Every drill's folder, newest first; what has no drill's name is let alone.
  base::Result<std::vector<DrillDir>> drills() const;

 private:
  explicit StateDir(std::string root) : root_(std::move(root)) {}
  std::string root_;
};

}  // namespace runner
