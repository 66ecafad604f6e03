#include "cluster/rights.h"

#include <utility>

#include "kube/access.h"

namespace cluster {

aio::Task<base::Result<>> check_rights(ClusterTarget& target, std::vector<Right> rights,
                                       std::stop_token stop) {
  for (const Right& right : rights) {
    for (const std::string& verb : right.verbs) {
      kube::Access access;
      access.verb = verb;
      access.resource = right.resource;
      access.subresource = right.subresource;
      // What is created has no name yet that a role could ask for.
      access.key = {right.resource.namespaced ? target.ns() : "",
                    verb == "create" && right.subresource.empty() ? "" : right.name};
      CO_TRY(co_await kube::check_access(target.client(), std::move(access), stop));
    }
  }
  co_return base::Result<>{};
}

}  // namespace cluster
