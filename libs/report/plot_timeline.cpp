// Two views of what happened when: the whole drill (phases, system state, outage, events) and the
// outage enlarged (its phases end to end, and each step on a line of its own).
#include <algorithm>

#include "report/plot.h"

namespace report {
namespace {

using drill::TimePoint;
using Kind = drill::TimelineEvent::Kind;

std::string span_title(const drill::Report& report, const Span& span) {
  return fmt::format("{}: {} to {} ({})", span.name, offset(span.from, report.steady_start),
                     offset(span.to, report.steady_start), base::human(span.to - span.from));
}

std::string css_of_phase(const std::string& phase) {
  if (phase == "Injection" || phase == "Recovery") return "blk hot";
  if (phase == "Baseline" || phase == "Validation") return "blk calm";
  return "blk side";
}

std::string css_of_state(const std::string& state) {
  if (state == "Normal") return "blk good";
  if (state == "Degraded" || state == "FailoverInProgress") return "blk bad";
  return "blk warn";
}

Html lane(const drill::Report& report, const TimeAxis& axis, const std::vector<Span>& spans,
          double top, std::string (*css)(const std::string&), std::string (*label)(const Span&)) {
  Html out;
  for (const Span& span : spans) {
    out += block({axis.at(span.from), axis.at(span.to), label(span), span_title(report, span),
                  css(span.name)},
                 top, 22);
  }
  return out;
}

const char* event_class(Kind kind) {
  switch (kind) {
    case Kind::FaultBegun:
    case Kind::FaultProven:
    case Kind::StepFailed:
    case Kind::RestoreFailed: return "dot bad";
    case Kind::Warning: return "dot warn";
    case Kind::Promoted:
    case Kind::RedundancyRestored: return "dot good";
    default: return "dot";
  }
}

Html events(const drill::Report& report, const TimeAxis& axis, double y) {
  Html out;
  for (const auto& event : report.timeline) {
    if (event.kind == Kind::PhaseBegan || event.kind == Kind::StateChanged) continue;
    out += {fmt::format(
        "<circle class=\"{}\" cx=\"{:.3f}%\" cy=\"{}\" r=\"4\"><title>{} {}: {}. {}"
        "</title></circle>\n",
        event_class(event.kind), axis.at(event.at), y, offset(event.at, report.steady_start),
        spaced(name(event.kind)), escape(event.subject), escape(event.text))};
  }
  return out;
}

Html outage_lane(const drill::Report& report, const TimeAxis& axis, double top) {
  Html out;
  for (const auto& stream : report.streams) {
    if (!stream.stream.decides) continue;
    for (const auto& window : stream.windows) {
      const TimePoint end = std::min(window.until, end_of(report));
      out += block({axis.at(window.from), axis.at(end), in_words(window.service),
                    stream.stream.name + ": " + in_words(window.service), "blk bad"},
                   top, 22);
    }
  }
  return out;
}

Html caption(double y, std::string_view words) {
  return text(0, y, "start", "cap", escape(words));
}

/// The bar of a step, with its name and duration beside it on the side that has room.
Html step_row(const drill::Report& report, const TimeAxis& axis, const Span& span, double top) {
  const double from = axis.at(span.from), to = axis.at(span.to);
  Html out =
      block({from, to, "", span_title(report, span), span.ok ? "blk step" : "blk bad"}, top, 14);
  const Html words = escape(fmt::format("{}  {}{}", span.name, base::human(span.to - span.from),
                                        span.ok ? "" : ", failed"));
  if (to < 55) {
    out +=
        {fmt::format("<svg x=\"{:.2f}%\" y=\"{}\" width=\"60%\" height=\"16\"><text x=\"6\" "
                     "y=\"12\" class=\"lbl\">{}</text></svg>",
                     to, top - 1, words)};
  } else if (from > 45) {
    out += {fmt::format(
        "<svg x=\"0\" y=\"{}\" width=\"{:.2f}%\" height=\"16\"><text x=\"100%\" dx=\"-6\""
        " y=\"12\" text-anchor=\"end\" class=\"lbl\">{}</text></svg>",
        top - 1, from, words)};
  } else {
    out += text(from + 1, top + 11, "start", "in", words);
  }
  return out;
}

}  // namespace

Html timeline_plot(const drill::Report& report) {
  const TimeAxis axis = TimeAxis::whole(report);
  Html body = axis.ticks(0, 192);
  body += lane(report, axis, drill_phase_spans(report), 17, css_of_phase,
               [](const Span& span) { return span.name; });
  body += lane(report, axis, state_spans(report), 63, css_of_state,
               [](const Span& span) { return spaced(span.name.c_str()); });
  body += {"<rect class=\"track\" x=\"0\" y=\"109\" width=\"100%\" height=\"22\" rx=\"2\"/>"};
  body += outage_lane(report, axis, 109);
  body += moments(report, axis, 0, 192);
  body += events(report, axis, 170);
  body += caption(12, "Phases of the drill");
  body += caption(58, "State of the system");
  body += caption(104, "Outage, by the streams that decide");
  body += caption(150, "Events (hover to read; listed at the end)");
  return svg(210, "Timeline of the whole drill", body);
}

Html outage_plot(const drill::Report& report) {
  if (report.onset == drill::kNever) return {};
  const TimePoint last = report.sustained == drill::kNever ? end_of(report) : report.sustained;
  const auto margin = (last - report.onset) / 12 + base::millis(50);
  const TimeAxis axis(report.onset - margin, last + margin, report.onset);
  std::vector<Span> steps = step_spans(report);
  std::erase_if(steps, [&](const Span& span) { return !axis.shows(span.from); });
  const double bottom = 62 + 22 * static_cast<double>(steps.size());
  Html body = axis.ticks(0, bottom);
  for (const Span& span : outage_phase_spans(report)) {
    body += block({axis.at(span.from), axis.at(span.to), span.name, span_title(report, span),
                   span.ok ? "blk hot" : "blk bad"},
                  17, 22);
  }
  body += moments(report, axis, 0, bottom);
  body += caption(12, "Phases of the outage");
  if (!steps.empty()) body += caption(58, "Steps");
  double top = 66;
  for (const Span& span : steps) {
    body += step_row(report, axis, span, top);
    top += 22;
  }
  return svg(bottom + 18, "The outage enlarged: phases and steps, time since the onset", body);
}

}  // namespace report
