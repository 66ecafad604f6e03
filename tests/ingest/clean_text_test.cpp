#include "ingest/clean_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace ingest {
namespace {

TEST(CleanText, NamesOfMetricsAreThoseThatPrometheusReads) {
  EXPECT_EQ(metric_name("page.views-total", 99), "page_views_total");
  EXPECT_EQ(metric_name("9lives", 99), "_9lives");
  EXPECT_EQ(metric_name("a:b", 99), "a:b");
  EXPECT_EQ(metric_name("h\xc3\xa4ufig", 99), "h__ufig");
  EXPECT_EQ(metric_name("abcdef", 3), "abc");
  EXPECT_EQ(metric_name("9abcdef", 3), "_9a");
  EXPECT_EQ(metric_name("", 9), "");
}

TEST(CleanText, NamesOfLabelsAreNeverPrometheusOwn) {
  EXPECT_EQ(label_name("env", 99), "env");
  EXPECT_EQ(label_name("a:b", 99), "a_b");
  EXPECT_EQ(label_name("le", 99), "le_");
  EXPECT_EQ(label_name("quantile", 99), "quantile_");
  EXPECT_EQ(label_name("__name__", 99), "name__");
  EXPECT_EQ(label_name("__9", 99), "_9");
  EXPECT_EQ(label_name("___", 99), "");
}

TEST(CleanText, TextsAreValidAndCutBetweenCharacters) {
  struct Case {
    const char* name;
    std::string text, clean;
  };
  for (const Case& test : {
           Case{"plain", "a b", "a b"},
           {"control characters", "a\nb\x7f\x01", "a?b??"},
           {"of two, three and four bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82",
            "\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82"},
           {"a control character of two bytes", "\xc2\x85", "??"},
           {"overlong", "\xc0\xaf\xe0\x80\xaf", "?????"},
           {"a surrogate", "\xed\xa0\x80", "???"},
           {"beyond Unicode", "\xf4\x90\x80\x80", "????"},
           {"cut off", "\xe2\x82", "??"},
       }) {
    EXPECT_EQ(clean_text(test.text, 99), test.clean) << test.name;
  }
  EXPECT_EQ(clean_text("ab\xe2\x82\xac", 4), "ab");
  EXPECT_EQ(clean_text("ab\xe2\x82\xac", 5), "ab\xe2\x82\xac");
}

TEST(CleanText, ValuesOfLabelsAreEscaped) {
  EXPECT_EQ(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
}

TEST(CleanText, NumbersAreShortAndExact) {
  EXPECT_EQ(number_text(17), "17");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(-2.5e300), "-2.5e+300");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-Inf");
}

}  // namespace
}  // namespace ingest
