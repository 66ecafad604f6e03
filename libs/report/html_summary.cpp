// The head of the page: the verdict, its reasons, the objectives and what happened when.
#include "report/html_sections.h"
#include "report/plot.h"
#include "report/words.h"

namespace report {
namespace {

Html card(const Html& key, const Html& value, const Html& rest) {
  return {fmt::format(
      "<div class=\"card\"><div class=\"k\">{}</div><div class=\"v\">{}</div>{}</div>\n", key,
      value, rest)};
}

Html paragraph(std::string_view text) {
  return text.empty() ? Html{} : element("p", "muted", escape(text));
}

std::string mode_in_words(const std::string& mode) {
  if (mode == "Orchestrate") return "orchestrated: the plan's own steps recovered the service";
  if (mode == "Observe") return "observed: the plan broke, watched and judged; others recovered";
  return mode;
}

void fact(Html& list, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  list += {fmt::format("<dt>{}</dt><dd>{}</dd>", escape(key), escape(value))};
}

Html facts(const drill::Report& report) {
  Html list;
  fact(list, "Drill", report.drill_id);
  fact(list, "Started",
       fmt::format("{}, took {}", base::rfc3339(report.started),
                   base::human(report.finished - report.started)));
  fact(list, "Failure", report.failure_type);
  fact(list, "Mode", mode_in_words(report.mode));
  fact(list, "Profile", report.profile);
  fact(list, "Overrides", report.overrides);
  if (report.load_seed) fact(list, "Load seed", std::to_string(*report.load_seed));
  fact(list, "Ended",
       report.ending_reason.empty() ? spaced(name(report.ending))
                                    : spaced(name(report.ending)) + ": " + report.ending_reason);
  fact(list, "System state", spaced(name(report.final_state)));
  return element("dl", "facts", list);
}

Html objective_card(const drill::ObjectiveResult& objective, std::string_view title,
                    const std::string& note) {
  Html rest = objective_bar(objective);
  rest += element("p", "", escape(objective.reason));
  if (objective.user_visible && objective.user_visible != objective.service) {
    rest += paragraph("As users saw it: " + in_words(objective.user_visible) + ".");
  }
  rest += paragraph(note);
  Html key = element("span", "", escape(title));
  key += objective.verdict ? tag(*objective.verdict) : element("span", "tag", {"not asked for"});
  return card(key, escape(in_words(objective)), rest);
}

std::string judged_by(const drill::ObjectiveResult& objective) {
  if (objective.decided_by.empty()) return "";
  return fmt::format("Judged by {}, counted from {}.", objective.decided_by,
                     spaced(objective.zero_point.c_str()));
}

Html loss_card(const drill::Report& report) {
  const drill::LedgerResult& ledger = report.ledger;
  std::string note = fmt::format("of {} acknowledged", number(ledger.ok));
  if (!report.rpo_records) note += "; no final read was made, so what became of them is not known";
  if (ledger.info > 0) note += fmt::format("; {} of unknown outcome", number(ledger.info));
  return card({"Acknowledged writes lost"}, escape(found(report.rpo_records)),
              paragraph(note + "."));
}

Html small_cards(const drill::Report& report) {
  Html cards = loss_card(report);
  const auto& c = report.consistency;
  const bool scored = c.score_of > 0;
  cards += card({"Consistency"}, escape(scored ? number(c.score_percent) + " %" : "not measured"),
                paragraph(c.split_brain_definite > 0
                              ? number(c.split_brain_definite) + " writes in split brain."
                              : "No split brain seen."));
  Html score = score_bar(report.compliance.score);
  score += paragraph(report.compliance.violations.empty()
                         ? "No violations."
                         : fmt::format("{} violations.", report.compliance.violations.size()));
  cards += card({"Compliance score"}, escape(number(report.compliance.score) + " of 100"), score);
  cards += card({"Instrument"}, {report.instrument.healthy ? "✓ proven" : "! not trusted"},
                paragraph(report.instrument.detail));
  return element("div", "cards", cards);
}

std::string replication_at_fault(const drill::Report& report) {
  if (report.lag_at_fault.empty()) return "";
  const drill::LagSample& lag = report.lag_at_fault.front();
  return fmt::format("Replication at the fault: {}; {}. It explains the loss and is not the RPO.",
                     lag.bytes ? number(*lag.bytes) + " bytes not known to be replayed"
                               : "how many bytes were not replayed is unknown",
                     lag.replay_heard ? "a replay was heard of " + base::human(*lag.replay_heard) +
                                            " after its flush, there and back"
                                      : "how long a replay takes is unknown");
}

}  // namespace

Html tag(drill::Verdict verdict) {
  const std::string word = in_words(verdict);
  return {fmt::format("<span class=\"tag {}\">{} {}</span>", word, mark(verdict), word)};
}

Html summary_section(const drill::Report& report) {
  const std::string word = in_words(report.verdict);
  Html left{"<div class=\"eyebrow\">Muster · disaster-recovery drill</div>"};
  left += element("h1", "", escape(report.plan));
  if (!report.description.empty()) left += element("p", "", escape(report.description));
  left += facts(report);
  Html head = element("div", "", left);
  head += {fmt::format(
      "<div class=\"verdict {0}\">{1} {0}<small>the worst of all verdicts</small></div>", word,
      mark(report.verdict))};
  Html out = element("header", "head", head);
  Html reasons;
  for (const std::string& reason : report.reasons) reasons += element("li", "", escape(reason));
  if (!report.reasons.empty()) out += element("ul", "why", reasons);
  Html objectives = objective_card(report.rto, "Recovery time (RTO)", judged_by(report.rto));
  objectives += objective_card(report.rpo, "Recovery point (RPO)", replication_at_fault(report));
  out += element("div", "cards two", objectives);
  out += small_cards(report);
  return out;
}

Html timeline_section(const drill::Report& report) {
  Html out = element("h2", "", {"What happened when"});
  out += element("p", "muted",
                 {"Minutes and seconds since the start of the drill. Dashed lines: red the fault, "
                  "green the service back."});
  out += timeline_plot(report);
  return out;
}

Html outage_section(const drill::Report& report) {
  Html out = element("h2", "", {"The outage, phase by phase"});
  if (report.onset == drill::kNever) {
    out += element("p", "", {"No operation of a deciding stream was bad."});
  } else {
    out += element("p", "muted", {"Minutes and seconds since the first bad operation."});
    out += outage_plot(report);
  }
  const auto table_of = [](std::string_view what, std::string_view last,
                           const std::vector<drill::PhaseResult>& phases) {
    Table table({{std::string(what)},
                 {"Took", true},
                 {"Target", true},
                 {"Share of target"},
                 {"Verdict"},
                 {std::string(last)}});
    for (const auto& phase : phases) {
      const bool has_target = phase.target != drill::Duration{};
      Html verdict = !phase.met ? Html{has_target ? "not measured" : ""}
                                : tag(*phase.met ? drill::Verdict::Met : drill::Verdict::Missed);
      if (phase.out_of_order) verdict += {" <span class=\"muted\">out of order</span>"};
      Html took = escape(phase.took ? base::human(*phase.took) : "never ended");
      if (has_width(phase.bounds)) took += element("div", "muted", escape(in_words(*phase.bounds)));
      table.row({escape(phase.name), took, escape(has_target ? base::human(phase.target) : "–"),
                 target_bar(phase), verdict, escape(phase.detail)});
    }
    return table.has_rows() ? table.html() : Html{};
  };
  out += table_of("Phase", "How it was seen", report.phases);
  out += table_of("Step", "Part of the recovery", report.steps);
  return out;
}

}  // namespace report
