// What the cores count of security-relevant events, told to the audit log as what came since the
// last look: a request that is refused costs its core nothing more than its count.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/drill_signature.h"
#include "sidecar/audit.h"
#include "sidecar/shared.h"

namespace sidecar {

/// Thread: one.
class AuditCounts {
 public:
  void look(const Shared& shared, Audit& audit, base::TimePoint now, base::WallTime wall);
  /// Of a client that looks like a program, and that is about to be told by itself: whether it is
  /// not among those that were told together already.
  bool take_bot(const Shared& shared);
  /// The last look: whatever came since the one before.
  void finish(const Shared& shared, Audit& audit, base::TimePoint now, base::WallTime wall) {
    limits_told_ = bots_told_at_ = {};
    look(shared, audit, now, wall);
  }

 private:
  void drills(const Shared& shared, Audit& audit, base::TimePoint now, base::WallTime wall);
  void limits(const Shared& shared, Audit& audit, base::TimePoint now, base::WallTime wall);
  void bots(const Shared& shared, Audit& audit, base::TimePoint now, base::WallTime wall);

  std::vector<std::array<std::uint64_t, crypto::kDrillSigns>> signs_;  // by core
  std::uint64_t refused_ = 0, denied_ = 0, closed_ = 0;
  std::uint64_t bots_told_ = 0;
  base::TimePoint limits_told_{}, bots_told_at_{};  // zero: never
};

}  // namespace sidecar
