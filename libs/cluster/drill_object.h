// A Drill of the cluster (muster.dev/v1alpha1), as far as programs read it, and the requests that
// write it. Whoever carries a drill out has claimed it: its pod's UID is in status.runner.uid, and
// every write of the status says so in a test, so that one that was taken over writes nothing, and
// with that does nothing more, because an undo is recorded before what it undoes. Pure but for
// DrillWriter.
//
// The finalizer is there only while something may have to be undone: an object without it can be
// deleted at any time, one with it when everything is undone. let_go() holds to that, whoever calls
// it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"
#include "cluster/status.h"
#include "kube/client.h"

namespace cluster {

extern const kube::Resource kDrills, kPlans, kSchedules;
inline constexpr const char* kUndoFinalizer = "muster.dev/undo";
/// Who made it, and who aborted it, as the API server told the operator's webhook, which lets
/// nobody else write them.
inline constexpr const char* kRequestedBy = "muster.dev/requested-by";
inline constexpr const char* kAbortedBy = "muster.dev/aborted-by";
/// The field manager of heartbeats: by it the server keeps the time of the last one.
inline constexpr const char* kHeart = "muster-heart";

struct DrillObject {
  kube::Key key;
  std::string uid, version, created;
  std::int64_t generation = 0;
  bool deleting = false, has_finalizer = false;
  std::string plan, profile;  // spec.planRef.name
  bool abort = false;
  std::string requested_by, aborted_by;  // empty: nobody knows
  std::string schedule_uid, slot;        // of one that a schedule made; empty: a person did
  api::Node spec, status;
  /// By the server's clock: when it was read, and when the last heartbeat of whoever carries it out
  /// had landed. Nothing: the server did not say.
  std::optional<base::WallTime> read_time{}, beat_time{};

  const std::string& phase() const { return status["phase"].as_string(); }
  const std::string& runner() const { return status["runner"]["uid"].as_string(); }
  const std::string& journal() const { return status["journal"].as_string(); }
  bool finished() const { return phase() == "Finished"; }
};
/// Whether something of it may still have to be undone: it has not finished, and its journal has
/// something left, or cannot be read.
bool may_need_undo(const DrillObject& drill);
/// Errors: InvalidArgument: not JSON, or no name.
base::Result<DrillObject> parse_drill(std::string_view json);

/// A JSON patch (RFC 6902) of the status that fails where another pod than `uid` has the drill, and
/// where the object is another one of the same name.
std::string fenced_patch(const std::string& object_uid, const std::string& runner_uid,
                         const std::vector<Member>& members);

class DrillWriter {
 public:
  /// `uid`: of the one Drill that is meant; empty: whichever has that name. Lifetime: the client
  /// outlives it.
  DrillWriter(kube::Client& client, kube::Key key, std::string uid = {})
      : client_(&client), key_(std::move(key)), uid_(std::move(uid)) {}

  /// Errors: NotFound, also where another one has the name now; what the server says.
  aio::Task<base::Result<DrillObject>> read(std::stop_token stop);
  /// Takes the drill for a pod. `from`: who has it now, empty for nobody; `runner`: what
  /// status.runner becomes. One that has finished is nobody's to take and comes as it is. Errors:
  /// FailedPrecondition where another has it, or where it waits to be taken; as read().
  aio::Task<base::Result<DrillObject>> claim(std::string from, api::Node runner,
                                             std::stop_token stop);
  /// Of the one that claimed it. `manager`: of the fields; empty: as of the client. Errors:
  /// FailedPrecondition where another has it now; NotFound.
  aio::Task<base::Result<>> write(std::string object_uid, std::string runner_uid,
                                  std::vector<Member> members, std::stop_token stop,
                                  std::string manager = {});
  /// Sets spec.abort; of any object of that name where the UID is empty. Gone already, or another
  /// object: ok.
  aio::Task<base::Result<>> abort(std::string object_uid, std::stop_token stop);
  /// Adds the finalizer, for the one that claimed it; ok where it is there already. Errors:
  /// FailedPrecondition where another has it now: that one may have ended, and nobody would remove
  /// it any more; NotFound.
  aio::Task<base::Result<>> hold(std::string object_uid, std::string runner_uid,
                                 std::stop_token stop);
  /// Removes it, whoever does; ok where it is not there, or the object is gone. Errors:
  /// FailedPrecondition where something may still have to be undone: then it stays.
  aio::Task<base::Result<>> let_go(std::string object_uid, std::stop_token stop);
  /// Removes it whatever is left: of a Drill whose namespace ends, and its workloads with it.
  aio::Task<base::Result<>> abandon(std::string object_uid, std::stop_token stop);

 private:
  enum class Finalizer : std::uint8_t { Add, Remove, RemoveInAnyCase };
  aio::Task<base::Result<>> set_finalizer(std::string object_uid, std::string runner_uid,
                                          Finalizer wanted, std::stop_token stop);

  kube::Client* client_;
  kube::Key key_;
  std::string uid_;
};

}  // namespace cluster
