#include "ingest/statsd.h"

#include <gtest/gtest.h>

namespace ingest {
namespace {

struct Intake {
  SeriesTable table;
  std::vector<Operation> operations;
  StatsdIntake intake{table, [this](const Operation& one) { operations.push_back(one); }};

  StatsdCounts take(std::string_view packet) {
    intake.take(packet);
    return intake.counts();
  }
};

TEST(StatsdLine, IsTakenApart) {
  const auto line =
      parse_statsd_line("users.online:1:2:-3|h|@0.1|#country:china,canary|c:ci-83|T1656581400");
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->name, "users.online");
  EXPECT_EQ(line->values, "1:2:-3");
  EXPECT_EQ(line->type, StatsdType::Histogram);
  EXPECT_EQ(line->rate, 0.1);
  EXPECT_EQ(tags_of(line->tags), (std::vector<RawLabel>{{"country", "china"}, {"canary", "true"}}));
  EXPECT_EQ(tags_of("a:b:c,,:x,y:"), (std::vector<RawLabel>{{"a", "b:c"}, {"", "x"}, {"y", ""}}));
}

TEST(StatsdLine, WhatIsWrongIsSaid) {
  struct Case {
    const char* line;
    const char* problem;
  };
  for (const Case& test : {
           Case{"gorets", "statsd: no ':' after the name"},
           {":1|c", "statsd: no name"},
           {"a|b:1|c", "statsd: a name with '|'"},
           {"gorets:1", "statsd: no type"},
           {"gorets:1|", "statsd: a type other than c, g, ms, h, d, s"},
           {"gorets:1|c:320|ms", "statsd: a type other than c, g, ms, h, d, s"},
           {"gorets:1|m", "statsd: a type other than c, g, ms, h, d, s"},
           {"gorets:1|c|@0", "statsd: a sample rate outside 0 to 1"},
           {"gorets:1|c|@1.01", "statsd: a sample rate outside 0 to 1"},
           {"gorets:1|c|@x", "statsd: a sample rate outside 0 to 1"},
       }) {
    const auto line = parse_statsd_line(test.line);
    ASSERT_FALSE(line) << test.line;
    EXPECT_EQ(line.error().message, test.problem);
  }
  EXPECT_FALSE(parse_statsd_line("a:" + std::string(kLineBytesMax, '1') + "|c"));
}

TEST(StatsdNumber, IsDecimalAndFinite) {
  EXPECT_EQ(statsd_number("320"), 320.0);
  EXPECT_EQ(statsd_number("+3.5"), 3.5);
  EXPECT_EQ(statsd_number("-1e3"), -1000.0);
  for (const char* bad : {"", "+", "nan", "inf", "0x10", "1e999", "1 ", "+-1", "1,5", "--1"}) {
    EXPECT_EQ(statsd_number(bad), std::nullopt) << bad;
  }
}

TEST(Statsd, CountersAreMultipliedByTheirSampleRate) {
  Intake in;
  const StatsdCounts counts = in.take("gorets:1|c\ngorets:2|c|@0.1\r\n\ngorets:-4|c\n");
  EXPECT_EQ(in.table.value("gorets", {}), 21.0);
  EXPECT_EQ(counts.lines, 3u);
  EXPECT_EQ(counts.values, 2u);
  EXPECT_EQ(counts.dropped, 1u);
}

TEST(Statsd, GaugesAreSetOrChangedByTheirSign) {
  Intake in;
  in.take("gaugor:333|g\ngaugor:-10|g\ngaugor:+4|g\nfresh:+7|g");
  EXPECT_EQ(in.table.value("gaugor", {}), 327.0);
  EXPECT_EQ(in.table.value("fresh", {}), 7.0);
  in.take("gaugor:0|g\ngaugor:-5.5|g");
  EXPECT_EQ(in.table.value("gaugor", {}), -5.5);
}

TEST(Statsd, TimersHistogramsAndDistributionsStandForAllThatWereNotSent) {
  Intake in;
  in.take("glork:320:80|ms|@0.5\nsize:5|h\nsize2:6:7|d");
  const auto glork = in.table.distribution("glork", {});
  ASSERT_TRUE(glork);
  EXPECT_EQ(glork->count(), 4);
  EXPECT_EQ(glork->sum(), 800);
  EXPECT_EQ(in.table.distribution("size", {})->count(), 1);
  EXPECT_EQ(in.table.distribution("size2", {})->sum(), 13);
}

TEST(Statsd, SetsCountDifferentThingsAlsoWithColons) {
  Intake in;
  in.take("uniques:765|s\nuniques:765|s\nuniques:a:b|s\n");
  EXPECT_NEAR(*in.table.value("uniques", {}), 2, 0.01);
  EXPECT_EQ(in.take("uniques:|s").malformed, 1u);
}

TEST(Statsd, TimersAreOperations) {
  Intake in;
  in.take(
      "db.query:12.5|ms|#success:true,user_id:7\n"
      "ops:100|ms|#operation:encryption,status:error\n"
      "size:7|h\nback:-3|ms\nodd:1e300|ms|#error:true");
  ASSERT_EQ(in.operations.size(), 3u);
  EXPECT_EQ(in.operations[0], (Operation{"db.query", base::Duration(12'500'000), true}));
  EXPECT_EQ(in.operations[1], (Operation{"encryption", base::millis(100), false}));
  EXPECT_FALSE(in.operations[2].success);
  EXPECT_GT(in.operations[2].duration, base::seconds(0));
}

TEST(Statsd, AnOperationSaysOfWhatItWasAPart) {
  Intake in;
  in.take(
      "encrypt:3|ms|#whole_micros:12000\nencrypt:3|ms\n"
      "encrypt:3|ms|#whole_micros:99999999999999999999");
  ASSERT_EQ(in.operations.size(), 3u);
  EXPECT_EQ(in.operations[0].whole, base::millis(12));
  EXPECT_EQ(in.operations[1].whole, base::Duration(0));
  EXPECT_EQ(in.operations[2].whole, base::Duration(0)) << "no number";
  EXPECT_EQ(whole_of("999999999999999"), base::seconds(1'000'000)) << "cut to what there may be";
}

TEST(Statsd, AnOperationHasItsKindAndAmounts) {
  Intake in;
  in.take(
      "orders:3|ms|#kind:bulk,bytes:4096,records:1000\n"
      "orders:3|ms|#kind:bulk,bytes:5000,records:7\n"
      "orders:3|ms|#kind:bulk,bytes:-1,records:many");
  ASSERT_EQ(in.operations.size(), 3u);
  EXPECT_EQ(in.operations[0], (Operation{"orders", base::millis(3), true, "bulk", 4096, 1000}));
  EXPECT_EQ(in.operations[2], (Operation{"orders", base::millis(3), true, "bulk", 0, 0}));
  // Amounts are no labels; what is no number is a label like any other.
  EXPECT_EQ(in.table.distribution("orders", {{"kind", "bulk"}})->count(), 2);
  EXPECT_EQ(in.table.series(), 2u);
}

TEST(Statsd, EventsAndChecksAreSkippedAndCounted) {
  Intake in;
  const StatsdCounts counts =
      in.take("_e{5,4}:title|text|p:low\n_sc|db|2|#env:dev|m:down: x|c\na:1|c\n");
  EXPECT_EQ(counts.events, 1u);
  EXPECT_EQ(counts.checks, 1u);
  EXPECT_EQ(counts.values, 1u);
  EXPECT_EQ(counts.malformed, 0u);
}

TEST(Statsd, ABadLineOrValueStopsNoOther) {
  Intake in;
  const StatsdCounts counts = in.take("what\na:1:x:3|c\nb:1|g\nb:1|c\n");
  EXPECT_EQ(in.table.value("a", {}), 4.0);
  EXPECT_EQ(in.table.value("b", {}), 1.0);
  EXPECT_EQ(counts.malformed, 2u);
  EXPECT_EQ(counts.conflicts, 1u);
}

TEST(Statsd, APacketBeyondTheBoundIsReadUpToItsLastWholeLine) {
  Intake in;
  std::string packet;
  while (packet.size() <= kPacketBytesMax) packet += "a:1|c\n";
  const auto lines = kPacketBytesMax / 6;
  const StatsdCounts counts = in.take(packet);
  EXPECT_EQ(counts.lines, lines);
  EXPECT_EQ(counts.malformed, 1u);
  EXPECT_EQ(in.take(std::string(2 * kPacketBytesMax, 'x')).lines, lines);
}

TEST(Statsd, ALineHasNoMoreValuesThanTheBound) {
  Intake in;
  std::string line = "a:1";
  for (std::size_t number = 1; number < 2 * kValuesMax; ++number) line += ":1";
  const StatsdCounts counts = in.take(line + "|c");
  EXPECT_EQ(counts.values, kValuesMax);
  EXPECT_EQ(counts.malformed, 1u);
}

TEST(Statsd, WhatGoesToOtherIsCounted) {
  Intake in;
  StatsdCounts counts;
  for (int path = 0; path < 100; ++path) {
    counts = in.take("hits:1|c|#path:/" + std::to_string(path));
  }
  EXPECT_EQ(counts.values, 100u);
  EXPECT_EQ(counts.other, 36u);
  EXPECT_EQ(in.table.value("hits", {{"series", "other"}}), 36.0);
}

}  // namespace
}  // namespace ingest
