// Several vantages: clocks that are compared, times that meet, and which of them decides.
#include "drill/vantage.h"

#include <iostream>
#include <sstream>

#include <gtest/gtest.h>

#include "drill/assess.h"
#include "drill/edn.h"
#include "history_builder.h"
#include "sim/vantage_sim.h"

namespace drill::test {
namespace {

using base::millis;
using base::seconds;

/// Asked at `at`, with so long a way there and back, of a clock that is ahead by `offset`.
ClockExchange exchange(TimePoint at, Duration there, Duration back, Duration offset) {
  return {at, at + there + offset, at + there + back};
}

constexpr Duration kAhead = seconds(5'000);

TEST(ClockFit, OneExchangeBoundsTheOffsetByHalfTheRoundTrip) {
  const ClockExchange only = exchange(due(0), millis(1), millis(9), kAhead);
  const ClockFit fit = fit_clock({&only, 1}, only.theirs, only.theirs);
  ASSERT_TRUE(fit.known) << fit.why;
  EXPECT_EQ(fit.offset, kAhead - millis(4)) << "the middle";
  EXPECT_EQ(fit.uncertainty, millis(5));
  EXPECT_EQ(fit.exchanges, 1U);
}

TEST(ClockFit, TheTimeThatIsNotNearAnExchangeCosts500Ppm) {
  const ClockExchange only = exchange(due(0), millis(1), millis(1), kAhead);
  const ClockFit fit = fit_clock({&only, 1}, only.theirs - seconds(4), only.theirs + seconds(10));
  EXPECT_EQ(fit.uncertainty, millis(1) + millis(5)) << "10 s / 2000";
}

TEST(ClockFit, ASlowExchangeAmongQuickOnesDoesNotWiden) {
  std::vector<ClockExchange> all;
  for (int i = 0; i < 3; ++i) all.push_back(exchange(due(i), millis(1), millis(1), kAhead));
  const ClockFit quick = fit_clock(all, all.front().theirs, all.back().theirs);
  all[1] = exchange(due(1), millis(1), millis(700), kAhead);
  const ClockFit slow = fit_clock(all, all.front().theirs, all.back().theirs);
  EXPECT_LT(slow.uncertainty, quick.uncertainty + millis(1));
}

TEST(ClockFit, DriftIsSeenAndWidens) {
  std::vector<ClockExchange> all;
  for (int i = 0; i <= 20; ++i) {
    all.push_back(exchange(due(100 * i), millis(1), millis(1), kAhead + i * millis(1) / 5));
  }
  const ClockFit fit = fit_clock(all, all.front().theirs, all.back().theirs);
  ASSERT_TRUE(fit.known) << fit.why;
  EXPECT_EQ(fit.drift, millis(4));
  // Half the round trip and half the drift; and half of what it may have moved in between besides.
  EXPECT_GE(fit.uncertainty, millis(3));
  EXPECT_LE(fit.uncertainty, millis(3) + std::chrono::microseconds(151));
}

TEST(ClockFit, AClockThatJumpedIsNotKnown) {
  const ClockExchange two[] = {exchange(due(0), millis(1), millis(1), kAhead),
                               exchange(due(100), millis(1), millis(1), kAhead + millis(6))};
  const ClockFit fit = fit_clock(two, two[0].theirs, two[1].theirs);
  EXPECT_FALSE(fit.known);
  EXPECT_EQ(fit.why, "its clock ran away from the runner's by more than 500 ppm");
  const ClockExchange reversed{due(2), due(1), due(0)};
  EXPECT_FALSE(fit_clock({&reversed, 1}, due(0), due(1)).known);
  EXPECT_EQ(fit_clock({}, due(0), due(1)).why, "its clock was never compared with the runner's");
}

constexpr std::uint16_t kB = kStreamsPerVantage;

void add(Evidence& evidence, StreamInfo info, std::string_view letters, Duration ahead) {
  for (Record record : records(letters, info.id)) {
    for (TimePoint* at : {&record.scheduled, &record.invoked, &record.completed}) {
      if (*at != kNever) *at += ahead;
    }
    evidence.records.push_back(record);
  }
  evidence.streams.push_back(std::move(info));
}

StreamInfo of_b(StreamKind kind, std::uint16_t id) {
  StreamInfo info = stream(kind, static_cast<std::uint16_t>(kB + id));
  info.name = "b/" + info.name;
  return info;
}

/// `a` sees 10 operations of refusal, `b` as the letters say, by a clock that is ahead.
Evidence two_vantages(const std::string& seen_by_b, const std::string& control_of_b = "") {
  Evidence e;
  e.servers = e.server_instances = {"", "a", "b"};
  add(e, stream(StreamKind::Ledger, 0), times(50, 'o') + times(10, 'x') + times(140, 'o'), {});
  add(e, stream(StreamKind::Control, 1), times(200, 'o'), {});
  add(e, of_b(StreamKind::Ledger, 0), seen_by_b, kAhead);
  add(e, of_b(StreamKind::Control, 1), control_of_b.empty() ? times(200, 'o') : control_of_b,
      kAhead);
  Vantage b;
  b.place = "node-2";
  for (int i = 0; i < 3; ++i) {
    b.exchanges.push_back(exchange(due(100 * i), millis(2), millis(2), kAhead));
  }
  e.vantages = {b};
  for (const auto which : {FinalRead::Which::Survivor, FinalRead::Which::Rejoined}) {
    FinalRead read{which, "b", due(300), due(301), true, "", {}};
    for (const Record& record : e.records) {
      const bool ledger = record.stream == StreamId(0) || record.stream == StreamId(kB);
      if (ledger && record.outcome == Outcome::Ok) {
        read.rows.push_back({record.stream, record.seq, true});
      }
    }
    e.final_reads.push_back(std::move(read));
  }
  e.anchors = {{kStart, WallTime{}}};
  e.fault_begun = e.fault_effective = due(50) - millis(3);
  e.declared = due(52);
  e.decided = due(53);
  e.ended = due(400);
  return e;
}

AssessConfig rules_of_a_drill() {
  AssessConfig c;
  c.rto = millis(250);
  c.rpo = millis(100);
  c.hold = 10 * kInterval;
  c.reference_required = false;
  return c;
}

const std::string kLonger = times(50, 'o') + times(20, 'x') + times(130, 'o');
const std::string kShorter = times(50, 'o') + times(5, 'x') + times(145, 'o');

TEST(Vantages, TheWorstHealthyOneDecides) {
  const Report r = assess(rules_of_a_drill(), two_vantages(kLonger));
  EXPECT_EQ(r.rto.decided_by, "b/orders/Ledger");
  EXPECT_EQ(r.rto.user_visible, (Bounds{millis(190), millis(210)}))
      << "both ends are of one clock: as exact as with one vantage";
  ASSERT_EQ(r.vantages.size(), 2U);
  EXPECT_EQ(r.vantages[0].name + r.vantages[1].name, "ab");
  EXPECT_EQ(r.vantages[0].user_visible, (Bounds{millis(90), millis(110)}));
  EXPECT_FALSE(r.vantages[0].decided);
  EXPECT_TRUE(r.vantages[1].decided);
  EXPECT_EQ(r.vantages[1].place, "node-2");
  EXPECT_EQ(assess(rules_of_a_drill(), two_vantages(kShorter)).rto.decided_by, "orders/Ledger");
}

TEST(Vantages, AnObjectiveThatOneMissedIsMissed) {
  AssessConfig c = rules_of_a_drill();
  c.rto = millis(150);
  const Report r = assess(c, two_vantages(kLonger));
  EXPECT_EQ(r.rto.verdict, Verdict::Missed) << r.rto.reason;
  EXPECT_EQ(r.vantages[0].verdict, Verdict::Met);
}

TEST(Vantages, AnUnhealthyOneIsShownAndDoesNotDecide) {
  const Report r = assess(rules_of_a_drill(), two_vantages(kLonger, kLonger));
  EXPECT_EQ(r.rto.decided_by, "orders/Ledger");
  EXPECT_EQ(r.rto.verdict, Verdict::Met) << r.rto.reason;
  EXPECT_TRUE(r.instrument.healthy) << "that of the vantage that decided";
  EXPECT_FALSE(r.vantages[1].healthy);
  EXPECT_EQ(r.vantages[1].detail, "b/orders/Control failed too (Refused)");
  EXPECT_EQ(r.vantages[1].verdict, Verdict::Invalid);
  EXPECT_EQ(r.vantages[1].user_visible, (Bounds{millis(190), millis(210)}));
}

TEST(Vantages, WithoutAHealthyOneNothingIsJudged) {
  Evidence e = two_vantages(kLonger, kLonger);
  for (Record& record : e.records) {
    if (record.stream != StreamId(1) || record.seq < 51 || record.seq > 60) continue;
    record.outcome = Outcome::Fail;
    record.cause = Cause::Refused;
  }
  const Report r = assess(rules_of_a_drill(), e);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_EQ(r.rto.reason,
            "no vantage is healthy: a: orders/Control failed too (Refused); "
            "b: b/orders/Control failed too (Refused)");
}

TEST(Vantages, OneThatStoodStillAcrossTheOnsetDoesNotDecide) {
  const std::string stood_still = times(44, 'o') + times(10, 'n') + times(6, 'x') + times(140, 'o');
  const std::string control = times(44, 'o') + times(10, 'n') + times(146, 'o');
  const Report r = assess(rules_of_a_drill(), two_vantages(stood_still, control));
  EXPECT_EQ(r.vantages[1].verdict, Verdict::Invalid) << r.vantages[1].detail;
  EXPECT_EQ(r.rto.decided_by, "orders/Ledger");
  EXPECT_EQ(r.rto.verdict, Verdict::Met) << r.rto.reason;
}

TEST(Vantages, LedgersAreUnited) {
  Evidence e = two_vantages(kShorter);
  // The last two that were acknowledged to b.
  for (FinalRead& read : e.final_reads) {
    std::erase_if(read.rows, [](const FinalRow& row) {
      return row.stream == StreamId(kB) && (row.seq == 49 || row.seq == 50);
    });
  }
  const Report r = assess(rules_of_a_drill(), e);
  EXPECT_EQ(r.ledger.lost, 2U);
  EXPECT_EQ(r.ledger.ok, 190U + 195U);
  EXPECT_TRUE(r.ledger.identities_hold);
  EXPECT_EQ(r.vantages[0].lost, 0U);
  EXPECT_EQ(r.vantages[1].lost, 2U);
  EXPECT_EQ(r.vantages[1].kept, 193U);
  // From due(48) until a's onset; b's clock is known to within 2 ms and what 1 s may add.
  ASSERT_TRUE(r.rpo.service);
  const Duration unsure = *r.vantages[1].clock_uncertainty;
  EXPECT_EQ(unsure, millis(2) + std::chrono::microseconds(250));
  // Both losses are b's: at least from the first to the last.
  EXPECT_EQ(r.rpo.service->lower, millis(9));
  EXPECT_EQ(r.rpo.service->upper, due(50) + kLatency - due(48) + unsure);
  EXPECT_EQ(r.rpo.verdict, Verdict::Met) << r.rpo.reason;
}

TEST(Vantages, LossesOfAnUnhealthyOneCount) {
  Evidence e = two_vantages(kLonger, kLonger);
  for (FinalRead& read : e.final_reads) {
    std::erase_if(read.rows, [](const FinalRow& row) { return row.stream == StreamId(kB); });
  }
  EXPECT_EQ(assess(rules_of_a_drill(), e).rpo.verdict, Verdict::Missed);
}

TEST(Vantages, OneWhoseRecordsAreMissingIsPassedOver) {
  Evidence e = two_vantages(kLonger);
  e.vantages[0].missing = "its pod is gone";
  std::erase_if(e.records, [](const Record& r) { return vantage_of(r.stream) == 1; });
  const Report r = assess(rules_of_a_drill(), e);
  EXPECT_EQ(r.verdict, Verdict::Met) << r.reasons.front();
  EXPECT_EQ(r.ledger.phantom, 0U) << "rows that b wrote are no phantoms";
  EXPECT_EQ(r.vantages[1].detail, "its pod is gone");
  EXPECT_FALSE(r.vantages[1].healthy);
}

TEST(Vantages, OneWhoseClockIsNotKnownDoesNotDecideAndItsLossesCount) {
  Evidence e = two_vantages(kLonger);
  e.vantages[0].exchanges.clear();
  for (FinalRead& read : e.final_reads) {
    std::erase_if(read.rows,
                  [](const FinalRow& row) { return row.stream == StreamId(kB) && row.seq == 50; });
  }
  const Report r = assess(rules_of_a_drill(), e);
  EXPECT_EQ(r.rto.decided_by, "orders/Ledger");
  EXPECT_EQ(r.rto.verdict, Verdict::Met) << r.rto.reason;
  EXPECT_EQ(r.vantages[1].clock_uncertainty, std::nullopt);
  EXPECT_EQ(r.ledger.lost, 1U);
  ASSERT_TRUE(r.rpo.service);
  EXPECT_EQ(r.rpo.service->upper, std::nullopt);
  EXPECT_EQ(r.rpo.verdict, Verdict::Inconclusive) << r.rpo.reason;
}

TEST(Vantages, APlansChoiceOfStreamsHoldsForEach) {
  AssessConfig c = rules_of_a_drill();
  c.deciding = {"orders/Ledger"};
  const Report r = assess(c, two_vantages(kLonger));
  EXPECT_EQ(r.rto.decided_by, "b/orders/Ledger");
}

TEST(Vantages, CountedFromTheFaultTheUncertaintyIsInTheBounds) {
  AssessConfig c = rules_of_a_drill();
  c.zero_point = ZeroPoint::FaultBegun;
  const Report r = assess(c, two_vantages(kLonger));
  ASSERT_TRUE(r.rto.user_visible);
  const Duration unsure = *r.vantages[1].clock_uncertainty;
  EXPECT_EQ(r.rto.user_visible, (Bounds{millis(193) - unsure, millis(203) + unsure}));
}

TEST(Vantages, PhasesBetweenTwoClocksAreWiderAndThoseOfOneAreNot) {
  const Report r = assess(rules_of_a_drill(), two_vantages(kLonger));
  const Duration unsure = *r.vantages[1].clock_uncertainty;
  EXPECT_EQ(r.phases[0].name, "onset→detected");
  EXPECT_EQ(r.phases[0].bounds, (Bounds{millis(20) - unsure, millis(30) + unsure}));
  EXPECT_EQ(r.phases[1].name, "detected→decided");
  EXPECT_EQ(r.phases[1].bounds, (Bounds{millis(10), millis(10)}));
}

TEST(Vantages, TheHistoryOfAllIsExportedOnOneTimeAxis) {
  std::string edn;
  write_edn(two_vantages(kLonger), [&](std::string_view piece) { edn += piece; });
  EXPECT_NE(edn.find("[1000 1]"), std::string::npos);
  std::istringstream lines(edn);
  std::string line;
  std::size_t before_first_of_b = 0;
  while (std::getline(lines, line) && line.find("[1000 1]") == std::string::npos) {
    ++before_first_of_b;
  }
  EXPECT_LT(before_first_of_b, 4U) << "it began with the first of a, not 5,000 s later";
}

TEST(Vantages, AloneNothingChanges) {
  Evidence e = two_vantages(kLonger);
  e.vantages.clear();
  std::erase_if(e.records, [](const Record& r) { return vantage_of(r.stream) == 1; });
  std::erase_if(e.streams, [](const StreamInfo& s) { return vantage_of(s.id) == 1; });
  const Report r = assess(rules_of_a_drill(), e);
  EXPECT_TRUE(r.vantages.empty());
  EXPECT_EQ(r.rto.decided_by, "orders/Ledger");
}

// A failure prints its seed; the same call replays it.
TEST(Vantages, TheTruthLiesInsideTheMergedBounds) {
  std::uint64_t by_other = 0;
  Duration widest{};
  for (std::uint64_t seed = 1; seed <= 1'500; ++seed) {
    const sim::VantageFinding finding = sim::try_vantages(seed);
    ASSERT_EQ(finding.wrong, "") << "seed " << seed << ": " << finding.what;
    by_other += finding.other_decided;
    widest = std::max(widest, finding.uncertainty);
  }
  EXPECT_GT(by_other, 500U);
  EXPECT_LT(by_other, 1'300U);
  std::cout << by_other << " by the other vantage; clocks known to within " << base::human(widest)
            << "\n";
}

TEST(Vantages, UnitedLedgersFindEveryLossAndInventNothing) {
  for (std::uint64_t seed = 1; seed <= 2'500; ++seed) {
    const sim::VantageFinding finding = sim::try_united_ledgers(seed);
    ASSERT_EQ(finding.wrong, "") << "seed " << seed << ": " << finding.what;
  }
}

}  // namespace
}  // namespace drill::test
