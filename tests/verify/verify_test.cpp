// Two implementations of the same document agree on every drill that can be drawn, and a figure
// that was put into a report by hand is found wherever it stands.
#include "verify/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judged_drill.h"

namespace verify {
namespace {

bundle::Bundle read(const std::string& bytes) {
  auto bundle = bundle::read(bytes);
  EXPECT_TRUE(bundle.has_value()) << bundle.error().message;
  return std::move(*bundle);
}

/// The differences as text; empty: all figures agree.
std::string disagreement(const bundle::Bundle& bundle) {
  const auto verified = verify(bundle);
  if (!verified) return verified.error().message;
  std::string out;
  for (const Difference& d : verified->differences) {
    out += d.figure + ": " + d.reported + " reported, " + d.recomputed + " recomputed\n";
  }
  return out;
}

TEST(Verify, AgreesWithTheEngineOnCleanDrills) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const JudgedDrill drill = judged_drill(seed, {.operations = 500, .mess = 0});
    ASSERT_EQ(disagreement(read(drill.bytes())), "") << "seed " << seed;
  }
}

TEST(Verify, AgreesWithTheEngineWhateverWentWrong) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const JudgedDrill drill = judged_drill(seed, {.operations = 400, .mess = 1});
    ASSERT_EQ(disagreement(read(drill.bytes())), "") << "seed " << seed;
  }
}

TEST(Verify, AgreesWithTheEngineOnFewStreams) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const JudgedDrill drill = judged_drill(
        seed,
        {.operations = 300, .streams = 1 + seed % 6, .interval = base::millis(50), .mess = 0.6});
    ASSERT_EQ(disagreement(read(drill.bytes())), "") << "seed " << seed;
  }
}

TEST(Verify, AgreesWithTheEngineOnSeveralVantages) {
  std::uint64_t by_others = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const JudgedDrill drill = judged_drill(seed, {.operations = 200,
                                                  .streams = 3 + seed % 8,
                                                  .mess = static_cast<double>(seed % 4) / 4,
                                                  .vantages = 1 + seed % 2});
    ASSERT_EQ(disagreement(read(drill.bytes())), "") << "seed " << seed;
    by_others += drill.documents.report_json.find("\"decidedBy\": \"b/") != std::string::npos ||
                 drill.documents.report_json.find("\"decidedBy\": \"c/") != std::string::npos;
  }
  EXPECT_GT(by_others, 3U) << "others than the runner's decide as well";
}

TEST(Verify, AReportFromBeforeAFieldCameAgreesWhereItIsEmpty) {
  for (const std::size_t vantages : {0U, 1U}) {
    const JudgedDrill drill =
        judged_drill(3, {.operations = 200, .streams = 4, .mess = 0, .vantages = vantages});
    bundle::Bundle bundle = read(drill.bytes());
    api::Node report = *api::parse_json(bundle.documents.report_json);
    report.erase("vantages");
    bundle.documents.report_json = api::to_json(report);
    EXPECT_EQ(disagreement(bundle) == "", vantages == 0);
  }
}

TEST(Verify, AReportFromBeforeObjectivesCouldBeLeftOutAgrees) {
  std::uint64_t seed = 1;
  const auto asks_for_none = [](const JudgedDrill& drill) {
    const api::Node report = *api::parse_json(drill.documents.report_json);
    return report["rpo"]["objectiveSeconds"].is_null();
  };
  JudgedDrill drill = judged_drill(seed, {.operations = 200, .streams = 4});
  while (!asks_for_none(drill)) drill = judged_drill(++seed, {.operations = 200, .streams = 4});
  bundle::Bundle bundle = read(drill.bytes());
  const api::Node now = *api::parse_json(bundle.documents.report_json);
  const auto disagrees = [&](std::int64_t version, std::int64_t objective, const char* verdict) {
    api::Node report = now;
    report.set("version", version);
    report.find("rpo")->set("objectiveSeconds", objective).set("verdict", verdict);
    bundle.documents.report_json = api::to_json(report);
    return disagreement(bundle) != "";
  };
  EXPECT_FALSE(disagrees(3, 0, "Inconclusive"));
  EXPECT_FALSE(disagrees(3, 0, "Invalid"));
  EXPECT_TRUE(disagrees(3, 0, "Met")) << "what was not measured was never met";
  EXPECT_TRUE(disagrees(3, 1, "Inconclusive"));
  EXPECT_TRUE(disagrees(4, 0, "Inconclusive"));
}

TEST(Verify, LeavesOnlySentencesUncompared) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 13; ++seed) {
    const JudgedDrill drill =
        judged_drill(seed, {.operations = 400, .mess = 0.8, .vantages = seed / 13});
    const auto verified = verify(read(drill.bytes()));
    ASSERT_TRUE(verified.has_value());
    seen.insert(verified->not_compared.begin(), verified->not_compared.end());
  }
  EXPECT_THAT(seen,
              testing::UnorderedElementsAre(
                  "apiVersion", "kind", "version", "directory", "history", "reasons", "rto.reason",
                  "rpo.reason", "phases[].detail", "steps[].detail", "streams[].reason",
                  "ledger.problems", "instrument.controlDetail", "instrument.detail",
                  "criteria[].reason", "compliance.violations[].detail", "monitoring[].detail",
                  "recommendations[].text", "recommendations[].steps", "vantages[].detail",
                  "vantages[].instrument.controlDetail", "vantages[].instrument.detail"));
}

/// Every value of a document that is not a sentence, with a way to reach it.
void leaves(api::Node& node, const std::string& place, std::vector<std::string>& places,
            std::vector<api::Node*>& values) {
  if (node.is_map()) {
    for (api::Entry& entry : node.entries()) {
      leaves(entry.value, place + (place.empty() ? "" : ".") + entry.key, places, values);
    }
  } else if (node.is_sequence()) {
    for (api::Node& item : node.items()) leaves(item, place + "[]", places, values);
  } else {
    places.push_back(place);
    values.push_back(&node);
  }
}

/// Another value of the same kind, as near as a lie can be.
api::Node lie(const api::Node& truth) {
  if (truth.is_bool()) return !truth.as_bool();
  if (truth.is_int()) return truth.as_int() + 1;
  if (truth.is_double()) return truth.as_double() + 1e-9;
  if (truth.is_null()) return 1;
  return truth.as_string() + "x";
}

TEST(Verify, FindsEveryWrongFigureInASignedReport) {
  const JudgedDrill honest = judged_drill(11, {.operations = 250, .streams = 6, .mess = 0.4});
  const auto before = verify(read(honest.bytes()));
  ASSERT_TRUE(before.has_value());
  ASSERT_TRUE(before->differences.empty());
  api::Node report = *api::parse_json(honest.documents.report_json);
  std::vector<std::string> places;
  std::vector<api::Node*> values;
  leaves(report, "", places, values);
  std::size_t planted = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool sentence = std::any_of(
        before->not_compared.begin(), before->not_compared.end(), [&](const std::string& place) {
          return places[i] == place || places[i].starts_with(place + "[]");
        });
    if (sentence) continue;
    *values[i] = lie(*values[i]);
    ++planted;
  }
  EXPECT_GT(planted, 10'000U);
  Verification found;
  compare(before->recomputed.figures, report, found);
  EXPECT_EQ(found.differences.size(), planted) << "each lie is named once";
}

TEST(Verify, NamesTheFigureThatIsWrongAfterSigningAnew) {
  const auto upper_of = [](api::Node& report) -> api::Node& {
    return *report.find("rto")->find("service")->find("upperSeconds");
  };
  JudgedDrill drill;
  api::Node report;
  std::uint64_t seed = 0;
  do {  // the first that was back and has an upper bound
    ASSERT_LT(++seed, 50U);
    drill = judged_drill(seed, {.operations = 400, .mess = 0});
    report = *api::parse_json(drill.documents.report_json);
  } while (!upper_of(report).is_double());
  upper_of(report) = upper_of(report).as_double() / 2;
  drill.documents.report_json = api::to_json(report);
  EXPECT_THAT(disagreement(read(drill.bytes())), testing::StartsWith("rto.service.upperSeconds: "));
}

TEST(Verify, NoticesARecordThatWasChangedAndSignedAnew) {
  const JudgedDrill honest = judged_drill(5, {.operations = 300, .streams = 3, .mess = 0});
  base::Random random(1);
  for (int attempt = 0; attempt < 20; ++attempt) {
    JudgedDrill drill = honest;
    drill::Record& record = drill.evidence.records[random.below(drill.evidence.records.size())];
    if (record.outcome == drill::Outcome::Ok) {
      record.outcome = drill::Outcome::Fail;
    } else {
      record.outcome = drill::Outcome::Ok;
    }
    EXPECT_NE(disagreement(read(drill.bytes())), "") << "seq " << record.seq;
  }
}

/// Drills with sessions, features and a load, of which some have lost something.
JudgedDrill drill_of_an_application(std::uint64_t seed) {
  return judged_drill(seed, {.operations = 200, .mess = 0});
}

TEST(Verify, NamesAWrongShareOfSessionsFeaturesAndPerformance) {
  std::map<std::string, int> planted;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    JudgedDrill drill = drill_of_an_application(seed);
    ASSERT_EQ(disagreement(read(drill.bytes())), "") << "seed " << seed;
    const std::string honest = drill.documents.report_json;
    for (const char* metric :
         {"SessionContinuityPercent", "FeaturePercent", "PerformanceRecoveryPercent"}) {
      api::Node report = *api::parse_json(honest);
      for (api::Node& criterion : report.find("criteria")->items()) {
        api::Node& measured = *criterion.find("measured");
        if (criterion["metric"].as_string() != metric || measured.is_null()) continue;
        const api::Node truth = measured;
        measured = truth.as_double() * 0.99 + 0.5;
        drill.documents.report_json = api::to_json(report);
        EXPECT_THAT(disagreement(read(drill.bytes())),
                    testing::AllOf(testing::StartsWith(std::string("criteria[") + metric),
                                   testing::HasSubstr("].measured: ")));
        measured = truth;
        ++planted[metric];
      }
    }
  }
  EXPECT_GE(planted["SessionContinuityPercent"], 3);
  EXPECT_GE(planted["FeaturePercent"], 3);
  EXPECT_GE(planted["PerformanceRecoveryPercent"], 3);
}

/// Evidence that was changed and signed anew no longer gives the figures of the report.
TEST(Verify, NoticesASessionThatWasDeniedAndASignalThatWasMoved) {
  int sessions = 0, signals = 0;
  for (std::uint64_t seed = 1; seed <= 40 && (sessions < 3 || signals < 3); ++seed) {
    const JudgedDrill honest = drill_of_an_application(seed);
    const api::Node document = *api::parse_json(honest.documents.report_json);
    for (const api::Node& criterion : document["criteria"].items()) {
      if (criterion["metric"].as_string() != "SessionContinuityPercent") continue;
      if (criterion["window"].as_string() != "validation") continue;
      if (!criterion["measured"].is_double() || criterion["measured"].as_double() == 0) continue;
      JudgedDrill drill = honest;
      for (drill::Record& record : drill.evidence.records) {
        const bool one =
            record.outcome == drill::Outcome::Ok &&
            drill.evidence.streams[record.stream.value()].kind == drill::StreamKind::Session;
        if (!one || record.scheduled < drill.evidence.fault_begun) continue;
        record.outcome = drill::Outcome::Fail;
        record.cause = drill::Cause::Rejected;
      }
      EXPECT_THAT(disagreement(read(drill.bytes())), testing::HasSubstr("criteria["));
      ++sessions;
    }
    for (const api::Node& row : document["monitoring"].items()) {
      if (row["signal"].as_string() != "SessionContinuity") continue;
      JudgedDrill drill = honest;
      for (drill::StreamInfo& info : drill.evidence.streams) {
        if (info.signal == "SessionContinuity") info.signal = "DrSiteHealth";
      }
      EXPECT_THAT(disagreement(read(drill.bytes())), testing::HasSubstr("monitoring["));
      ++signals;
    }
  }
  EXPECT_GE(sessions, 3);
  EXPECT_GE(signals, 3);
}

/// What was compared above is worth something only if every kind of drill was among it.
TEST(Verify, IsHeldAgainstEveryVerdict) {
  std::map<std::string, int> rto, rpo;
  int lost = 0, split = 0, stale = 0, flapped = 0, contained = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    base::Random random(seed);
    const sim::WholeDrillShape shape{
        .operations = 300, .streams = 1 + seed % 6, .interval = base::millis(50), .mess = 0.6};
    const drill::Evidence evidence = sim::draw_whole_drill(shape, random);
    const drill::Report report = drill::assess(draw_plan(random, evidence).config, evidence);
    ++rto[drill::name(*report.rto.verdict)];
    ++rpo[report.rpo.verdict ? drill::name(*report.rpo.verdict) : "none"];
    lost += report.ledger.lost.value_or(0) > 0;
    split += report.consistency.split_brain_definite > 0;
    stale += report.consistency.stale_reads > 0;
    contained += !report.instrument.reference.empty() && report.instrument.reference[0].contained;
    for (const drill::StreamResult& stream : report.streams) flapped += stream.windows.size() > 2;
  }
  EXPECT_GE(rpo["none"], 3);
  for (const auto* verdicts : {&rto, &rpo}) {
    for (const char* verdict : {"Met", "Missed", "Inconclusive", "Invalid"}) {
      EXPECT_GE(verdicts->contains(verdict) ? verdicts->at(verdict) : 0, 2) << verdict;
    }
  }
  for (const int kind : {lost, split, stale, flapped, contained}) EXPECT_GE(kind, 3);
}

TEST(Verify, RefusesStampsThatCannotBe) {
  JudgedDrill drill = judged_drill(5, {.operations = 200, .streams = 1});
  drill.evidence.records[7].completed = base::TimePoint(base::Duration::min());
  EXPECT_FALSE(verify(read(drill.bytes())).has_value());
  drill = judged_drill(5, {.operations = 200, .streams = 1});
  drill.documents.report_json.clear();
  EXPECT_FALSE(verify(read(drill.bytes())).has_value()) << "nothing to compare";
}

}  // namespace
}  // namespace verify
