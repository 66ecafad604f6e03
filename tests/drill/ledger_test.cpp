// What was lost: literal ledgers. One letter per write (history_builder.h), one per row found:
//   survivor / rejoined / old primary:  '1' there  '2' there twice  '!' there, HMAC wrong  '.'
//   absent
#include <gtest/gtest.h>

#include "drill/judgement.h"
#include "drill/ledger_check.h"
#include "history_builder.h"

namespace drill::test {
namespace {

FinalRead final_read(FinalRead::Which which, std::string_view rows, TimePoint began = due(1000)) {
  FinalRead read;
  read.which = which;
  read.began = began;
  read.ended = began + base::millis(1);
  read.complete = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const FinalRow row{StreamId(0), i + 1, rows[i] != '!'};
    if (rows[i] != '.') read.rows.push_back(row);
    if (rows[i] == '2') read.rows.push_back(row);
  }
  return read;
}

struct Case {
  std::string writes, survivor, rejoined;
  std::string old_primary = {};
};

Evidence evidence_of(const Case& c) {
  Evidence evidence;
  evidence.streams = {stream()};
  evidence.records = records(c.writes);
  evidence.servers = {"", "a@1", "b@1"};
  evidence.server_instances = {"", "a", "b"};
  evidence.old_primary = "a";
  evidence.new_primary = "b";
  evidence.final_reads = {final_read(FinalRead::Which::Survivor, c.survivor),
                          final_read(FinalRead::Which::Rejoined, c.rejoined)};
  if (!c.old_primary.empty()) {
    evidence.final_reads.push_back(final_read(FinalRead::Which::OldPrimary, c.old_primary));
  }
  return evidence;
}

LedgerVerdicts check(const Evidence& evidence, std::optional<OnsetBounds> onset = {}) {
  return check_ledger(evidence, RowIndex::build(evidence), onset);
}

TEST(Ledger, EveryKindOfFinding) {
  struct Row {
    const char* name;
    Case history;
    std::uint64_t kept, lost, delayed, unknown, phantom, duplicate, corrupt;
  };
  const Row rows[] = {
      {"all kept", {"oooo", "1111", "1111"}, 4, 0, 0, 0, 0, 0, 0},
      {"the last one lost", {"oooo", "111.", "111."}, 3, 1, 0, 0, 0, 0, 0},
      {"present only in the second read", {"oooo", "111.", "1111"}, 3, 0, 1, 0, 0, 0, 0},
      {"present only in the first read", {"oooo", "1111", "111."}, 4, 0, 0, 0, 0, 0, 0},
      {"late is acknowledged", {"oolo", "11.1", "11.1"}, 3, 1, 0, 0, 0, 0, 0},
      {"timeouts are neither", {"otto", "1.11", "1.11"}, 2, 0, 0, 1, 0, 0, 0},
      {"reserved and never answered", {"o??o", "11.1", "11.1"}, 2, 0, 0, 1, 0, 0, 0},
      {"a failed write that is there", {"oxxo", "1.11", "1.11"}, 2, 0, 0, 0, 1, 0, 0},
      {"never sent and there", {"onno", "1.11", "1.11"}, 2, 0, 0, 0, 1, 0, 0},
      {"beyond all that was tried", {"oo", "11.1", "11.1"}, 2, 0, 0, 0, 1, 0, 0},
      {"doubled", {"oooo", "1211", "1211"}, 4, 0, 0, 0, 0, 1, 0},
      {"doubled in the second read only", {"oooo", "1111", "1211"}, 4, 0, 0, 0, 0, 1, 0},
      {"a broken HMAC proves nothing", {"oooo", "11!1", "11!1"}, 3, 1, 0, 0, 0, 0, 1},
      {"nothing was ever there", {"oooo", "....", "...."}, 0, 4, 0, 0, 0, 0, 0},
  };
  for (const Row& row : rows) {
    const LedgerVerdicts found = check(evidence_of(row.history));
    const LedgerResult& r = found.result;
    EXPECT_EQ(r.kept, row.kept) << row.name;
    EXPECT_EQ(r.lost, row.lost) << row.name;
    EXPECT_EQ(r.delayed, row.delayed) << row.name;
    EXPECT_EQ(r.recovered_unknown, row.unknown) << row.name;
    EXPECT_EQ(r.phantom, row.phantom) << row.name;
    EXPECT_EQ(r.duplicate, row.duplicate) << row.name;
    EXPECT_EQ(r.corrupt, row.corrupt) << row.name;
    EXPECT_TRUE(r.identities_hold) << row.name;
    EXPECT_TRUE(found.measured) << row.name;
  }
}

TEST(Ledger, ADroppedRecordBreaksAnIdentity) {
  Evidence evidence = evidence_of({"oooo", "1111", "1111"});
  evidence.records.erase(evidence.records.begin() + 1);
  const LedgerVerdicts found = check(evidence);
  EXPECT_FALSE(found.result.identities_hold);
  EXPECT_EQ(judge_rpo(found, base::seconds(60), "").verdict, Verdict::Invalid);
}

TEST(Ledger, ADoubledRecordBreaksAnIdentity) {
  Evidence evidence = evidence_of({"oooo", "1111", "1111"});
  evidence.records.insert(evidence.records.begin(), evidence.records.front());
  EXPECT_FALSE(check(evidence).result.identities_hold);
}

TEST(Ledger, OtherStreamsWriteTheSameTableAndAreNotJudged) {
  Evidence evidence = evidence_of({"oooo", "1111", "1111"});
  evidence.streams.push_back(stream(StreamKind::PinnedOpen, 1));
  for (const Record& record : records("oo", StreamId(1))) evidence.records.push_back(record);
  // One of its rows is there, one is lost: evidence of split brain perhaps, never RPO.
  evidence.final_reads[0].rows.push_back({StreamId(1), 1, true});
  const LedgerVerdicts found = check(evidence);
  EXPECT_EQ(found.result.attempts, 4U);
  EXPECT_EQ(found.result.lost, 0U);
  EXPECT_EQ(found.result.phantom, 0U);
}

TEST(Ledger, MeasuredOnlyWithBothReadsAfterTheLastAcknowledgement) {
  Evidence evidence = evidence_of({"oooo", "1111", "1111"});
  evidence.final_reads[1].complete = false;
  EXPECT_FALSE(check(evidence).measured);
  evidence = evidence_of({"oooo", "1111", "1111"});
  evidence.final_reads[0].complete = false;
  EXPECT_FALSE(check(evidence).measured);
  evidence = evidence_of({"oooo", "1111", "1111"});
  evidence.final_reads[0].began = due(3);
  const LedgerVerdicts found = check(evidence);
  EXPECT_FALSE(found.measured);
  EXPECT_EQ(judge_rpo(found, base::seconds(60), "").verdict, Verdict::Inconclusive);
}

TEST(Ledger, NothingIsLostWhereNobodyLooked) {
  Evidence evidence = evidence_of({"oooo", "11..", "11.."});
  evidence.final_reads.clear();  // the drill was aborted
  const LedgerVerdicts verdicts = check(evidence);
  EXPECT_FALSE(verdicts.measured);
  EXPECT_EQ(verdicts.result.lost, std::nullopt);
  EXPECT_TRUE(verdicts.result.identities_hold);
  EXPECT_FALSE(verdicts.rpo_time.upper) << "all of it may be lost";
}

TEST(Ledger, AHoleIsALostWriteBeforeAKeptOneOfTheSameTerm) {
  EXPECT_EQ(check(evidence_of({"oooooo", "1.11..", "1.11.."})).result.holes, 1U);
  EXPECT_EQ(check(evidence_of({"oooooo", "1111..", "1111.."})).result.holes, 0U);
  // The new primary's writes are of another term.
  Evidence evidence = evidence_of({"oooooo", "11..11", "11..11"});
  evidence.records[4].server_term = evidence.records[5].server_term = 2;
  EXPECT_EQ(check(evidence).result.holes, 0U);
  // Overlapping operations have no order, so no hole either.
  evidence = evidence_of({"ooo", "1.1", "1.1"});
  evidence.records[1].completed = evidence.records[2].invoked;
  EXPECT_EQ(check(evidence).result.holes, 0U);
  // An unknown term proves nothing.
  evidence = evidence_of({"ooo", "1.1", "1.1"});
  for (Record& record : evidence.records) record.server_term = 0;
  EXPECT_EQ(check(evidence).result.holes, 0U);
}

TEST(Ledger, RpoTimeRunsFromTheFirstLostWriteToTheOnset) {
  // Writes 3 and 4 lost, service away within [due(4), due(5)].
  const Evidence evidence = evidence_of({"oooo", "11..", "11.."});
  const LedgerVerdicts found = check(evidence, OnsetBounds{due(4), due(5)});
  EXPECT_EQ(found.rpo_time.lower, due(4) - (due(2) + kLatency));
  EXPECT_EQ(found.rpo_time.upper, due(5) - due(2));
  EXPECT_EQ(found.result.lost_seqs, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(found.result.first_lost, due(2));
  EXPECT_EQ(found.result.last_lost, due(3));
}

TEST(Ledger, RpoTimeRunsToTheLastLostWriteWhereTheOldPrimaryWentOn) {
  const Evidence evidence = evidence_of({"oooooo", "11....", "11...."});
  const LedgerVerdicts found = check(evidence, OnsetBounds{due(3), due(4)});
  EXPECT_EQ(found.rpo_time.lower, due(5) - (due(2) + kLatency));
  EXPECT_EQ(found.rpo_time.upper, due(5) + kLatency - due(2));
}

TEST(Ledger, NothingLostIsZeroWithItsResolution) {
  const LedgerVerdicts found =
      check(evidence_of({"oonnoo", "11..11", "11..11"}), OnsetBounds{due(6), due(6)});
  EXPECT_EQ(found.rpo_time, (Bounds{Duration::zero(), Duration::zero()}));
  EXPECT_EQ(found.result.resolution, 3 * kInterval);
  const RpoJudgement judged = judge_rpo(found, Duration::zero(), "");
  EXPECT_EQ(judged.verdict, Verdict::Met);
  EXPECT_EQ(judged.reason,
            "none of 4 acknowledged writes was lost, to within 30.0 ms; objective 0 s");
}

TEST(Ledger, TheResolutionIsThatBeforeTheOnset) {
  const LedgerVerdicts found =
      check(evidence_of({"oooxxxxxxo", "111......1", "111......1"}), OnsetBounds{due(3), due(3)});
  EXPECT_EQ(found.result.resolution, kInterval);
}

TEST(Ledger, CrossCheckAgainstTheOldPrimary) {
  EXPECT_EQ(check(evidence_of({"oooo", "11..", "11.."})).result.cross_check_agrees, std::nullopt);
  const LedgerVerdicts same = check(evidence_of({"oooo", "11..", "11..", "1111"}));
  EXPECT_EQ(same.result.cross_check_agrees, true);
  EXPECT_EQ(same.result.lost_found_on_old_primary, 2U);
  // A lost write that its own primary never had; one it acknowledged and does not have; one that
  // failed and is there.
  EXPECT_EQ(check(evidence_of({"oooo", "11..", "11..", "111."})).result.cross_check_agrees, false);
  EXPECT_EQ(check(evidence_of({"oooo", "1111", "1111", "1.11"})).result.cross_check_agrees, false);
  EXPECT_EQ(check(evidence_of({"ooxo", "11.1", "11.1", "1111"})).result.cross_check_agrees, false);
  // What the new primary acknowledged is not the old one's business.
  Evidence evidence = evidence_of({"oooo", "1111", "1111", "11.."});
  evidence.records[2].server_id = evidence.records[3].server_id = 2;
  EXPECT_EQ(check(evidence).result.cross_check_agrees, true);
}

TEST(JudgeRpo, ByItsBounds) {
  LedgerVerdicts found;
  found.measured = true;
  found.result.ok = 10;
  found.result.lost = 2;
  found.rpo_time = {base::millis(100), base::millis(200)};
  const auto verdict = [&](Duration objective) { return judge_rpo(found, objective, "").verdict; };
  EXPECT_EQ(verdict(base::millis(200)), Verdict::Met);
  EXPECT_EQ(verdict(base::millis(199)), Verdict::Inconclusive);
  EXPECT_EQ(verdict(base::millis(100)), Verdict::Inconclusive);
  EXPECT_EQ(verdict(base::millis(99)), Verdict::Missed);
  // One write is one too many where nothing may be lost, even if its time is zero.
  found.rpo_time = {Duration::zero(), base::millis(5)};
  EXPECT_EQ(verdict(Duration::zero()), Verdict::Missed);
  EXPECT_EQ(judge_rpo(found, base::seconds(1), "the drill was aborted").verdict, Verdict::Invalid);
}

TEST(JudgeRpo, WhatWasNotAskedForHasNoVerdict) {
  LedgerVerdicts found;
  RpoJudgement judged = judge_rpo(found, {}, "the drill was aborted");
  EXPECT_EQ(judged.verdict, std::nullopt);
  EXPECT_EQ(judged.reason, "the plan asks for none");
  found.measured = true;
  found.result.ok = 10;
  found.result.lost = 0;
  judged = judge_rpo(found, {}, "");
  EXPECT_EQ(judged.verdict, std::nullopt);
  EXPECT_EQ(judged.reason,
            "the plan asks for none; none of 10 acknowledged writes was lost, to within 0 s");
}

}  // namespace
}  // namespace drill::test
