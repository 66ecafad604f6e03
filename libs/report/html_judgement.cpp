// What follows from the measurements: criteria, compliance, advice, and where it all comes from.
#include "drill/criteria.h"
#include "report/html_sections.h"
#include "report/plot.h"
#include "report/words.h"

namespace report {
namespace {

drill::Verdict verdict_of_severity(const std::string& severity) {
  if (severity == "critical" || severity == "high") return drill::Verdict::Missed;
  return drill::Verdict::Inconclusive;
}

}  // namespace

Html severity_tag(const std::string& severity) {
  return {fmt::format("<span class=\"tag {}\">{}</span>", in_words(verdict_of_severity(severity)),
                      escape(severity))};
}

Html criteria_section(const drill::Report& report) {
  Html out = element("h2", "", {"Criteria"});
  Table table({{"Window"},
               {"Metric"},
               {"Statistic"},
               {"Target", true},
               {"Measured", true},
               {"Samples", true},
               {"Verdict"},
               {"Reason"}});
  for (const auto& c : report.criteria) {
    table.row({escape(c.window), escape(drill::label(c)), escape(c.statistic), escape(target(c)),
               escape(measured(c)), escape(number(c.samples)), tag(c.verdict), escape(c.reason)});
  }
  out += table.has_rows() ? table.html() : element("p", "", {"The plan states none."});
  return out;
}

Html compliance_section(const drill::Report& report) {
  const drill::Compliance& c = report.compliance;
  Html out = element("h2", "", escape(fmt::format("Compliance: {} of 100", number(c.score))));
  Table parts({{"Part"}, {"Score", true}, {"Of 100"}});
  const std::pair<const char*, std::optional<double>> scores[] = {{"Recovery time", c.rto},
                                                                  {"Recovery point", c.rpo},
                                                                  {"Performance", c.performance},
                                                                  {"Monitoring", c.monitoring}};
  for (const auto& [part, score] : scores)
    parts.row({escape(part), escape(score ? number(*score) : "not scored"),
               score ? score_bar(*score) : Html{"the plan states nothing to score"}});
  out += parts.html();
  Table watched({{"Signal"}, {"Seen", true}, {"Of 100"}, {"Monitored"}, {"How"}});
  for (const auto& m : report.monitoring) {
    watched.row({escape(m.signal),
                 escape(number(m.percent) + " %"),
                 score_bar(m.percent),
                 {m.monitored ? "yes" : "no"},
                 escape(m.detail)});
  }
  if (watched.has_rows()) out += watched.html();
  Table table({{"Violation"}, {"Severity"}, {"Figures"}});
  for (const auto& v : c.violations)
    table.row({escape(v.what), severity_tag(v.severity), escape(v.detail)});
  if (table.has_rows()) out += table.html();
  return out;
}

Html history_section(const drill::Report& report) {
  if (!report.history) return {};
  const drill::HistorySummary& history = *report.history;
  Html out = element("h2", "", {"Over many drills"});
  out += element("p", "muted", escape(comparable(history)));
  Table table({{"Objective"},
               {"Met", true},
               {"At least, with 95 % confidence", true},
               {"Mean", true},
               {"Worst", true},
               {"Trend"}});
  const std::pair<const char*, const drill::ObjectiveHistory&> rows[] = {{"RTO", history.rto},
                                                                         {"RPO", history.rpo}};
  for (const auto& [name, o] : rows) {
    if (o.of == 0 && history.drills > 0) continue;  // the plan asks for none
    table.row(
        {escape(name), escape(fmt::format("{} of {}", o.met, o.of)),
         escape(number(o.lower_bound * 100) + " %"), escape(o.mean ? base::human(*o.mean) : "–"),
         escape(o.never_back ? "never back"
                : o.worst    ? base::human(*o.worst)
                             : "–"),
         escape(o.trend == drill::Trend::Stable ? "none seen" : spaced(drill::name(o.trend)))});
  }
  out += table.html();
  return out;
}

Html recommendations_section(const std::vector<drill::Recommendation>& recommendations) {
  if (recommendations.empty()) return {};
  Html out = element("h2", "", {"What to change"});
  for (const auto& r : recommendations) {
    Html body = element("div", "k", [&] {
      Html key = escape(fmt::format("{}: {} measured, target {}", r.metric, number(r.measured),
                                    number(r.target)));
      key += severity_tag(r.priority);
      return key;
    }());
    body += element("p", "", escape(r.text));
    Html steps;
    for (const std::string& step : r.steps) steps += element("li", "", escape(step));
    if (!r.steps.empty()) body += element("ul", "why", steps);
    out += element("div", "card", body);
  }
  return out;
}

Html samples_section(const drill::Report& report) {
  if (report.samples.empty()) return {};
  const auto count = [](const auto& value) {
    return value ? escape(number(std::uint64_t{*value})) : Html{"–"};
  };
  Table table({{"At", true},
               {"Phase"},
               {"Good", true},
               {"Bad", true},
               {"Users' operations", true},
               {"p95", true},
               {"Primary"},
               {"Standbys", true},
               {"Lag, bytes", true},
               {"Pool busy", true},
               {"Waiting", true}});
  for (const drill::Sample& s : report.samples) {
    table.row({escape(offset(s.from, report.steady_start)), escape(spaced(name(s.phase))),
               escape(number(s.good)), escape(number(s.bad)), escape(number(s.load_operations)),
               escape(s.load_p95_millis ? number(*s.load_p95_millis) + " ms" : "–"),
               escape(s.primary.empty() ? "–" : s.primary), count(s.standbys), count(s.lag_bytes),
               count(s.pool_busy), count(s.pool_waiting)});
  }
  Html folded = element("summary", "",
                        escape(fmt::format("{} samples, one every {}", report.samples.size(),
                                           base::human(report.sample_period))));
  folded += table.html();
  return element("details", "", folded);
}

Html events_section(const drill::Report& report) {
  if (report.timeline.empty()) return {};
  Html out = element("h2", "", {"Events"});
  Table table({{"At", true}, {"Event"}, {"Subject"}, {"Details"}});
  for (const auto& event : report.timeline) {
    table.row({escape(offset(event.at, report.steady_start)), escape(spaced(name(event.kind))),
               escape(event.subject), escape(event.text)});
  }
  out += table.html();
  return out;
}

Html provenance_section(const drill::Report& report) {
  Html out = element("h2", "", {"Where this comes from"});
  Html list;
  for (const auto& [part, version] : report.versions) {
    list += {fmt::format("<dt>{}</dt><dd>{}</dd>", escape(part), escape(version))};
  }
  if (!report.directory.empty()) {
    list += {fmt::format("<dt>evidence</dt><dd><code>{}</code></dd>", escape(report.directory))};
  }
  out += element("dl", "facts", list);
  if (!report.plan_yaml.empty()) {
    out += element("h3", "", {"The plan, exactly as it ran"});
    out += element("pre", "", escape(report.plan_yaml));
  }
  return out;
}

}  // namespace report
