// The words of a Drill's status are those of the engine.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/drill_resource.h"
#include "drill/evidence.h"

namespace drill {
namespace {

using testing::ElementsAre;

TEST(DrillResourceWords, HaveEveryPhaseInItsOrder) {
  const auto& phases = api::drill_phases();
  auto last = phases.begin();
  for (const Phase phase : {Phase::Preflight, Phase::Baseline, Phase::Injection, Phase::Recovery,
                            Phase::Validation, Phase::Failback, Phase::Reporting}) {
    const auto found = std::ranges::find(phases, name(phase));
    ASSERT_NE(found, phases.end()) << name(phase);
    EXPECT_LT(last, found);
    last = found;
  }
}

TEST(DrillResourceWords, HaveEveryStateAndVerdict) {
  EXPECT_THAT(
      api::drill_states(),
      ElementsAre(name(SystemState::Normal), name(SystemState::Degraded),
                  name(SystemState::FailoverInProgress), name(SystemState::DisasterRecoveryActive),
                  name(SystemState::RecoveryInProgress)));
  EXPECT_THAT(api::drill_verdicts(), ElementsAre(name(Verdict::Met), name(Verdict::Inconclusive),
                                                 name(Verdict::Missed), name(Verdict::Invalid)));
}

}  // namespace
}  // namespace drill
