// Millions of seeded outages and ledgers: how many times the truth lay inside the bounds, how wide
// they were, and whether every planted damage was found and none invented.
//   build/release/bench/truth_inside [outages [first seed]]
// Exit: 0 everything inside, 1 not; each failure is printed with its seed, and is replayed by
//   build/release/bench/truth_inside 1 <seed>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "drill/ledger_check.h"
#include "sim/replication_sim.h"
#include "sim/truth.h"
#include "sim/vantage_sim.h"

namespace {

std::uint64_t number(int argc, char** argv, int index, std::uint64_t otherwise) {
  std::uint64_t value = otherwise;
  if (index < argc) std::from_chars(argv[index], argv[index] + std::strlen(argv[index]), value);
  return value;
}

struct Widths {
  std::vector<float> millis;

  void add(drill::Duration width) { millis.push_back(static_cast<float>(base::to_millis(width))); }
  double quantile(double share) {
    if (millis.empty()) return 0;
    const auto nth = static_cast<std::ptrdiff_t>(share * static_cast<double>(millis.size() - 1));
    std::nth_element(millis.begin(), millis.begin() + nth, millis.end());
    return static_cast<double>(millis[static_cast<std::size_t>(nth)]);
  }
  std::string text() {
    return fmt::format("p50 {:.1f} ms, p99 {:.1f} ms", quantile(0.5), quantile(0.99));
  }
};

struct Tally {
  std::uint64_t tried = 0, inside = 0, judged = 0, delta_rule_excludes = 0;
  Widths user, refusals;
};

void outages(Tally& tally, std::uint64_t seed, bool stalls) {
  const sim::Finding finding = sim::try_outage(seed, stalls);
  ++tally.tried;
  tally.judged += finding.judged;
  tally.delta_rule_excludes += finding.delta_rule_excludes;
  if (finding.wrong.empty()) {
    ++tally.inside;
  } else {
    fmt::print("seed {}{}: {}: {}\n", seed, stalls ? " (stalls)" : "", finding.wrong, finding.what);
  }
  if (!finding.judged || finding.user_width == drill::Duration::zero()) return;
  tally.user.add(finding.user_width);
  if (finding.kind == sim::OutageKind::Refuse || finding.kind == sim::OutageKind::Error) {
    tally.refusals.add(finding.service_width);
  }
}

/// A million writes with timeouts, of which exactly `lost` vanished.
bool one_in_a_million(std::uint64_t lost, std::uint64_t seed) {
  base::Random random(seed);
  sim::ReplicationScript script;
  script.writes = 1'000'000;
  script.holes = lost;
  const sim::ReplicationRun run = sim::run_replication(script, random);
  const auto rows = drill::RowIndex::build(run.evidence);
  const auto found =
      drill::check_ledger(run.evidence, rows, drill::OnsetBounds{run.truth.onset, run.truth.onset});
  const bool right = found.result.lost_seqs == run.truth.lost && found.result.lost == lost &&
                     found.result.info > 5'000 && found.result.phantom == 0 &&
                     found.result.identities_hold && found.result.cross_check_agrees == true;
  fmt::print("  {} planted in 10^6 writes ({} timeouts): {} found, {}\n", lost, found.result.info,
             found.result.lost.value_or(0), right ? "right" : "WRONG");
  return right;
}

/// How many of these the merged result of two vantages contradicted.
std::uint64_t vantages(std::uint64_t first, std::uint64_t count) {
  std::uint64_t wrong = 0;
  Widths clocks;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const sim::VantageFinding outage = sim::try_vantages(seed);
    clocks.add(outage.uncertainty);
    for (const sim::VantageFinding& finding : {outage, sim::try_united_ledgers(seed)}) {
      if (finding.wrong.empty()) continue;
      ++wrong;
      fmt::print("seed {} (vantages): {}: {}\n", seed, finding.wrong, finding.what);
    }
  }
  fmt::print("two vantages: outages and ledgers, {} of each, {} wrong; clocks to within {}\n",
             count, wrong, clocks.text());
  return wrong;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = number(argc, argv, 1, 1'000'000);
  const std::uint64_t first = number(argc, argv, 2, 1);
  Tally plain;
  Tally stalled;
  for (std::uint64_t seed = first; seed < first + count; ++seed) outages(plain, seed, false);
  for (std::uint64_t seed = first; seed < first + (count + 9) / 10; ++seed) {
    outages(stalled, seed, true);
  }
  fmt::print("outages: truth inside {} of {}; user-visible width {}; service, refusals {}\n",
             plain.inside, plain.tried, plain.user.text(), plain.refusals.text());
  fmt::print("  the rule inv(b0) + delta would have excluded it in {}\n",
             plain.delta_rule_excludes);
  fmt::print("with a prober that stands still: never wrong in {} of {}, {} judged\n",
             stalled.inside, stalled.tried, stalled.judged);
  std::uint64_t wrong = plain.tried - plain.inside + stalled.tried - stalled.inside;
  wrong += vantages(first, (count + 9) / 10);
  std::uint64_t ledgers = 0;
  for (std::uint64_t seed = first; seed < first + (count + 99) / 100; ++seed, ++ledgers) {
    const std::string why = sim::try_replication(seed, 2'000);
    if (why.empty()) continue;
    fmt::print("seed {} (ledger): {}\n", seed, why);
    ++wrong;
  }
  fmt::print("ledgers with mixed damage: {} tried\n", ledgers);
  for (const std::uint64_t lost : {0U, 1U, 2U, 1000U}) wrong += !one_in_a_million(lost, first);
  return wrong == 0 ? 0 : 1;
}
