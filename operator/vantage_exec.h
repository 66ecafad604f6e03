// The runner's way to the second vantage: a command in the guardian's pod that relays to it, run by
// the API server with the rights that the runner has there anyway.
#pragma once

#include "cluster/drill_object.h"
#include "kube/client.h"
#include "runner/link.h"

namespace op {

/// Of this drill's guardian, whichever pod that is at the time. Lifetime: the client outlives it.
runner::Connect vantage_of_guardian(kube::Client& client, const kube::Key& drill);

}  // namespace op
