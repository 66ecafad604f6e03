// What the API server refuses by the pattern of a schedule, the parser refuses too: the pattern may
// be more lenient, never stricter.
#include <regex>

#include <gtest/gtest.h>

#include "api/crd_text.h"
#include "base/random.h"
#include "expressions.h"
#include "scheduling/cron.h"

namespace scheduling {
namespace {

/// RE2's "(?i)" is an option of std::regex.
bool fits(const std::string& expression) {
  static const std::regex kPattern(api::cron_pattern().substr(4),
                                   std::regex::ECMAScript | std::regex::icase);
  return std::regex_match(expression, kPattern);
}

TEST(CrdPattern, BeginsWithAnOptionThatIsLeftOutHere) {
  EXPECT_TRUE(api::cron_pattern().starts_with("(?i)^"));
}

TEST(CrdPattern, TakesWhatTheParserTakes) {
  for (const char* text :
       {"0 3 * * SUN", "@daily", "@Hourly", "*/5 0-23/2 ? jan-mar,DEC Mon-fri", "  0\t3 1 1 *  ",
        "007 03 031 012 07", "59 23 31 12 7", "0,1,2 0 * * 0", "5/10 * * * *", "0 0 ? * ?"}) {
    ASSERT_TRUE(Cron::parse(text)) << text;
    EXPECT_TRUE(fits(text)) << text;
  }
  base::Random random(7);
  for (int i = 0; i < 300; ++i) {
    const std::string text = oracle::random_expression(random).text;
    if (Cron::parse(text)) EXPECT_TRUE(fits(text)) << text;
  }
}

TEST(CrdPattern, RefusesWhatIsNoSchedule) {
  for (const char* text :
       {"", "0 3 * *", "0 3 * * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 32 * *",
        "0 0 * 13 *", "0 0 * * 8", "0 0 * FOO *", "@often", "@every 5m", "*/x * * * *",
        "1- * * * *", "* ? * * *", "CRON_TZ=UTC 0 0 * * *", "0 0 * * 1,"}) {
    EXPECT_FALSE(Cron::parse(text)) << text;
    EXPECT_FALSE(fits(text)) << text;
  }
}

}  // namespace
}  // namespace scheduling
