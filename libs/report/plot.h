// The pieces all plots are made of. A plot is one SVG as wide as its column, without a viewBox:
// positions along time are percentages, so that text keeps its size on a telephone and on A4, and
// no script is needed. Curves live in a nested SVG that is stretched (kPathWidth units wide).
#pragma once

#include <string>
#include <vector>

#include "drill/report.h"
#include "report/markup.h"
#include "report/words.h"

namespace report {

inline constexpr double kPathWidth = 1000;
// Widths that plots are laid out for: a narrow telephone, and the text column on screen and A4.
inline constexpr double kNarrowPixels = 310;
inline constexpr double kWidePixels = 680;

/// The stretch of time a plot shows, as percentages from left to right.
class TimeAxis {
 public:
  TimeAxis(drill::TimePoint from, drill::TimePoint to, drill::TimePoint zero);
  /// The whole drill.
  static TimeAxis whole(const drill::Report& report);

  /// Units: percent of the width, clamped to [0, 100].
  double at(drill::TimePoint time) const;
  /// Units: kPathWidth for the whole width.
  double path_at(drill::TimePoint time) const { return at(time) * kPathWidth / 100; }
  bool shows(drill::TimePoint time) const { return time >= from_ && time <= to_; }
  /// Vertical lines with their times below, at round numbers.
  Html ticks(double top, double bottom) const;

 private:
  drill::TimePoint from_, to_, zero_;
};

/// A bar from `from` to `to` with its name inside where it fits.
struct Block {
  double from = 0, to = 0;  // percent
  std::string label;
  std::string title;  // tooltip
  std::string css_class;
};
Html block(const Block& what, double top, double height);
Html text(double percent, double y, std::string_view anchor, std::string_view css_class,
          const Html& content);
/// Vertical line through a plot for the fault, the onset or the recovery.
Html moment(const TimeAxis& axis, drill::TimePoint at, double top, double bottom,
            std::string_view css_class, std::string_view title);
/// The fault and the recovery, which every plot over time shows.
Html moments(const drill::Report& report, const TimeAxis& axis, double top, double bottom);
/// `<svg>` of the column's width, with a description for those who do not see it.
Html svg(double height, std::string_view description, const Html& content);

Html timeline_plot(const drill::Report& report);
/// The outage enlarged: its phases and the steps.
Html outage_plot(const drill::Report& report);
Html availability_plot(const drill::Report& report);
Html latency_plots(const drill::Report& report);
Html ledger_plot(const drill::Report& report);
/// Measured bounds against the objective.
Html objective_bar(const drill::ObjectiveResult& objective);
/// How much of a target was used: a small bar for a table cell.
Html target_bar(const drill::PhaseResult& phase);
/// 0 to 100.
Html score_bar(double score);

}  // namespace report
