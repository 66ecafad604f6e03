// What is written is read back, and how much room it takes.
#include "bundle/bundle.h"

#include <limits>

#include <gtest/gtest.h>

#include "bundle/columns.h"
#include "bundle/tables.h"
#include "bundle/trust.h"
#include "sample_bundle.h"

namespace bundle {
namespace {

void expect_same(const drill::Evidence& a, const drill::Evidence& b) {
  EXPECT_EQ(a.drill_id, b.drill_id);
  EXPECT_EQ(a.profile, b.profile);
  EXPECT_EQ(a.versions, b.versions);
  EXPECT_EQ(a.servers, b.servers);
  EXPECT_EQ(a.server_instances, b.server_instances);
  EXPECT_EQ(a.streams, b.streams);
  ASSERT_TRUE(a.records == b.records);
  ASSERT_EQ(a.final_reads.size(), b.final_reads.size());
  for (std::size_t i = 0; i < a.final_reads.size(); ++i) {
    const drill::FinalRead& x = a.final_reads[i];
    const drill::FinalRead& y = b.final_reads[i];
    EXPECT_EQ(x.which, y.which);
    EXPECT_EQ(x.instance, y.instance);
    EXPECT_EQ(x.began, y.began);
    EXPECT_EQ(x.ended, y.ended);
    EXPECT_EQ(x.complete, y.complete);
    EXPECT_EQ(x.error, y.error);
    EXPECT_TRUE(x.rows == y.rows);
  }
  EXPECT_EQ(a.load_operations, b.load_operations);
  EXPECT_TRUE(a.load == b.load);
  EXPECT_EQ(a.reference_outages, b.reference_outages);
  EXPECT_EQ(a.stalls, b.stalls);
  EXPECT_EQ(a.lag, b.lag);
  EXPECT_EQ(a.looks, b.looks);
  EXPECT_EQ(a.pool, b.pool);
  EXPECT_EQ(a.load_seed, b.load_seed);
  EXPECT_EQ(a.anchors, b.anchors);
  EXPECT_EQ(a.timeline, b.timeline);
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.failback, b.failback);
  EXPECT_EQ(a.phase_began, b.phase_began);
  EXPECT_EQ(a.old_primary, b.old_primary);
  EXPECT_EQ(a.new_primary, b.new_primary);
  EXPECT_EQ(a.fault_begun, b.fault_begun);
  EXPECT_EQ(a.fault_effective, b.fault_effective);
  EXPECT_EQ(a.declared, b.declared);
  EXPECT_EQ(a.decided, b.decided);
  EXPECT_EQ(a.redundancy_restored, b.redundancy_restored);
  EXPECT_EQ(a.ended, b.ended);
  EXPECT_EQ(a.ending, b.ending);
  EXPECT_EQ(a.ending_reason, b.ending_reason);
  EXPECT_EQ(a.place, b.place);
  EXPECT_EQ(a.vantages, b.vantages);
}

TEST(Bundle, WhatIsWrittenIsReadBack) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const drill::Evidence evidence = sample_evidence(seed, {.operations = 200, .mess = 1});
    const auto read = bundle::read(sample_bytes(evidence));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    expect_same(evidence, read->evidence);
    EXPECT_EQ(read->about, sample_about());
    EXPECT_EQ(read->documents, sample_documents());
    EXPECT_EQ(read->seal.key, test_key().public_key());
    EXPECT_EQ(read->operations(), evidence.records.size());
  }
}

TEST(Bundle, KeepsSeveralVantagesWithTheirOwnClocks) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const drill::Evidence evidence =
        sample_evidence(seed, {.operations = 150, .streams = 5, .mess = 1, .vantages = 2});
    const auto read = bundle::read(sample_bytes(evidence));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    expect_same(evidence, read->evidence);
  }
}

TEST(Bundle, AStreamOfNoVantageIsRefused) {
  drill::Evidence evidence =
      sample_evidence(1, {.operations = 150, .streams = 2, .mess = 0, .vantages = 1});
  evidence.streams.back().id = drill::StreamId(2 * drill::kStreamsPerVantage);
  const auto read = bundle::read(sample_bytes(evidence));
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message.find("vantages.json"), std::string::npos) << read.error().message;
}

TEST(Bundle, HoldsADrillThatNeverBegan) {
  drill::Evidence nothing;
  nothing.ending = drill::Ending::SetupFailed;
  const auto read = bundle::read(write(About{}, Documents{}, nothing, test_key()));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  expect_same(nothing, read->evidence);
  EXPECT_FALSE(read->about.audit.has_value());
}

TEST(Bundle, TakesAtMostTwelveBytesForAnOperation) {
  const drill::Evidence evidence =
      sample_evidence(1, {.operations = 10'000, .streams = 8, .mess = 0});
  const std::string bytes = sample_bytes(evidence);
  const double each =
      static_cast<double>(bytes.size()) / static_cast<double>(evidence.records.size());
  EXPECT_LE(each, 12.0);
  EXPECT_GE(each, 1.0) << "is it all there?";
}

TEST(Tables, KeepEveryValueOfEveryColumn) {
  base::Random random(7);
  const auto any = [&random] {
    constexpr std::uint64_t kEdges[] = {0,          1,
                                        127,        128,
                                        1ULL << 62, (1ULL << 63) - 1,
                                        1ULL << 63, std::numeric_limits<std::uint64_t>::max()};
    return random.chance(0.3) ? kEdges[random.below(std::size(kEdges))] : random.next();
  };
  const auto stamp = [&] {
    return drill::TimePoint(drill::Duration(static_cast<std::int64_t>(any())));
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<drill::Record> records(random.below(40));
    std::vector<drill::LoadSample> load(random.below(40));
    for (drill::Record& r : records) {
      r.stream = drill::StreamId(9);
      r.outcome = static_cast<drill::Outcome>(random.below(3));
      r.cause = static_cast<drill::Cause>(random.below(15));
      r.server_id = static_cast<std::uint16_t>(any());
      r.server_term = static_cast<std::uint32_t>(any());
      r.seq = any();
      r.scheduled = stamp();
      r.invoked = stamp();
      r.completed = stamp();
      r.server_position = any();
      r.value = static_cast<std::int64_t>(any());
    }
    for (drill::LoadSample& s : load) {
      s = {static_cast<std::uint16_t>(any()),
           static_cast<std::uint16_t>(any()),
           random.chance(0.5),
           static_cast<drill::Cause>(random.below(15)),
           stamp(),
           stamp(),
           drill::Duration(static_cast<std::int64_t>(any()))};
    }
    std::vector<drill::Record> records_back;
    ASSERT_TRUE(read_operations(operations_table(records), drill::StreamId(9), records_back));
    ASSERT_EQ(records, records_back);
    std::vector<drill::LoadSample> load_back;
    ASSERT_TRUE(read_load(load_table(load), load_back));
    ASSERT_EQ(load, load_back);
  }
}

TEST(Tables, RefuseWhatIsNone) {
  std::vector<drill::Record> out;
  const std::string one = operations_table(std::vector<drill::Record>(1));
  EXPECT_TRUE(read_operations(one, {}, out));
  EXPECT_FALSE(read_operations(one + '\0', {}, out)) << "a byte too many";
  EXPECT_FALSE(read_operations(one.substr(0, one.size() - 1), {}, out)) << "a byte too few";
  EXPECT_FALSE(read_operations("", {}, out));
  ColumnWriter many(std::size_t{1} << 60U);
  EXPECT_FALSE(read_operations(many.take(), {}, out)) << "more rows than bytes";
  std::string wrong = one;
  wrong[2] = 3;  // no such outcome
  EXPECT_FALSE(read_operations(wrong, {}, out));
  wrong = one;
  wrong[3] = 15;  // no such cause
  EXPECT_FALSE(read_operations(wrong, {}, out));
}

TEST(Trust, KnowsKeysByTheWholeOfThem) {
  const crypto::PublicKey key = test_key().public_key();
  const crypto::PublicKey other = crypto::SigningKey::generate().public_key();
  const std::string text = "# auditors\n\n" + trust_line(key, "drills of db-1  # since 2026");
  const auto list = parse_trust(text, "trust");
  ASSERT_TRUE(list.has_value()) << list.error().message;
  EXPECT_EQ(trusted_as(*list, key), "drills of db-1");
  EXPECT_EQ(trusted_as(*list, other), std::nullopt);
}

TEST(Trust, NamesTheLineThatIsWrong) {
  EXPECT_EQ(parse_trust("\nrsa abc me\n", "t").error().message.substr(0, 4), "t:2:");
  EXPECT_FALSE(parse_trust("ed25519 00ff me", "t").has_value());
  const std::string line = trust_line(test_key().public_key(), "me");
  const std::string again = trust_line(test_key().public_key(), "somebody else");
  const auto twice = parse_trust(line + line + again, "t");
  ASSERT_TRUE(twice);
  ASSERT_EQ(twice->size(), 1U);
  EXPECT_EQ(twice->front().name, "me");
}

}  // namespace
}  // namespace bundle
