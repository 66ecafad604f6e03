#include "runner/track_record.h"

#include <fmt/format.h>

#include "report/words.h"
#include "store/history.h"

namespace runner {
namespace {

/// More drills than a person will ever run of one plan, and few enough to read at once.
constexpr std::int64_t kDrillsMax = 10'000;

std::string line(const char* name, const drill::ObjectiveHistory& objective) {
  if (objective.of == 0) return fmt::format("  {}: none of them had such an objective\n", name);
  std::string out =
      fmt::format("  {} met in {} of {} drills (at least {:.1f} % with 95 % confidence)", name,
                  objective.met, objective.of, objective.lower_bound * 100);
  if (objective.mean) out += ", mean " + base::human(*objective.mean);
  if (objective.never_back) {
    out += ", worst: never back";
  } else if (objective.worst) {
    out += ", worst " + base::human(*objective.worst);
  }
  switch (objective.trend) {
    case drill::Trend::Stable:
      return out + (drill::can_tell(objective.of) ? ", no trend\n" : ", too few to tell a trend\n");
    case drill::Trend::Improving: return out + ", improving\n";
    case drill::Trend::Degrading: return out + ", degrading\n";
  }
  return out;
}

}  // namespace

base::Result<drill::HistorySummary> track_record(const StateDir& state, const std::string& plan,
                                                 const std::string& spec_digest,
                                                 const std::optional<drill::Summary>& current) {
  TRY(const store::History history, store::History::open(state.history()));
  TRY(const std::vector<drill::Summary> rows, history.of_plan(plan, kDrillsMax));
  std::vector<drill::PastDrill> drills;
  std::uint64_t left_out = 0;
  for (const drill::Summary& row : rows) {
    if (current && row.drill_id == current->drill_id) continue;
    if (row.spec_digest != spec_digest || spec_digest.empty()) {
      ++left_out;
    } else {
      drills.push_back(drill::past_drill(row));
    }
  }
  if (current) drills.push_back(drill::past_drill(*current));
  drill::HistorySummary out = drill::summarise(drills);
  out.left_out = left_out;
  return out;
}

std::string describe(const drill::HistorySummary& history) {
  return "  " + report::comparable(history) + "\n" + line("RTO", history.rto) +
         line("RPO", history.rpo);
}

}  // namespace runner
