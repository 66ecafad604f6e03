// What each stream saw over time: strips of availability, and latency on a logarithmic scale,
// because the same picture has to show 2 ms of a good day and the seconds of a bad one.
#include <algorithm>
#include <cmath>

#include "report/plot.h"

namespace report {
namespace {

using drill::SeriesPoint;
using drill::StreamKind;

const drill::StreamResult* result_of(const drill::Report& report, const std::string& stream) {
  for (const auto& one : report.streams) {
    if (one.stream.name == stream) return &one;
  }
  return nullptr;
}

enum class Health { None, Good, Late, Mixed, Bad };

Health health(const SeriesPoint& point) {
  if (point.good + point.bad + point.ok_late == 0) return Health::None;
  if (point.bad == 0) return point.ok_late > 0 ? Health::Late : Health::Good;
  return point.good > 0 ? Health::Mixed : Health::Bad;
}

struct Look {
  const char* css;
  const char* words;
};
Look look(Health health) {
  switch (health) {
    case Health::None: return {"blk none", "no operations"};
    case Health::Good: return {"blk good", "all good"};
    case Health::Late: return {"blk late", "some later than the deadline"};
    case Health::Mixed: return {"blk warn", "good and bad"};
    case Health::Bad: return {"blk bad", "all bad"};
  }
  return {"", ""};
}

/// Buckets of equal health as one block: fewer elements, and one tooltip per stretch.
Html strip(const drill::Report& report, const TimeAxis& axis, const drill::Series& series,
           double top) {
  Html out;
  for (std::size_t i = 0; i < series.points.size();) {
    const Health kind = health(series.points[i]);
    std::size_t end = i;
    std::uint64_t good = 0, bad = 0;
    for (; end < series.points.size() && health(series.points[end]) == kind; ++end) {
      good += series.points[end].good;
      bad += series.points[end].bad;
    }
    const auto from = series.points[i].at, to = series.points[end - 1].at + series.width;
    const std::string title =
        fmt::format("{} to {}: {} ({} good, {} bad)", offset(from, report.steady_start),
                    offset(to, report.steady_start), look(kind).words, number(good), number(bad));
    out += block({axis.at(from), axis.at(to), "", title, look(kind).css}, top, 12);
    i = end;
  }
  return out;
}

Html strip_caption(const drill::Series& series, const drill::StreamResult* result, double y) {
  Html out{
      fmt::format("<text x=\"0\" y=\"{}\" class=\"cap\"><tspan class=\"strong\">{}</tspan>"
                  "<tspan dx=\"8\" class=\"wide\">{}</tspan></text>",
                  y, escape(series.stream), escape(result ? meaning(result->stream.kind) : ""))};
  if (result != nullptr && result->bad > 0 && result->downtime) {
    out += text(100, y, "end", "cap", escape("down " + in_words(*result->downtime)));
  }
  return out;
}

/// The logarithmic scale of a latency plot. Units: milliseconds.
struct Scale {
  double low = 1, high = 10;  // powers of ten
  double height = 150, top = 14;
  double y(double millis) const {
    const double share = std::log10(std::clamp(millis, low, high) / low) / std::log10(high / low);
    return top + height * (1 - share);
  }
};

Scale scale_of(const drill::Series& series, double deadline_millis) {
  double low = 1e9, high = 0.001;
  for (const SeriesPoint& point : series.points) {
    if (point.p50_millis > 0.0F) low = std::min(low, static_cast<double>(*point.p50_millis));
    high = std::max(high, static_cast<double>(point.max_millis.value_or(0)));
  }
  high = std::max(high, deadline_millis);
  Scale scale;
  scale.low = std::pow(10, std::floor(std::log10(std::min(low, high))));
  scale.high = std::pow(10, std::ceil(std::log10(high) - 1e-9));
  if (scale.high <= scale.low) scale.high = scale.low * 10;
  return scale;
}

Html curve(const TimeAxis& axis, const drill::Series& series, const Scale& scale,
           std::optional<float> SeriesPoint::* value, const char* css) {
  std::string path;
  bool drawing = false;
  for (const SeriesPoint& point : series.points) {
    const float millis = (point.*value).value_or(0);
    if (!(millis > 0)) {
      drawing = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", drawing ? "L" : "M",
                        axis.path_at(point.at + series.width / 2), scale.y(millis));
    drawing = true;
  }
  return {fmt::format("<path class=\"curve {}\" d=\"{}\"/>\n", css, path)};
}

/// Where operations were bad, as a band whose strength is their share.
Html bad_band(const TimeAxis& axis, const drill::Series& series, const Scale& scale) {
  Html out;
  for (const SeriesPoint& point : series.points) {
    if (point.bad == 0) continue;
    const double share =
        static_cast<double>(point.bad) / static_cast<double>(point.bad + point.good);
    const double x = axis.path_at(point.at), next = axis.path_at(point.at + series.width);
    out +=
        {fmt::format("<rect class=\"badband\" x=\"{:.1f}\" y=\"{}\" width=\"{:.2f}\" "
                     "height=\"{:.1f}\"/>",
                     x, scale.top + scale.height * (1 - share), next - x, scale.height * share)};
  }
  return out;
}

std::vector<double> decades(const Scale& scale) {
  std::vector<double> values;
  for (double value = scale.low; value <= scale.high * 1.001; value *= 10) values.push_back(value);
  return values;
}

Html grid(const Scale& scale) {
  Html out;
  for (const double value : decades(scale)) {
    out += {fmt::format("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>",
                        scale.y(value))};
  }
  return out;
}

/// Drawn last, over the curves.
Html grid_labels(const Scale& scale) {
  Html out;
  for (const double value : decades(scale)) {
    const std::string words = value >= 1000 ? number(value / 1000) + " s" : number(value) + " ms";
    out += text(0, scale.y(value) - 3, "start", "tick halo", escape(words));
  }
  return out;
}

Html latency_plot(const drill::Report& report, const drill::Series& series) {
  const auto* result = result_of(report, series.stream);
  const double deadline = result == nullptr ? 0 : base::to_millis(result->stream.deadline);
  const TimeAxis axis = TimeAxis::whole(report);
  const Scale scale = scale_of(series, deadline);
  const double bottom = scale.top + scale.height;
  Html body = axis.ticks(scale.top, bottom);
  body += grid(scale);
  Html curves = bad_band(axis, series, scale);
  curves += curve(axis, series, scale, &SeriesPoint::max_millis, "max");
  curves += curve(axis, series, scale, &SeriesPoint::p95_millis, "p95");
  curves += curve(axis, series, scale, &SeriesPoint::p50_millis, "p50");
  body +=
      {fmt::format("<svg width=\"100%\" height=\"{0}\" viewBox=\"0 0 {1} {0}\" "
                   "preserveAspectRatio=\"none\">{2}</svg>",
                   bottom + 2, kPathWidth, curves)};
  if (deadline > 0) {
    body +=
        {fmt::format("<line class=\"limit\" x1=\"0\" x2=\"100%\" y1=\"{0:.1f}\" y2=\"{0:.1f}\">"
                     "<title>deadline {1} ms</title></line>",
                     scale.y(deadline), number(deadline))};
    body += text(100, scale.y(deadline) + 12, "end", "tick halo", {"deadline"});
  }
  body += moments(report, axis, scale.top, bottom);
  body += grid_labels(scale);
  const Html title = escape(series.stream);
  Html caption = element("span", "muted", escape(result ? meaning(result->stream.kind) : ""));
  return {fmt::format("<figure><figcaption><b>{}</b> {}</figcaption>{}</figure>", title, caption,
                      svg(bottom + 18, "Latency over time of stream " + series.stream, body))};
}

bool has_latency_plot(const drill::StreamResult* result) {
  if (result == nullptr) return false;
  const StreamKind kind = result->stream.kind;
  return kind == StreamKind::Ledger || kind == StreamKind::ServiceNew ||
         kind == StreamKind::ServiceOpen || kind == StreamKind::ReadService;
}

}  // namespace

Html availability_plot(const drill::Report& report) {
  if (report.series.empty()) return {};
  const TimeAxis axis = TimeAxis::whole(report);
  const double bottom = 36 * static_cast<double>(report.series.size()) + 4;
  Html body = axis.ticks(0, bottom);
  Html captions;
  double top = 0;
  for (const drill::Series& series : report.series) {
    body += strip(report, axis, series, top + 18);
    captions += strip_caption(series, result_of(report, series.stream), top + 13);
    top += 36;
  }
  body += moments(report, axis, 0, bottom);
  body += captions;
  return svg(bottom + 18, "Availability of each stream over the drill", body);
}

Html latency_plots(const drill::Report& report) {
  Html out;
  for (const drill::Series& series : report.series) {
    if (has_latency_plot(result_of(report, series.stream))) out += latency_plot(report, series);
  }
  return out;
}

}  // namespace report
