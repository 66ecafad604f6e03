// How long the sidecar's own cryptography takes: handshakes over TLS and fingerprints, graded
// beside the application's (alert/encryption.h). The cores note it, the thread of the admin port
// takes it once a second. Of what comes meanwhile the first few hundred are kept: figures are of
// the newest thousand anyway, and a core never waits for more than a copy of a few words.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "alert/encryption.h"

namespace sidecar {

class CryptoLog {
 public:
  static constexpr std::size_t kMost = 256;

  /// `whole`: of the work that it was a part of. Thread: any.
  void add(alert::EncryptionKind kind, base::Duration took, base::Duration whole) {
    const std::lock_guard hold(lock_);
    if (noted_.size() == kMost) return;
    noted_.push_back({.kind = kind, .duration = took, .bytes = 0, .records = 1, .whole = whole});
  }
  std::vector<alert::EncryptionOperation> take() {
    const std::lock_guard hold(lock_);
    return std::exchange(noted_, {});
  }

 private:
  std::mutex lock_;
  std::vector<alert::EncryptionOperation> noted_;
};

}  // namespace sidecar
