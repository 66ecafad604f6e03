#include "report/html.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/markup.h"
#include "report/words.h"
#include "sample.h"

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The pages are left beside the test program for a look in a browser.
std::string page(const char* name, const drill::Report& report) {
  std::string html = report::html(report);
  std::ofstream(std::string(MUSTER_BINARY_DIR "/tests/report/") + name + ".html") << html;
  return html;
}

TEST(ReportHtml, ShowsWhereItWasMeasuredFrom) {
  const std::string html = page("two_vantages", sample::two_vantages());
  EXPECT_THAT(html, HasSubstr("Where it was measured from"));
  EXPECT_THAT(html, HasSubstr("a ★"));
  EXPECT_THAT(html, HasSubstr("b/control failed too (Timeout)"));
  EXPECT_THAT(html, HasSubstr("± 1.25 ms by 61 comparisons"));
  EXPECT_THAT(report::html(sample::database_failover()),
              testing::Not(HasSubstr("Where it was measured from")));
}

TEST(ReportHtml, ShowsVerdictObjectivesAndLosses) {
  const std::string html = page("database_failover", sample::database_failover());
  EXPECT_THAT(html, HasSubstr("database-failover"));
  EXPECT_THAT(html, HasSubstr("<div class=\"verdict missed\">✗ missed"));
  EXPECT_THAT(html, HasSubstr("12.389 – 12.423 s"));
  EXPECT_THAT(html, HasSubstr("31 – 52 ms"));
  EXPECT_THAT(html, HasSubstr("4 of the 4 lost writes: the two agree"));
  EXPECT_THAT(html, HasSubstr("/var/lib/muster/drills/database-failover-20261121-044224-9f3a"));
}

TEST(ReportHtml, SaysWhatTheLagIsAndWhatIsUnknown) {
  drill::Report report = sample::database_failover();
  EXPECT_THAT(
      report::html(report),
      HasSubstr("3,424 bytes not known to be replayed; a replay was heard of 48.0 ms after its "
                "flush, there and back"));
  report.lag_at_fault = {{report.fault_begun, std::nullopt, std::nullopt}};
  EXPECT_THAT(report::html(report), HasSubstr("how many bytes were not replayed is unknown; how "
                                              "long a replay takes is unknown"));
}

TEST(ReportHtml, AStreamThatDoesNotDecideIsNotJudged) {
  drill::Report report = sample::database_failover();
  drill::StreamResult& control = report.streams.back();
  control.p50 = control.p95 = control.p99 = std::nullopt;
  control.downtime.reset();
  const std::string html = report::html(report);
  EXPECT_THAT(html, HasSubstr("not judged"));
  EXPECT_THAT(html, HasSubstr("not measured"));
  EXPECT_THAT(html, Not(HasSubstr("0 / 0 / 0 ms")));
}

TEST(ReportHtml, ALongListOfStallsIsSummedUpAndFolded) {
  drill::Report report = sample::database_failover();
  const std::size_t before = report::html(report).size();
  drill::InstrumentResult& instrument = report.instrument;
  instrument.stalls.clear();
  for (int i = 0; i < 5'000; ++i) {
    const drill::TimePoint at = report.steady_start + base::millis(20 * i);
    instrument.stalls.push_back({at, at + base::millis(11)});
  }
  instrument.stalled = {5'000, base::millis(11), base::seconds(55), {instrument.stalls[2'002]}};
  const std::string html = report::html(report);
  EXPECT_THAT(html, HasSubstr("stood still 5,000 times, 55.0 s in all, the longest 11"));
  EXPECT_THAT(html, HasSubstr("1 of them touches the judged outage"));
  EXPECT_THAT(html, HasSubstr("0:40.040"));
  EXPECT_THAT(html, HasSubstr("<details><summary>The first 200 of 5000 stalls"));
  EXPECT_LT(html.size(), before + 20'000);
}

TEST(ReportHtml, ShowsSamplesFoldedAndWhatWasMonitored) {
  const std::string html = report::html(sample::database_failover());
  EXPECT_THAT(html, HasSubstr("<details><summary>11 samples, one every 10.0 s"));
  EXPECT_THAT(html, HasSubstr("seen in 1 of 11 samples of 10 s"));
}

TEST(ReportHtml, SaysWhatWasNotReadAndNotScored) {
  const std::string html = report::html(sample::not_recovered());
  EXPECT_THAT(html, HasSubstr("not read"));
  EXPECT_THAT(html, HasSubstr("No final read was made"));
  EXPECT_THAT(html, HasSubstr("not scored"));
  EXPECT_THAT(html, HasSubstr("not measured"));
}

TEST(ReportHtml, SaysWhichDrillsTheHistorySpeaksOf) {
  const std::string html = report::html(sample::database_failover());
  EXPECT_THAT(html, HasSubstr("3 drills on this machine with the same spec"));
  EXPECT_THAT(html, HasSubstr("2 others of this plan"));
  EXPECT_THAT(html, HasSubstr("2871336001"));
}

TEST(ReportHtml, LoadsAndRunsNothing) {
  for (const auto& report :
       {sample::database_failover(), sample::two_vantages(), sample::hostile()}) {
    const std::string html = report::html(report);
    for (const char* token :
         {"<script", "src=", "href=", "url(", "@import", "onload", " style=\"", "<iframe"}) {
      EXPECT_THAT(html, Not(HasSubstr(token))) << token;
    }
    EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  }
}

TEST(ReportHtml, HostileTextStaysText) {
  const std::string html = page("hostile", sample::hostile());
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
}

TEST(ReportHtml, InfiniteOutageHasNoUpperBound) {
  const std::string html = page("not_recovered", sample::not_recovered());
  EXPECT_THAT(html, HasSubstr("≥ 136.1 s"));
  EXPECT_THAT(html, HasSubstr("the ledger cannot be judged"));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  EXPECT_THAT(html, Not(HasSubstr("inf%")));
}

TEST(ReportHtml, WhatWasNotAskedForIsSaidAndNotJudged) {
  const std::string html = page("without_rpo", sample::without_rpo());
  EXPECT_THAT(html, HasSubstr("Recovery point (RPO)</span><span class=\"tag\">not asked for"));
  EXPECT_THAT(html, HasSubstr("the plan asks for none"));
  EXPECT_THAT(html, Not(HasSubstr("objective 0")));
  EXPECT_THAT(html, Not(HasSubstr("RPO measured against its objective")));
  EXPECT_THAT(html, Not(HasSubstr("0 of 0")));
}

TEST(ReportHtml, EmptyReportIsAPageTooAndNoPass) {
  const std::string html = page("empty", sample::empty());
  EXPECT_THAT(html, HasSubstr("<div class=\"verdict invalid\">! invalid"));
  EXPECT_THAT(html, HasSubstr("No operation of a deciding stream was bad."));
}

TEST(ReportMarkup, ReplacesWhatIsNotText) {
  EXPECT_EQ(report::printable("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
            "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(report::printable("a\tb\nc"), "a b\nc");
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(report::printable("\xff"), bad);
  EXPECT_EQ(report::printable("\xc3("), bad + "(");
  EXPECT_EQ(report::printable("\xed\xa0\x80"), bad + bad + bad);  // a surrogate
  EXPECT_EQ(report::printable("\xc0\xaf"), bad + bad);            // overlong
  EXPECT_EQ(report::printable(std::string(1, '\0')), bad);
  EXPECT_EQ(report::printable("\xe2\x82"), bad + bad);  // cut off
}

TEST(ReportWords, NumbersAreGrouped) {
  EXPECT_EQ(report::number(std::uint64_t{1234567}), "1,234,567");
  EXPECT_EQ(report::number(std::uint64_t{999}), "999");
  EXPECT_EQ(report::number(1500.0), "1,500");
  EXPECT_EQ(report::number(645.256), "645.26");
  EXPECT_EQ(report::number(-0.001), "0");
  EXPECT_EQ(report::number(-12.5), "-12.5");
  EXPECT_EQ(report::number(0.0 / 0.0), "not a number");
}

TEST(ReportWords, OpenStepsEndWithTheDrillAndAreNotOk) {
  const auto spans = report::step_spans(sample::not_recovered());
  ASSERT_FALSE(spans.empty());
  for (const auto& span : spans) EXPECT_LE(span.from, span.to) << span.name;
  EXPECT_FALSE(spans.back().ok);
}

}  // namespace
