#include "sidecar/config_difference.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

TEST(ConfigDifference, SaysWhatIsNewAndWhatIsGone) {
  EXPECT_EQ(difference_of("limits: dry-run\ndeny: [10.0.0.0/8, 192.0.2.1]\n",
                          "limits: \"on\"\ndeny: [192.0.2.1]\nmakeTrace: true\n"),
            "now --limits=on --make-trace; no more --deny=10.0.0.0/8 --limits=dry-run");
  EXPECT_EQ(difference_of("limits: dry-run\n", "limits: dry-run\nmakeTrace: true\n"),
            "now --make-trace");
  EXPECT_EQ(difference_of("makeTrace: true\n", "{}\n"), "no more --make-trace");
}

TEST(ConfigDifference, SaysThatNothingIsOther) {
  EXPECT_EQ(difference_of("limits: dry-run\n", "limits:   dry-run  # so far\n"),
            "nothing but how it is written");
  EXPECT_EQ(difference_of("deny: [192.0.2.1, 192.0.2.2]\n", "deny: [192.0.2.2, 192.0.2.1]\n"),
            "the order of what it says");
}

TEST(ConfigDifference, AFileThatCannotBeReadSaidNothing) {
  EXPECT_EQ(difference_of("limits: [", "limits: dry-run\n"), "now --limits=dry-run");
}

}  // namespace
}  // namespace sidecar
