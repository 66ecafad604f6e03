// An object that a plan names by apiVersion, kind and name, of whatever kind the API server serves:
// what the kinds patch and manifest change. Their undo is the same: the fields that were changed
// get their earlier values back, and what others wrote beside them stays.
//
// What will change is what the server says of a dry run, so that defaults and admission count, and
// a patch that is refused is refused before the drill has done anything. The journal has the
// object's UID: one of the same name that was made later is not ours to put back.
//
// Refused are kinds that are no part of a system under drill: Secrets, whose values a journal would
// show; rights and accounts; the drills themselves; and whatever has no namespace.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "cluster/cluster_target.h"

namespace cluster {

struct ObjectName {
  std::string api_version, kind, name;
};
/// "Deployment web"
std::string to_string(const ObjectName& name);

/// Errors: InvalidArgument: `field` (of the plan) has a kind that is refused, or no apiVersion.
base::Result<> check_kind(const ObjectName& name, std::string_view field);

/// What the kind is served as. Errors: NotFound; InvalidArgument: the kind has no namespace.
aio::Task<base::Result<kube::Resource>> resource_of(ClusterTarget& target, ObjectName name,
                                                    std::stop_token stop);

/// As the cluster has it now; null: there is none. Errors: what the server says.
aio::Task<base::Result<api::Node>> look_for(ClusterTarget& target, kube::Resource resource,
                                            std::string name, std::stop_token stop);

/// Errors: FailedPrecondition: neither the namespace nor the object (null: there is none) agreed to
/// be drilled, and the plan has no workload or Service that is this.
aio::Task<base::Result<>> check_agreed(ClusterTarget& target, ObjectName name, api::Node object,
                                       std::stop_token stop);

/// What to undo of this patch of `now`, as the journal keeps it: the UID and the changed fields.
/// Errors: what the server says of the dry run.
aio::Task<base::Result<api::Node>> prepare_change(ClusterTarget& target, Patch patch, api::Node now,
                                                  std::stop_token stop);
/// How many fields that are.
std::size_t fields_of(const api::Node& journal);

/// Looks once. Errors: FailedPrecondition: nothing was changed, or fields have their earlier
/// values; NotFound.
aio::Task<base::Result<std::string>> prove_change(ClusterTarget& target, kube::Resource resource,
                                                  std::string name, api::Node journal,
                                                  std::stop_token stop);

/// Puts the fields back, as often as others write in between. Not there, or another one of that
/// name: nothing is to be done. Errors: what the server says; Cancelled.
aio::Task<base::Result<>> undo_change(aio::Clock& clock, ClusterTarget& target,
                                      kube::Resource resource, std::string name, api::Node journal,
                                      std::stop_token stop);

}  // namespace cluster
