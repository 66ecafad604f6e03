// Which label takes a pod out of its Service, and what becomes of the pod afterwards. Pure.
//
// A label that only the Service looks at is the best: the pod stays a part of its workload, which
// is one pod short for users and for nobody else. Where the workload looks at it too, its
// controller lets the pod go and makes another one. To put the label back then would give it one
// pod too many, and it would end one of its own choice, maybe the one that serves users; so the pod
// that was let go is deleted where the workload has its pods again, and gets its label back where
// it has not. A StatefulSet cannot make another one while the name is taken: there the label is put
// back.
#pragma once

#include <string>

#include "api/node.h"
#include "base/result.h"
#include "cluster/objects.h"

namespace cluster {

/// The value that the label gets.
inline constexpr const char* kDetached = "detached-by-muster";

/// `asked`: of the plan; empty: the first label of the Service that the workload does not look at,
/// or else the first. Errors: InvalidArgument: the Service does not select on it;
/// FailedPrecondition: it selects on nothing.
base::Result<std::string> detaching_label(const Service& service, const Workload& workload,
                                          const std::string& asked);

/// Whether a Service's selector has all of these labels.
bool selected(const Service& service, const Labels& labels);

enum class Orphan { Relabel, Delete };
/// `let_go`: the workload looks at the label. `pods`: of the workload that stay, without this one.
Orphan what_to_do(const Workload& workload, bool let_go, std::int64_t pods);

}  // namespace cluster
