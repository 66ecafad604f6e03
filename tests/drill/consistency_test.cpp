#include "drill/consistency.h"

#include <gtest/gtest.h>

#include "history_builder.h"

namespace drill::test {
namespace {

using base::millis;

/// An acknowledged write of a term, [from, to] in milliseconds after the start.
Record write(std::uint64_t seq, std::uint32_t term, std::int64_t from, std::int64_t to,
             std::uint16_t id = 0) {
  Record record;
  record.stream = StreamId(id);
  record.seq = seq;
  record.outcome = Outcome::Ok;
  record.server_id = static_cast<std::uint16_t>(term);
  record.server_term = term;
  record.scheduled = record.invoked = kStart + millis(from);
  record.completed = kStart + millis(to);
  return record;
}

Record read(std::uint64_t seq, std::int64_t value, std::int64_t from, std::int64_t to,
            std::uint16_t id = 5) {
  Record record = write(seq, 1, from, to, id);
  record.value = value;
  return record;
}

Evidence base_evidence(std::vector<Record> records) {
  Evidence evidence;
  evidence.streams = {stream(), stream(StreamKind::PinnedOpen, 1),
                      stream(StreamKind::ReadService, 5), stream(StreamKind::ReadPinned, 6)};
  evidence.records = std::move(records);
  evidence.servers = {"", "a@1", "b@1"};
  evidence.server_instances = {"", "a", "b"};
  evidence.old_primary = "a";
  FinalRead survivor;
  survivor.complete = true;
  evidence.final_reads = {survivor};
  return evidence;
}

void keep(Evidence& evidence, std::uint64_t seq, std::uint16_t id = 0, bool hmac_ok = true) {
  evidence.final_reads[0].rows.push_back({StreamId(id), seq, hmac_ok});
}

ConsistencyResult check(const Evidence& evidence, std::optional<TimePoint> onset = {}) {
  return check_consistency(evidence, RowIndex::build(evidence), onset);
}

/// A TTL is no term, and neither is what a session or a feature may carry there.
TEST(SplitBrain, OnlyStreamsOfAPrimaryHaveTerms) {
  for (const StreamKind kind :
       {StreamKind::Names, StreamKind::Session, StreamKind::Feature, StreamKind::ReadService,
        StreamKind::Control, StreamKind::Reference, StreamKind::Capacity}) {
    Evidence evidence = base_evidence({write(1, 5, 100, 110, 9), write(1, 1, 120, 130)});
    evidence.streams.push_back(stream(kind, 9));
    EXPECT_EQ(check(evidence).split_brain_definite, 0U) << name(kind);
  }
}

TEST(SplitBrain, DefiniteIfInvokedAfterAHigherTermHadAnswered) {
  struct Case {
    const char* name;
    std::int64_t from, to;  // of the old primary's write; the new one's is [100, 110]
    std::uint64_t definite, possible;
  };
  for (const Case& c : {Case{"before", 80, 99, 0, 0}, Case{"overlapping", 90, 105, 0, 1},
                        Case{"within", 102, 108, 0, 1}, Case{"touching the answer", 110, 120, 0, 1},
                        Case{"after the answer", 111, 120, 1, 0}}) {
    Evidence evidence = base_evidence({write(1, 2, 100, 110), write(1, 1, c.from, c.to, 1)});
    const ConsistencyResult found = check(evidence);
    EXPECT_EQ(found.split_brain_definite, c.definite) << c.name;
    EXPECT_EQ(found.split_brain_possible, c.possible) << c.name;
    EXPECT_EQ(found.split_brain.has_value(), c.definite + c.possible > 0) << c.name;
  }
}

TEST(SplitBrain, DurationSurvivorsAndFencing) {
  Evidence evidence = base_evidence({write(1, 2, 100, 110), write(1, 1, 50, 60, 1),
                                     write(2, 1, 150, 160, 1), write(3, 1, 200, 230, 1)});
  keep(evidence, 2, 1);
  const ConsistencyResult found = check(evidence, kStart + millis(90));
  EXPECT_EQ(found.split_brain_definite, 2U);
  EXPECT_EQ(found.split_brain, (Bounds{millis(90), millis(130)}));
  EXPECT_EQ(found.split_brain_survived, 1U);
  EXPECT_EQ(found.fencing_latency, millis(140));
  EXPECT_EQ(damage({}, found), "2 writes acknowledged by a superseded primary");
}

TEST(SplitBrain, ReadsAndUnknownTermsAreNone) {
  Evidence evidence =
      base_evidence({write(1, 2, 100, 110), write(1, 0, 200, 210, 1), read(1, 1, 200, 210)});
  EXPECT_EQ(check(evidence).split_brain_definite, 0U);
}

TEST(StaleRead, SeesLessThanWasAcknowledgedBeforeItBegan) {
  Evidence evidence = base_evidence({write(1, 1, 0, 10), write(2, 1, 20, 30), write(3, 1, 40, 50),
                                     read(1, 1, 15, 16),    // right
                                     read(2, 1, 30, 31),    // write 2 ended as it began: allowed
                                     read(3, 1, 60, 61),    // 2 and 3 were in: stale by 30 ms
                                     read(4, 3, 70, 71)});  // right
  for (const std::uint64_t seq : {1U, 2U, 3U}) keep(evidence, seq);
  const ConsistencyResult found = check(evidence);
  EXPECT_EQ(found.stale_reads, 1U);
  EXPECT_EQ(found.stale_age_max, millis(30));
  EXPECT_EQ(found.stale_reads_pinned, 0U);
}

TEST(StaleRead, WhatWasLostCannotBeSeen) {
  Evidence evidence = base_evidence({write(1, 1, 0, 10), write(2, 1, 20, 30), read(1, 1, 60, 61)});
  keep(evidence, 1);
  EXPECT_EQ(check(evidence).stale_reads, 0U);
}

TEST(StaleRead, OfOneInstanceIsCountedApart) {
  Evidence evidence =
      base_evidence({write(1, 1, 0, 10), write(2, 1, 20, 30), read(1, 1, 60, 61, 6)});
  keep(evidence, 1);
  keep(evidence, 2);
  EXPECT_EQ(check(evidence).stale_reads, 0U);
  EXPECT_EQ(check(evidence).stale_reads_pinned, 1U);
}

TEST(MonotonicReads, PerStreamAndOnlyBetweenReadsThatDoNotOverlap) {
  Evidence evidence = base_evidence({read(1, 5, 0, 10), read(2, 4, 9, 20), read(3, 4, 21, 30),
                                     read(4, 6, 31, 40), read(1, 3, 50, 60, 6)});
  EXPECT_EQ(check(evidence).non_monotonic_reads, 1U) << "only the third";
}

TEST(Score, SpeaksOfWritesBeforeTheRecoveryPoint) {
  // 1 kept, 2 a hole, 3 kept (the recovery point), 4 lost behind it.
  Evidence evidence = base_evidence(
      {write(1, 1, 0, 10), write(2, 1, 20, 30), write(3, 1, 40, 50), write(4, 1, 60, 70)});
  keep(evidence, 1);
  keep(evidence, 3);
  ConsistencyResult found = check(evidence);
  EXPECT_EQ(found.score_of, 3U);
  EXPECT_DOUBLE_EQ(found.score_percent, 200.0 / 3);
  keep(evidence, 2);
  EXPECT_DOUBLE_EQ(check(evidence).score_percent, 100);
  keep(evidence, 1);  // twice
  EXPECT_DOUBLE_EQ(check(evidence).score_percent, 200.0 / 3);
  keep(evidence, 3, 0, false);  // and one corrupt
  EXPECT_DOUBLE_EQ(check(evidence).score_percent, 100.0 / 3);
}

TEST(Score, WithoutAFinalReadNothingIsKnown) {
  Evidence evidence = base_evidence({write(1, 1, 0, 10)});
  evidence.final_reads.clear();
  EXPECT_EQ(check(evidence).score_of, 0U);
  EXPECT_DOUBLE_EQ(check(evidence).score_percent, 0);
}

TEST(Damage, NamesEverythingThatFailsADrill) {
  LedgerResult ledger;
  ledger.corrupt = 1;
  ledger.duplicate = 2;
  ledger.phantom = 3;
  EXPECT_EQ(damage(ledger, {}),
            "1 corrupt rows, 2 duplicated writes, 3 writes present that surely never happened");
  ledger = {};
  ledger.lost = 7;
  ledger.delayed = 1;
  EXPECT_EQ(damage(ledger, {}), "") << "loss is judged by the RPO";
}

}  // namespace
}  // namespace drill::test
