#include "runner/ledger_schemas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LedgerSchemas, OnlyThoseOfDrillsThatHaveEndedAreDropped) {
  const std::vector<std::string> found = {
      "muster_drill_database_failover_20261121t044224z_ab12",
      "muster_drill_database_failover_20261122t044224z_cd34",
      "muster_drill_of_somebody_else",
  };
  EXPECT_THAT(
      schemas_to_drop(found, {"database-failover-20261121T044224Z-ab12", "another-drill-ef56"}),
      ElementsAre("muster_drill_database_failover_20261121t044224z_ab12"));
  EXPECT_THAT(schemas_to_drop(found, {}), IsEmpty());
  EXPECT_THAT(schemas_to_drop({}, {"database-failover-20261121T044224Z-ab12"}), IsEmpty());
}

}  // namespace
}  // namespace runner
