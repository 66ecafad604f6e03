// `muster-operator check`: what `helm test` asks in the cluster, from a pod of its own: does the
// API server serve the kinds, in the version that this program reads, and is the operator ready,
// through its Service. Needs no rights but those that every account has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace op {

struct CheckOptions {
  std::string kubeconfig;  // empty: the pod's service account, else as kubectl
  std::string url;         // of the operator's /readyz
  base::Duration within = base::seconds(60);
};

/// Of what the server says of the group: the kinds, and their subresources, that it does not serve.
/// Pure. Source: the discovery API, APIResourceList.
std::vector<std::string> missing_kinds(std::string_view discovery);

/// The program's exit code: 0 when all is there; else what is not is said on stderr.
int check(const CheckOptions& options);

}  // namespace op
