// Who runs this program: what evidence and audit log say of whoever asked.
#pragma once

#include "bundle/bundle.h"

namespace runner {

/// The user (and who is behind a sudo), the host, the command line.
bundle::Requester requester_here();

}  // namespace runner
