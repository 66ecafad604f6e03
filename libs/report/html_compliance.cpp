// The page over many drills, in the order an auditor asks: is it proven, how recently, how surely,
// how does it develop, what was wrong, and by which drills.
#include <cmath>

#include "report/html_page.h"
#include "report/html_sections.h"
#include "report/plan_compliance.h"
#include "report/plot.h"
#include "report/words.h"

namespace report {
namespace {

std::string percent(double share) {
  return fmt::format("{:.1f} %", std::floor(share * 1000) / 10);
}

std::string plural(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", number(std::uint64_t{count}), what, count == 1 ? "" : "s");
}

Html badge(bool compliant) {
  return {fmt::format("<span class=\"tag {}\">{}</span>", compliant ? "met" : "missed",
                      compliant ? "✓ compliant" : "✗ not compliant")};
}

Html share_bar(const drill::ObjectiveRecord& record) {
  Html body{"<rect class=\"track\" y=\"4\" width=\"100%\" height=\"12\" rx=\"3\"/>"};
  body += {fmt::format(
      "<rect class=\"fill soft met\" y=\"4\" width=\"{:.2f}%\" height=\"12\" rx=\"3\"/><rect "
      "class=\"fill met\" y=\"4\" width=\"{:.2f}%\" height=\"12\" rx=\"3\"/>",
      record.ratio * 100, record.lower_bound * 100)};
  return svg(20,
             fmt::format("{} met in {}, at least {}", record.name, percent(record.ratio),
                         percent(record.lower_bound)),
             body);
}

Html card(const Html& key, std::string_view value, const Html& rest) {
  Html body = element("div", "k", key);
  body += element("div", "v", escape(value));
  body += rest;
  return element("div", "card", body);
}

Html objective_card(const drill::ObjectiveRecord& record, std::string_view title) {
  if (!record.objective) {
    return card(escape(title), "–", element("p", "muted", escape(kNoObjective)));
  }
  Html rest = share_bar(record);
  rest += element("p", "",
                  escape(fmt::format("At least {} of all drills, with 95 % confidence.",
                                     percent(record.lower_bound))));
  rest += element("p", "muted",
                  escape(fmt::format("Missed {}, inconclusive {}, invalid {}.", record.missed,
                                     record.inconclusive, record.invalid)));
  return card(escape(title), fmt::format("met in {} of {}", record.met, record.of), rest);
}

Html tested_card(const drill::PlanCompliance& plan) {
  const std::string allowed = fmt::format(
      "Evidence may be {} old.", plural(static_cast<std::size_t>(plan.max_age_days), "day"));
  if (!plan.last_tested) {
    return card({"Last tested"}, "never", element("p", "muted", escape(allowed)));
  }
  const auto days = static_cast<std::size_t>(plan.age / base::seconds(86'400));
  Html rest =
      element("p", "", escape(plural(days, "day") + " ago, by " + plan.last_tested_by + "."));
  rest += element("p", plan.stale ? "" : "muted", escape(allowed));
  return card({"Last tested"}, base::rfc3339(*plan.last_tested).substr(0, 10), rest);
}

Html counts_card(const drill::PlanCompliance& plan) {
  std::string note;
  if (plan.left_out > 0) {
    note += fmt::format("{} of another spec or with other overrides left out. ",
                        plural(plan.left_out, "drill"));
  }
  if (plan.unreported > 0) note += plural(plan.unreported, "drill") + " without a report.";
  Html rest = element("p", "", {"Of the same spec, profile and overrides."});
  if (!note.empty()) rest += element("p", "muted", escape(note));
  return card({"Comparable drills"}, number(std::uint64_t{plan.drills.size()}), rest);
}

Html objectives_table(const drill::PlanCompliance& plan) {
  Table table({{"Objective"},
               {"At most", true},
               {"Met", true},
               {"Share", true},
               {"At least, 95 %", true},
               {"Mean", true},
               {"Worst", true},
               {"Trend"}});
  for (const drill::ObjectiveRecord* r : {&plan.rto, &plan.rpo}) {
    if (!r->objective) continue;
    table.row({escape(r->name), escape(base::human(*r->objective)),
               escape(fmt::format("{} of {}", r->met, r->of)), escape(percent(r->ratio)),
               escape(percent(r->lower_bound)), escape(in_words(r->mean)),
               escape(in_words(r->worst)), escape(in_words(r->trend))});
  }
  return table.has_rows() ? table.html() : Html{};
}

Html figure(std::string_view title, std::string_view note, const Html& plot) {
  if (plot.text.empty()) return {};
  Html caption = escape(title);
  caption += element("span", "", escape(note.empty() ? "" : " · " + std::string(note)));
  Html body = element("figcaption", "", caption);
  body += plot;
  return element("figure", "", body);
}

Html violations_table(const drill::PlanCompliance& plan) {
  Html out = element("h3", "", {"Violations, newest first"});
  Table table({{"Day", true}, {"Severity"}, {"Violation"}, {"Drill"}, {"Figures"}});
  for (const drill::PastViolation& past : plan.violations) {
    table.row({escape(base::rfc3339(past.at).substr(0, 10)), severity_tag(past.violation.severity),
               escape(past.violation.what), escape(past.drill_id), escape(past.violation.detail)});
  }
  out += table.has_rows() ? table.html() : element("p", "", {"None."});
  return out;
}

Html drills_table(const drill::PlanCompliance& plan) {
  Table table({{"Started"}, {"Drill"}, {"RTO", true}, {"RPO", true}, {"Score", true}, {"Verdict"}});
  for (auto row = plan.drills.rbegin(); row != plan.drills.rend(); ++row) {
    table.row({escape(base::rfc3339(row->started)), escape(row->drill_id),
               escape(in_words(row->rto)), escape(in_words(row->rpo)), escape(number(row->score)),
               tag(row->verdict)});
  }
  Html folded = element("summary", "", escape(plural(plan.drills.size(), "drill")));
  if (table.has_rows()) folded += table.html();
  return {"<details open>" + folded.text + "</details>\n"};
}

Html plan_section(const drill::PlanCompliance& plan) {
  Html title = escape(plan.plan);
  if (!plan.profile.empty()) title += element("span", "muted", escape(" · " + plan.profile));
  title += {" "};
  title += badge(plan.compliant());
  Html out = element("h2", "", title);
  if (!plan.overrides.empty()) out += element("p", "muted", escape("With " + plan.overrides));
  Html reasons;
  for (const std::string& reason : plan.reasons) reasons += element("li", "", escape(reason));
  if (!plan.reasons.empty()) out += element("ul", "why", reasons);
  Html cards = objective_card(plan.rto, "Recovery time (RTO)");
  cards += objective_card(plan.rpo, "Recovery point (RPO)");
  cards += tested_card(plan);
  cards += counts_card(plan);
  out += element("div", "cards", cards);
  Html plots = figure("Recovery time of each drill", in_words(plan.rto.trend),
                      objective_history_plot(plan, plan.rto, &drill::Summary::rto));
  plots += figure("Recovery point of each drill", in_words(plan.rpo.trend),
                  objective_history_plot(plan, plan.rpo, &drill::Summary::rpo));
  plots += figure("Compliance score of each drill", "0 to 100", score_history_plot(plan));
  out += element("div", "pair", plots);
  out += objectives_table(plan);
  out += violations_table(plan);
  out += recommendations_section(plan.recommendations);
  out += drills_table(plan);
  return out;
}

}  // namespace

std::string compliance_html(const ComplianceOverview& overview) {
  const bool compliant = overview.compliant();
  Html left{"<div class=\"eyebrow\">Muster · disaster-recovery drills</div>"};
  left += element("h1", "", {"Compliance over time"});
  left += element("p", "muted",
                  escape(fmt::format(
                      "As of {}{}.", base::rfc3339(overview.at),
                      overview.since ? "; drills since " + base::rfc3339(*overview.since) : "")));
  Html head = element("div", "", left);
  head += {fmt::format("<div class=\"verdict {}\">{}<small>{}</small></div>",
                       compliant ? "met" : "missed", compliant ? "✓ compliant" : "✗ not compliant",
                       escape(plural(overview.plans.size(), "assessment")))};
  Html body = element("header", "head", head);
  for (const drill::PlanCompliance& plan : overview.plans) body += plan_section(plan);
  return page(
      "Compliance over time", body,
      {"A share of few drills says little: what it is at least, with 95 % confidence, is "
       "beside it (Clopper–Pearson). Inconclusive and invalid drills met nothing. A trend is "
       "named where a Mann–Kendall test finds it at 5 %. Bars reach from the lower to the "
       "upper bound of what was measured."});
}

}  // namespace report
