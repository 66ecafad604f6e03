// Bars: the ledger over time, measured bounds against an objective, shares of a target.
#include <algorithm>

#include "report/plot.h"

namespace report {
namespace {

using drill::SeriesPoint;

struct Part {
  const char* css;
  const char* words;
  std::uint64_t (*count)(const SeriesPoint&);
};

// Bottom to top. A lost write was acknowledged, so it is taken out of the acknowledged ones; an
// operation that is ok but late is acknowledged all the same.
constexpr Part kParts[] = {
    {"kept", "acknowledged and kept",
     [](const SeriesPoint& p) -> std::uint64_t {
       const std::uint64_t acked = std::uint64_t{p.good} + p.ok_late;
       return acked - std::min<std::uint64_t>(p.lost, acked);
     }},
    {"unknown", "outcome unknown", [](const SeriesPoint& p) -> std::uint64_t { return p.info; }},
    {"failed", "proven not written",
     [](const SeriesPoint& p) -> std::uint64_t {
       const std::uint64_t other = std::uint64_t{p.info} + p.ok_late;
       return p.bad - std::min<std::uint64_t>(p.bad, other);
     }},
    {"lost", "acknowledged and lost", [](const SeriesPoint& p) -> std::uint64_t { return p.lost; }},
};

const drill::Series* ledger_series(const drill::Report& report) {
  for (const auto& stream : report.streams) {
    if (stream.stream.kind != drill::StreamKind::Ledger) continue;
    for (const auto& series : report.series) {
      if (series.stream == stream.stream.name) return &series;
    }
  }
  return nullptr;
}

std::uint64_t total(const SeriesPoint& point) {
  std::uint64_t sum = 0;
  for (const Part& part : kParts) sum += part.count(point);
  return sum;
}

/// All bars of one part as one path; a lost write is never thinner than three pixels.
Html bars(const TimeAxis& axis, const drill::Series& series, std::size_t which, double height,
          std::uint64_t most) {
  std::string path;
  const auto scale = height / static_cast<double>(most);
  for (const SeriesPoint& point : series.points) {
    const std::uint64_t count = kParts[which].count(point);
    if (count == 0) continue;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < which; ++i) below += kParts[i].count(point);
    double tall = static_cast<double>(count) * scale;
    if (which == 3) tall = std::max(tall, 3.0);
    const double base_y = 8 + height - static_cast<double>(below) * scale;
    const double x = axis.path_at(point.at), next = axis.path_at(point.at + series.width);
    const double wide = which == 3 ? std::max(next - x, 4.0) : next - x;
    path += fmt::format("M{:.1f} {:.1f}h{:.2f}v-{:.1f}h-{:.2f}z", x, base_y, wide, tall, wide);
  }
  return {fmt::format("<path class=\"{}\" d=\"{}\"><title>{}</title></path>\n", kParts[which].css,
                      path, kParts[which].words)};
}

Html lost_label(const drill::Report& report, const TimeAxis& axis) {
  const drill::LedgerResult& ledger = report.ledger;
  if (ledger.lost.value_or(0) == 0 || !ledger.first_lost) return {};
  const double at = axis.at(*ledger.first_lost);
  return text(at, 20, at > 80 ? "end" : "middle", "halo strong lostword",
              escape(found(ledger.lost) + " lost"));
}

}  // namespace

Html ledger_plot(const drill::Report& report) {
  const drill::Series* series = ledger_series(report);
  if (series == nullptr || series->points.empty()) return {};
  const TimeAxis axis = TimeAxis::whole(report);
  constexpr double kHeight = 130;
  std::uint64_t most = 1;
  for (const SeriesPoint& point : series->points) most = std::max(most, total(point));
  const double per_second =
      static_cast<double>(most) / std::max(base::to_seconds(series->width), 1e-3);
  most += most / 5 + 1;  // room for the words above the bars
  Html body = axis.ticks(8, 8 + kHeight);
  Html paths;
  for (std::size_t i = 0; i < std::size(kParts); ++i)
    paths += bars(axis, *series, i, kHeight, most);
  body +=
      {fmt::format("<svg width=\"100%\" height=\"{0}\" viewBox=\"0 0 {1} {0}\" "
                   "preserveAspectRatio=\"none\">{2}</svg>",
                   kHeight + 9, kPathWidth, paths)};
  body += moments(report, axis, 8, 8 + kHeight);
  body += text(0, 20, "start", "tick halo", escape("most " + number(per_second) + " writes/s"));
  body += lost_label(report, axis);
  return svg(kHeight + 26, "Ledger writes over time by what became of them", body);
}

Html objective_bar(const drill::ObjectiveResult& objective) {
  if (!objective.service || !objective.user_visible || !objective.objective) return {};
  const drill::Bounds& service = *objective.service;
  const drill::Duration asked = *objective.objective;
  const auto most = std::max({asked, service.lower, service.upper.value_or(service.lower * 5 / 4)});
  const double whole = std::max(base::to_seconds(most) * 1.12, 1e-6);
  const auto percent = [&](drill::Duration d) {
    return std::clamp(100 * base::to_seconds(d) / whole, 0.0, 100.0);
  };
  const double low = percent(std::min(objective.user_visible->lower, service.lower));
  const double high = service.upper ? percent(*service.upper) : 100;
  const double goal = percent(asked);
  Html body{"<rect class=\"track\" y=\"6\" width=\"100%\" height=\"16\" rx=\"3\"/>"};
  body += {fmt::format("<rect class=\"allowed\" y=\"6\" width=\"{:.2f}%\" height=\"16\" rx=\"3\"/>",
                       goal)};
  body +=
      {fmt::format("<rect class=\"fill {0}\" y=\"9\" width=\"{1:.2f}%\" height=\"10\"/><rect "
                   "class=\"fill soft {0}\" x=\"{1:.2f}%\" y=\"9\" width=\"{2:.2f}%\" "
                   "height=\"10\"/>",
                   in_words(objective.verdict), low, std::max(high - low, 0.4))};
  body += {fmt::format("<line class=\"goal\" x1=\"{0:.2f}%\" x2=\"{0:.2f}%\" y1=\"2\" y2=\"26\"/>",
                       goal)};
  const bool left = goal > 50;
  body += text(goal, 39, left ? "end" : "start", "tick", escape("objective " + base::human(asked)));
  body += text(left ? 0 : 100, 39, left ? "start" : "end", "tick", {left ? "0" : ""});
  return svg(44, objective.name + " measured against its objective", body);
}

Html target_bar(const drill::PhaseResult& phase) {
  if (phase.target == drill::Duration{} || !phase.took) return {};
  const double used = 100 * base::to_seconds(*phase.took) / base::to_seconds(phase.target);
  const bool over = used > 100;
  return {fmt::format(
      "<svg class=\"mini\" width=\"90\" height=\"12\" role=\"img\" aria-label=\"{0} % "
      "of the target\"><title>{0} % of the target</title><rect class=\"track\" "
      "width=\"80\" y=\"1\" height=\"10\" rx=\"2\"/><rect class=\"fill {1}\" "
      "width=\"{2:.1f}\" y=\"1\" height=\"10\" rx=\"2\"/><line class=\"goal\" "
      "x1=\"80\" x2=\"80\" y1=\"0\" y2=\"12\"/></svg>",
      number(std::max(used, 0.01)), over ? "missed" : "met", std::clamp(used * 0.8, 1.5, 90.0))};
}

Html score_bar(double score) {
  const double share = std::clamp(score, 0.0, 100.0);
  return {fmt::format(
      "<svg class=\"mini\" width=\"120\" height=\"12\" role=\"img\" aria-label=\"{0} of "
      "100\"><rect class=\"track\" width=\"120\" y=\"1\" height=\"10\" rx=\"2\"/><rect "
      "class=\"fill {1}\" width=\"{2:.1f}\" y=\"1\" height=\"10\" rx=\"2\"/></svg>",
      number(score),
      share >= 99.995 ? "met"
      : share >= 50   ? "inconclusive"
                      : "missed",
      share * 1.2)};
}

}  // namespace report
