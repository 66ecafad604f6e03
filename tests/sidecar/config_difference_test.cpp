#include "sidecar/config_difference.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

TEST(ConfigDifference, SaysWhatIsNewAndWhatIsGone) {
  EXPECT_EQ(difference_of("limits: dry-run\ndeny: [10.0.0.0/8, 192.0.2.1]\n",
                          "limits: \"on\"\ndeny: [192.0.2.1]\nmakeTrace: true\n"),
            "--deny --limits --make-trace; now --limits=on --make-trace; no more "
            "--deny=10.0.0.0/8 --limits=dry-run");
  EXPECT_EQ(difference_of("limits: dry-run\n", "limits: dry-run\nmakeTrace: true\n"),
            "--make-trace; now --make-trace");
  EXPECT_EQ(difference_of("makeTrace: true\n", "{}\n"), "--make-trace; no more --make-trace");
}

TEST(ConfigDifference, SaysNamesAndWhatWaitsBeforeValuesSoThatACutLeavesThem) {
  const std::string rules = "limits: \"on\"\ndeny: [";
  std::string many = rules;
  for (int i = 0; i < 200; ++i) many += fmt::format("10.0.{}.0/24, ", i);
  const std::string text = difference_of(rules + "]\n", many + "]\nthreads: 2\n", {"--threads"});
  EXPECT_EQ(text.find("--deny --threads; waits for a restart: --threads; now --deny=10.0."), 0U)
      << text;
  EXPECT_EQ(difference_of("deny: [192.0.2.1, 192.0.2.2]\n", "deny: [192.0.2.2, 192.0.2.1]\n",
                          {"--threads"}),
            "the order of what it says; waits for a restart: --threads");
}

TEST(ConfigDifference, SaysThatNothingIsOther) {
  EXPECT_EQ(difference_of("limits: dry-run\n", "limits:   dry-run  # so far\n"),
            "nothing but how it is written");
  EXPECT_EQ(difference_of("deny: [192.0.2.1, 192.0.2.2]\n", "deny: [192.0.2.2, 192.0.2.1]\n"),
            "the order of what it says");
}

TEST(ConfigDifference, AFileThatCannotBeReadSaidNothing) {
  EXPECT_EQ(difference_of("limits: [", "limits: dry-run\n"), "--limits; now --limits=dry-run");
}

}  // namespace
}  // namespace sidecar
