// The report out of a bundle is the one of the drill's folder, plots included.
#include <gtest/gtest.h>

#include "drill/assess.h"
#include "report/html.h"
#include "report/json.h"
#include "runner/evidence_file.h"
#include "sim/whole_drill.h"

namespace runner {
namespace {

TEST(BundleReport, HasThePointsOfItsPlotsAgain) {
  const crypto::SigningKey key = crypto::SigningKey::generate();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    base::Random random(seed);
    const drill::Evidence evidence =
        sim::draw_whole_drill({.operations = 300, .mess = 0.6}, random);
    drill::AssessConfig config;
    config.rto = base::seconds(3);
    config.rpo = base::seconds(1);
    const drill::Report whole = drill::assess(config, evidence);
    ASSERT_FALSE(whole.series.empty());
    drill::Report figures = whole;
    figures.series.clear();
    bundle::Documents documents;
    documents.report_json = report::to_json(figures);
    const auto read = bundle::read(bundle::write({}, documents, evidence, key));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    const auto again = report_of(*read);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(report::to_json(*again), report::to_json(whole)) << "seed " << seed;
    EXPECT_EQ(report::html(*again), report::html(whole)) << "seed " << seed;
  }
}

TEST(BundleReport, ABundleWithoutOneHasNone) {
  EXPECT_FALSE(report_of(bundle::Bundle{}).has_value());
}

}  // namespace
}  // namespace runner
