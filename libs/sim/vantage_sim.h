// Two vantages of one service, each with a clock of its own: an offset that nobody knows, drift
// that changes on the way, exchanges over a network whose two ways are as unequal as the seed
// wants. The runner's clock is the true one. What is compared is the merged result (drill/assess.h,
// drill/ledger_check.h) with the truth that the script knows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "drill/evidence.h"

namespace sim {

/// A steady clock of another host.
struct OtherClock {
  drill::TimePoint origin{};  // true; its drift counts from here
  drill::TimePoint bend{};    // and is another one from here on
  drill::Duration offset{};
  std::int64_t rate_ppb = 0, rate_after_ppb = 0;

  drill::TimePoint read(drill::TimePoint true_time) const;
};
OtherClock draw_clock(base::Random& random, drill::TimePoint from, drill::TimePoint until);

/// Between one and twenty, some of them slow one way, over [from, until] of true time.
std::vector<drill::ClockExchange> draw_exchanges(base::Random& random, const OtherClock& clock,
                                                 drill::TimePoint from, drill::TimePoint until);

struct VantageFinding {
  std::string wrong;  // what contradicts the truth; empty: nothing
  std::string what;
  drill::Duration uncertainty{};
  bool other_decided = false;  // the headline is that of the second vantage
};
/// An outage seen from two vantages, through assess(): bounds, verdict, phases, the offset itself.
VantageFinding try_vantages(std::uint64_t seed);
/// A ledger written from two vantages through a failover: losses, holes, split brain, RPO.
VantageFinding try_united_ledgers(std::uint64_t seed);

}  // namespace sim
