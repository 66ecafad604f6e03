// What only some may know: from a file, where Kubernetes mounts it, or from the environment. There
// is no secret that everybody has.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/drill_signature.h"

namespace sidecar {

struct FingerprintSecret {
  std::string key;
  bool drawn = false;  // fingerprints change with every start, and mean nothing to other replicas
};

/// The key under which clients are known: of the file, else MUSTER_FINGERPRINT_KEY, else drawn for
/// this process. A final line end of the file is not part of it.
/// Errors: what the file system says of the file.
base::Result<FingerprintSecret> fingerprint_secret(const std::string& file);

/// Under which drills sign: of the file, else MUSTER_DRILL_KEY, else none: there are only clients.
/// Errors: as above; InvalidArgument: a key that is too short.
base::Result<std::optional<crypto::DrillKey>> drill_key(const std::string& file);

/// What the admin port asks of who changes something: of the file, else MUSTER_ADMIN_TOKEN, else
/// empty: nobody may. Errors: as above.
base::Result<std::string> admin_token(const std::string& file);

/// What the admin port asks of who reads: of the file, else MUSTER_ADMIN_READ_TOKEN, else nothing:
/// anybody may. Errors: as above; InvalidArgument: the file is empty.
base::Result<std::optional<std::string>> admin_read_token(const std::string& file);

/// What Redis asks for: of the file, else MUSTER_REDIS_PASSWORD, else empty. Errors: as above.
base::Result<std::string> redis_password(const std::string& file);

/// What the database asks for: of the file, else MUSTER_DATABASE_PASSWORD, else empty. Errors: as
/// above.
base::Result<std::string> database_password(const std::string& file);

/// Replicas know a client by the same key only. Errors: as above; InvalidArgument: none was given,
/// or one that is too short.
base::Result<> has_fingerprint_key(const std::string& file);

}  // namespace sidecar
