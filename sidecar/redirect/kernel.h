// Rules of this network namespace, put into the kernel and read back. Whoever calls needs NET_ADMIN
// there, also to read.
#pragma once

#include "base/result.h"
#include "sidecar/redirect/rule.h"

namespace redirect {

/// These and no others, and read back.
/// Errors: PermissionDenied: without NET_ADMIN. FailedPrecondition: this kernel cannot do it, or
/// what is read back is something else. Unavailable: it does not answer.
base::Result<> put(const Rules& rules);

}  // namespace redirect
