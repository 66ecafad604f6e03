// Signs a drill's requests, so that a sidecar that limits clients lets them in and does not count
// them (crypto/drill_signature.h): else a drill measures refusals that are its own doing. Each
// request is signed when it is sent, with the time of then.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "base/result.h"
#include "crypto/drill_signature.h"

namespace probes {

class DrillSigner {
 public:
  /// With the key of the file, else of MUSTER_DRILL_KEY, else null: nothing is signed.
  /// Errors: what the file system says; InvalidArgument: a key that is too short, or a name that no
  /// drill has.
  static base::Result<std::shared_ptr<const DrillSigner>> find(const std::string& key_file,
                                                               const std::string& drill);

  /// `drill`: crypto::is_drill_name().
  DrillSigner(crypto::DrillKey key, std::string drill,
              std::function<base::WallTime()> now = aio::wall_now);

  /// A whole line of a request's head. Thread: any number at once.
  std::string line(std::string_view method, std::string_view target) const;

 private:
  crypto::DrillKey key_;
  std::string drill_;
  std::function<base::WallTime()> now_;
};

}  // namespace probes
