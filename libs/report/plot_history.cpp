// Figures of many drills, one place per drill: what was measured between its bounds, in the colour
// of its verdict.
#include <algorithm>

#include "report/plan_compliance.h"
#include "report/plot.h"

namespace report {
namespace {

constexpr double kTop = 12, kHeight = 150;

/// One place for each drill, however near in time they were.
class Places {
 public:
  explicit Places(std::size_t drills)
      : drills_(static_cast<double>(std::max<std::size_t>(drills, 1))) {}
  double at(std::size_t index) const {  // percent
    return 8 + 91 * (static_cast<double>(index) + 0.5) / drills_;
  }
  double width() const { return std::clamp(91 / drills_ * 0.5, 0.25, 1.6); }

 private:
  double drills_;
};

double y_of(double share) {
  return kTop + kHeight * (1 - std::clamp(share, 0.0, 1.0));
}

Html level(double share, std::string_view css, const Html& words) {
  Html out = {
      fmt::format("<line class=\"{0}\" x1=\"0\" x2=\"100%\" y1=\"{1:.1f}\" y2=\"{1:.1f}\"/>", css,
                  y_of(share))};
  out += text(0, y_of(share) - 4, "start", "tick halo", words);
  return out;
}

/// The day of the first, the last and a few drills between.
Html days(const drill::PlanCompliance& plan, const Places& places) {
  Html out;
  const std::size_t drills = plan.drills.size();
  const std::size_t labels = std::min<std::size_t>(drills, 4);
  for (std::size_t i = 0; i < labels; ++i) {
    const std::size_t index = labels == 1 ? 0 : i * (drills - 1) / (labels - 1);
    const bool inner = i > 0 && i + 1 < labels;
    const char* anchor = drills == 1 || inner ? "middle" : i == 0 ? "start" : "end";
    out += text(places.at(index), kTop + kHeight + 16, anchor, inner ? "tick wide" : "tick",
                escape(base::rfc3339(plan.drills[index].started).substr(0, 10)));
  }
  return out;
}

Html bar(double x, double width, double from, double to, drill::Verdict verdict,
         const std::string& title) {
  const double top = y_of(to);
  return {
      fmt::format("<rect class=\"fill {}\" x=\"{:.2f}%\" width=\"{:.2f}%\" y=\"{:.1f}\" "
                  "height=\"{:.1f}\" rx=\"1.5\"><title>{}</title></rect>\n",
                  in_words(verdict), x - width / 2, width, top, std::max(y_of(from) - top, 4.0),
                  escape(title))};
}

std::string title_of(const drill::Summary& row, const std::string& what) {
  return fmt::format("{}, {}: {}", row.drill_id, base::rfc3339(row.started), what);
}

}  // namespace

Html objective_history_plot(const drill::PlanCompliance& plan, const drill::ObjectiveRecord& record,
                            drill::ObjectiveSummary drill::Summary::* which) {
  if (!record.worst || !record.objective) return {};
  const Places places(plan.drills.size());
  const double goal = base::to_seconds(*record.objective);
  drill::Duration largest = base::millis(1);
  for (const drill::Summary& row : plan.drills) {
    const auto& bounds = (row.*which).service;
    if (bounds) largest = std::max(largest, bounds->upper.value_or(bounds->lower));
  }
  const double most = base::to_seconds(largest);
  // An objective far above everything measured would flatten it all.
  const bool shown = goal <= most * 4;
  const double whole = (shown ? std::max(most, goal) : most) * 1.15;
  Html body = level(0, "grid", {"0"});
  body += level(most / whole, "grid", escape(base::human(largest)));
  for (std::size_t i = 0; i < plan.drills.size(); ++i) {
    const drill::Summary& row = plan.drills[i];
    const drill::ObjectiveSummary& objective = row.*which;
    const std::string title =
        title_of(row, in_words(objective.service) + ", " + in_words(objective.verdict));
    if (!objective.service) {
      body += text(places.at(i), y_of(0) - 4, "middle", "tick", {"–"});
      continue;
    }
    const double lower = base::to_seconds(objective.service->lower) / whole;
    const double upper =
        objective.service->upper ? base::to_seconds(*objective.service->upper) / whole : 1;
    body += bar(places.at(i), places.width(), lower, upper,
                objective.verdict.value_or(drill::Verdict::Inconclusive), title);
  }
  const std::string words = "objective " + base::human(*record.objective);
  if (shown) {
    body +=
        {fmt::format("<line class=\"goal\" x1=\"0\" x2=\"100%\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>",
                     y_of(goal / whole))};
    body += text(100, y_of(goal / whole) - 5, "end", "halo strong", escape(words));
  } else {
    body += text(100, kTop + 2, "end", "tick halo", escape(words + ", far above"));
  }
  body += days(plan, places);
  return svg(kTop + kHeight + 22, record.name + " of each drill against the objective", body);
}

Html score_history_plot(const drill::PlanCompliance& plan) {
  if (plan.drills.empty()) return {};
  const Places places(plan.drills.size());
  Html body = level(0, "grid", {"0"});
  body += level(0.5, "grid", {"50"});
  body += level(1, "grid", {"100"});
  for (std::size_t i = 0; i < plan.drills.size(); ++i) {
    const drill::Summary& row = plan.drills[i];
    body += bar(places.at(i), places.width(), 0, row.score / 100, row.verdict,
                title_of(row, number(row.score) + " of 100, " + in_words(row.verdict)));
  }
  body += days(plan, places);
  return svg(kTop + kHeight + 22, "Compliance score of each drill", body);
}

}  // namespace report
