// Limits of what is watched: by flag, file and environment, in that order.
#include "sidecar/options_watch.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

class WatchLimits : public testing::Test {
 protected:
  WatchLimits() { tell(nullptr, nullptr); }
  ~WatchLimits() override { tell(nullptr, nullptr); }

  /// By the environment; nullptr: nothing.
  static void tell(const char* bytes, const char* cores) {
    set("MUSTER_MEMORY_LIMIT_BYTES", bytes);
    set("MUSTER_CPU_LIMIT_CORES", cores);
  }
  static Settings settings(std::vector<std::string> flags, const std::string& file = "") {
    const Parsed out = parsed(std::move(flags), file);
    EXPECT_TRUE(out.settings.has_value()) << out.err;
    return out.settings.value_or(Settings{});
  }

 private:
  static void set(const char* name, const char* value) {
    if (value == nullptr) {
      ::unsetenv(name);
    } else {
      ::setenv(name, value, 1);
    }
  }
};

TEST_F(WatchLimits, AreNoneUnlessTheyAreGiven) {
  const Settings none = settings({});
  EXPECT_FALSE(none.memory_limit_bytes);
  EXPECT_FALSE(none.cpu_limit_cores);
  const Settings given = settings({"--memory-limit-bytes=268435456", "--cpu-limit-cores=0.5"});
  EXPECT_EQ(given.memory_limit_bytes, 268'435'456U);
  EXPECT_EQ(given.cpu_limit_cores, 0.5);
}

TEST_F(WatchLimits, AreInTheFileAsNumbers) {
  for (const char* cores : {"1.5", "\"1.5\""}) {
    const Settings read =
        settings({}, std::string("memoryLimitBytes: 7\ncpuLimitCores: ") + cores + "\n");
    EXPECT_EQ(read.memory_limit_bytes, 7U);
    EXPECT_EQ(read.cpu_limit_cores, 1.5);
  }
}

TEST_F(WatchLimits, OutOfRangeAreRefusedByName) {
  for (const char* wrong :
       {"--memory-limit-bytes=0", "--memory-limit-bytes=256Mi", "--memory-limit-bytes=-1",
        "--cpu-limit-cores=0", "--cpu-limit-cores=500m", "--cpu-limit-cores=100001"}) {
    const Parsed out = parsed({wrong});
    EXPECT_EQ(out.exit, 2) << wrong;
    EXPECT_THAT(out.err, HasSubstr(std::string(wrong).substr(0, std::string(wrong).find('='))));
  }
}

TEST_F(WatchLimits, OfTheEnvironmentCountWhereNeitherFlagNorFileSaysOne) {
  tell("1000", "2");
  const Settings told = settings({});
  EXPECT_EQ(told.memory_limit_bytes, 1000U);
  EXPECT_EQ(told.cpu_limit_cores, 2);
  const Settings file = settings({}, "memoryLimitBytes: 7\n");
  EXPECT_EQ(file.memory_limit_bytes, 7U);
  EXPECT_EQ(file.cpu_limit_cores, 2);
  EXPECT_EQ(settings({"--cpu-limit-cores=3"}).cpu_limit_cores, 3);
}

TEST_F(WatchLimits, OfTheEnvironmentStopNoPodWhateverTheyAre) {
  for (const char* odd : {"", "0", "-1", "much", "1000Mi", "1e30", "nan"}) {
    tell(odd, odd);
    const Settings none = settings({});
    EXPECT_FALSE(none.memory_limit_bytes) << odd;
    EXPECT_FALSE(none.cpu_limit_cores) << odd;
  }
}

}  // namespace
}  // namespace sidecar
