// Which resource a kind is served as: manifests name "apps/v1" and "Deployment", paths need
// "deployments" and whether it has a namespace, and only the API server knows that of every kind.
// Source: Kubernetes API reference, the type meta/v1.APIResourceList.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"

namespace kube {

/// "/api/v1", "/apis/apps/v1". Errors: InvalidArgument: neither VERSION nor GROUP/VERSION.
base::Result<std::string> discovery_path(std::string_view api_version);

/// Of the list that is served there. Pure. Errors: NotFound naming the kinds that are there;
/// InvalidArgument: no such list.
base::Result<Resource> resource_in(std::string_view list, std::string_view api_version,
                                   std::string_view kind);

/// Asks the API server. Errors: as above; NotFound: it does not serve that version.
aio::Task<base::Result<Resource>> discover(Client& client, std::string api_version,
                                           std::string kind, std::stop_token stop);

}  // namespace kube
