// The key under which clients are known: from a file, from MUSTER_FINGERPRINT_KEY, or drawn for
// this process. There is no key that everybody has.
#pragma once

#include <string>

#include "base/result.h"

namespace sidecar {

/// A final line end of the file is not part of the key. One that is drawn is said in the log:
/// fingerprints change with every start, and mean nothing to other replicas.
/// Errors: what the file system says of the file; InvalidArgument: a key that is too short.
base::Result<std::string> fingerprint_secret(const std::string& file);

}  // namespace sidecar
