// The key of this machine's evidence: <state>/keys/evidence.key (PKCS #8, PEM, 0600) and beside it
// evidence.pub, a line of a trust list. Made once, by whoever needs it first; never replaced,
// because the bundles that it signed would lose the key that others trust.
//
// A private key that another user may read or write, or that belongs to another user, is refused:
// a signature by such a key proves nothing.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/trust.h"
#include "crypto/signature.h"
#include "runner/state_dir.h"

namespace runner {

struct OwnKey {
  crypto::SigningKey key;
  bool made = false;  // just now
  std::string path;
};

/// Reads the key of this state directory; makes it where there is none.
/// Errors: PermissionDenied naming the file, its mode or owner, and what to do; InvalidArgument:
/// no key in it; what the disk says.
base::Result<OwnKey> own_key(const StateDir& state);

/// Whom this machine trusts without being told: its own key, and keys/trusted where that exists.
base::Result<std::vector<bundle::TrustedKey>> trusted_here(const StateDir& state);
base::Result<std::vector<bundle::TrustedKey>> trust_file(const std::string& path);

}  // namespace runner
