// `muster-operator end-drills`: what `helm uninstall` runs before it takes anything away. With the
// release go the rights of the pods of drills, and without rights nothing can be undone; a Drill
// that has something to undo would keep its finalizer for ever, and its namespace could never be
// deleted.
//
// So nothing new may begin, and what is under way is ended first, with the operator alive or dead:
//   1. the operator's Deployment is scaled to none, and its Lease taken once it was given back or
//      has expired, so that nobody takes a drill any more;
//   2. each drill under way in the release's namespaces is aborted (spec.abort), and its pods are
//   seen
//      to with the operator's own decisions, so that a drill whose pods are all gone is undone too;
//   3. when nothing is under way and no Drill has the finalizer, the pods of drills are taken away,
//   which nobody may do who does not know the kind of their owner.
// What never began stays as it is: nothing is in force, and anybody can delete it. If it does not
// come to its end in time, the Deployment gets its replicas back, and which drills are left is
// said.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "operator/drill_decide.h"
#include "operator/drill_pods.h"

namespace op {

struct EndDrillsOptions {
  std::string kubeconfig;           // empty: the pod's service account, else as kubectl
  std::string pod, pod_uid;         // who this is, in the lease
  std::string home;                 // the operator's namespace
  std::string deployment;           // the operator's
  std::vector<std::string> spaces;  // where its drills are
  base::Duration lease = base::seconds(15);
  base::Duration within = base::seconds(240);
  std::int64_t grace_seconds = 600;
  PodSettings pods;
};

/// Something is in force, or may come into force without anybody's doing.
bool is_left(const cluster::DrillObject& drill);

/// The program's exit code: 0 when nothing is left.
int end_drills(const EndDrillsOptions& options);

}  // namespace op
