#include "report/plot.h"

#include <algorithm>
#include <cmath>

namespace report {
namespace {

using drill::TimePoint;

constexpr double kPixelsPerCharacter = 6.4;

/// The distance between ticks: a round number of seconds, four to eight of them.
drill::Duration tick_step(drill::Duration length) {
  constexpr std::int64_t kSteps[] = {100,     200,     500,       1'000,     2'000,     5'000,
                                     10'000,  15'000,  30'000,    60'000,    120'000,   300'000,
                                     600'000, 900'000, 1'800'000, 3'600'000, 7'200'000, 14'400'000};
  for (const std::int64_t step : kSteps) {
    if (length / 6 <= base::millis(step)) return base::millis(step);
  }
  return length / 6;
}

std::string tick_text(drill::Duration since, drill::Duration step) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(since).count();
  const char* sign = ms < 0 ? "−" : "";
  const auto size = std::abs(ms);
  if (step < base::seconds(1)) {
    return fmt::format("{}{}:{:04.1f}", sign, size / 60'000,
                       static_cast<double>(size % 60'000) / 1000);
  }
  if (size >= 3'600'000) {
    return fmt::format("{}{}:{:02}:{:02}", sign, size / 3'600'000, size / 60'000 % 60,
                       size / 1000 % 60);
  }
  return fmt::format("{}{}:{:02}", sign, size / 60'000, size / 1000 % 60);
}

}  // namespace

TimeAxis::TimeAxis(TimePoint from, TimePoint to, TimePoint zero)
    : from_(from), to_(std::max(to, from + base::millis(1))), zero_(zero) {}

TimeAxis TimeAxis::whole(const drill::Report& report) {
  return {report.steady_start, end_of(report), report.steady_start};
}

double TimeAxis::at(TimePoint time) const {
  if (time >= to_) return 100;
  if (time <= from_) return 0;
  return 100 * base::to_seconds(time - from_) / base::to_seconds(to_ - from_);
}

Html TimeAxis::ticks(double top, double bottom) const {
  const drill::Duration step = tick_step(to_ - from_);
  const auto first = (from_ - zero_) / step - 1;
  Html out;
  for (auto i = first; zero_ + step * i <= to_; ++i) {
    const TimePoint time = zero_ + step * i;
    if (time < from_) continue;
    const double x = at(time);
    out +=
        {fmt::format("<line class=\"grid\" x1=\"{0:.2f}%\" x2=\"{0:.2f}%\" y1=\"{1}\" "
                     "y2=\"{2}\"/>",
                     x, top, bottom)};
    const char* anchor = x < 4 ? "start" : x > 96 ? "end" : "middle";
    out += text(x, bottom + 14, anchor, "tick", escape(tick_text(time - zero_, step)));
  }
  return out;
}

Html text(double percent, double y, std::string_view anchor, std::string_view css_class,
          const Html& content) {
  return {fmt::format("<text x=\"{:.2f}%\" y=\"{}\" text-anchor=\"{}\" class=\"{}\">{}</text>",
                      percent, y, anchor, css_class, content)};
}

Html block(const Block& what, double top, double height) {
  const double width = std::max(what.to - what.from, 0.15);
  const auto characters = std::count_if(what.label.begin(), what.label.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // not a continuation byte
  });
  const double needed = static_cast<double>(characters) * kPixelsPerCharacter + 10;
  std::string label;
  if (!what.label.empty() && width * kWidePixels / 100 >= needed) {
    const bool always = width * kNarrowPixels / 100 >= needed;
    label = fmt::format("<text x=\"5\" y=\"{}\" class=\"in{}\">{}</text>", height / 2 + 4,
                        always ? "" : " wide", escape(what.label));
  }
  return {
      fmt::format("<svg x=\"{:.3f}%\" y=\"{}\" width=\"{:.3f}%\" height=\"{}\" class=\"{}\">"
                  "<title>{}</title><rect width=\"100%\" height=\"100%\" rx=\"2\"/>{}</svg>\n",
                  what.from, top, width, height, what.css_class, escape(what.title), label)};
}

Html moment(const TimeAxis& axis, TimePoint at, double top, double bottom,
            std::string_view css_class, std::string_view title) {
  if (at == drill::kNever || !axis.shows(at)) return {};
  return {
      fmt::format("<line class=\"moment {0}\" x1=\"{1:.3f}%\" x2=\"{1:.3f}%\" y1=\"{2}\" "
                  "y2=\"{3}\"><title>{4}</title></line>",
                  css_class, axis.at(at), top, bottom, escape(title))};
}

Html moments(const drill::Report& report, const TimeAxis& axis, double top, double bottom) {
  const TimePoint start = report.steady_start;
  Html out = moment(axis, report.fault_begun, top, bottom, "fault",
                    "fault begun at " + offset(report.fault_begun, start));
  out += moment(axis, report.sustained, top, bottom, "back",
                "service back at " + offset(report.sustained, start));
  return out;
}

Html svg(double height, std::string_view description, const Html& content) {
  return {
      fmt::format("<svg class=\"plot\" width=\"100%\" height=\"{}\" role=\"img\" "
                  "aria-label=\"{}\">\n{}</svg>\n",
                  height, escape(description), content)};
}

}  // namespace report
