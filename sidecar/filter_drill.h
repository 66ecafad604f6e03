// Tells drills from clients: a request that shows a signature under the key that the sidecar and
// the drill have (crypto/drill_signature.h) is noted as a drill's, and no limit holds for it; what
// else happens to a request happens to it too. Any other is treated as if it had shown nothing.
//
// The field goes no further, whether it is right or not: an application that logs or passes on what
// it is sent would give it to others.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "crypto/drill_signature.h"
#include "sidecar/figures.h"
#include "sidecar/filter.h"

namespace sidecar {

/// What one core's filter counts: fields, by what they were. Written by its thread, read by any.
struct DrillFigures {
  std::array<Count, crypto::kDrillSigns> signs;

  /// A signature that was not good, and whose connection it came over: known before it is counted.
  void refuse(crypto::DrillSign sign, const std::string& address) {
    {
      const std::lock_guard hold(lock_);
      last_refused_[static_cast<std::size_t>(sign)] = address;
    }
    signs[static_cast<std::size_t>(sign)].add();
  }
  /// Empty: there was none.
  std::string last_refused(crypto::DrillSign sign) const {
    const std::lock_guard hold(lock_);
    return last_refused_[static_cast<std::size_t>(sign)];
  }

 private:
  mutable std::mutex lock_;  // of refusals and looks only
  std::array<std::string, crypto::kDrillSigns> last_refused_;
};

/// Lifetime: the figures outlive the filter.
std::unique_ptr<Filter> make_drill_filter(crypto::DrillKey key, DrillFigures& figures,
                                          std::function<base::WallTime()> now = aio::wall_now);

/// Of all cores, in the text format 0.0.4.
std::string drill_exposition(const std::vector<std::unique_ptr<DrillFigures>>& cores);

}  // namespace sidecar
