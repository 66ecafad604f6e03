// The evidence of a whole drill, drawn from a seed: every kind of stream, final reads, load, steps,
// timeline. Not a model of anything: it has no truth to compare with, but all that can stand in
// evidence stands in it, the odd and the damaged included. It feeds what has to treat any evidence
// alike: the bundle (what is written is read back) and the verifier (two implementations of the
// same rules agree).
#pragma once

#include <cstdint>

#include "base/random.h"
#include "drill/evidence.h"

namespace sim {

struct WholeDrillShape {
  std::uint64_t operations = 600;  // of the ledger stream; the others have as many or fewer
  std::uint64_t streams = 16;      // at most; 1: the ledger alone
  drill::Duration interval = base::millis(10);
  /// 0: a clean drill with one outage; 1: whatever can go wrong may have gone wrong.
  double mess = 0.5;
  /// Beside the runner's; each saw about what the runner saw, by a clock of its own.
  std::size_t vantages = 0;
};

drill::Evidence draw_whole_drill(const WholeDrillShape& shape, base::Random& random);

/// Vantage `number` (from 1) joins the evidence of a drill.
void draw_vantage(drill::Evidence& evidence, std::size_t number, double mess, base::Random& random);

}  // namespace sim
