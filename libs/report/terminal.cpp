#include "report/terminal.h"

#include <algorithm>

#include <fmt/format.h>

#include "drill/criteria.h"
#include "report/columns.h"
#include "report/words.h"

namespace report {
namespace {

using drill::Verdict;

class Writer {
 public:
  Writer(const drill::Report& report, const TerminalOptions& options)
      : report_(report),
        columns_(std::max(options.columns, 60)),
        table_columns_(std::max(options.table_columns(), 60)),
        color_(options.color),
        html_path_(options.html_path) {}

  std::string write() {
    head();
    objectives();
    timeline();
    phases();
    streams();
    names();
    ledger();
    criteria();
    compliance();
    recommendations();
    vantages();
    instrument();
    foot();
    return std::move(out_);
  }

 private:
  static Cell verdict(Verdict verdict) {
    return {fmt::format("{} {}", mark(verdict), in_words(verdict)), color_of(verdict)};
  }
  void title(std::string_view text) { out_ += "\n" + painted(text, Color::Bold, color_) + "\n"; }
  void line(std::string_view text, int indent = 2) { out_ += wrapped(text, columns_, indent); }
  void table(const Columns& columns) {
    if (columns.has_rows()) out_ += columns.text(table_columns_, color_);
  }

  void head() {
    const Cell result = verdict(report_.verdict);
    out_ += painted(fit(one_line(report_.plan), columns_ - 20), Color::Bold, color_) + "  " +
            painted(result.text, result.color, color_) + "\n";
    line(fmt::format("{}, profile {}, {}", report_.drill_id, report_.profile,
                     base::rfc3339(report_.started)));
    if (!report_.overrides.empty()) line("overrides: " + report_.overrides);
    if (report_.load_seed) line(fmt::format("load seed {}", *report_.load_seed));
    if (report_.ending != drill::Ending::Completed || !report_.ending_reason.empty()) {
      line(fmt::format("ended: {}: {}", spaced(name(report_.ending)), report_.ending_reason));
    }
    for (const std::string& reason : report_.reasons) line("• " + reason);
  }

  void objectives() {
    title("Objectives");
    Columns table_of({"", "measured", ">objective", "verdict", "why"});
    for (const auto* o : {&report_.rto, &report_.rpo}) {
      table_of.row({{o->name},
                    {in_words(*o)},
                    {objective_in_words(o->objective)},
                    o->verdict ? verdict(*o->verdict) : Cell{in_words(o->verdict)},
                    {o->reason}});
    }
    table(table_of);
    if (report_.rto.user_visible && report_.rto.user_visible != report_.rto.service) {
      line(fmt::format("as users saw it: {}", in_words(report_.rto.user_visible)));
    }
  }

  void timeline() {
    if (report_.timeline.empty()) return;
    title("Timeline");
    Columns table_of({">at", "event", "subject", "details"});
    for (const auto& event : report_.timeline) {
      using Kind = drill::TimelineEvent::Kind;
      const bool bad = event.kind == Kind::StepFailed || event.kind == Kind::RestoreFailed ||
                       event.kind == Kind::FaultBegun;
      const Color color = bad                            ? Color::Red
                          : event.kind == Kind::Warning  ? Color::Yellow
                          : event.kind == Kind::Promoted ? Color::Green
                                                         : Color::None;
      table_of.row({{offset(event.at, report_.steady_start)},
                    {spaced(name(event.kind)), color},
                    {event.subject},
                    {event.text}});
    }
    table(table_of);
  }

  void phases() {
    const auto rows = [&](std::string_view heading, const std::vector<drill::PhaseResult>& list) {
      if (list.empty()) return;
      title(heading);
      Columns table_of({"", ">took", "between", ">target", "verdict", "details"});
      for (const auto& phase : list) {
        Cell met = phase.met ? verdict(*phase.met ? Verdict::Met : Verdict::Missed) : Cell{"–"};
        if (phase.out_of_order) met.text += ", out of order";
        table_of.row({{phase.name},
                      {phase.took ? base::human(*phase.took) : "never ended"},
                      {has_width(phase.bounds) ? in_words(*phase.bounds) : ""},
                      {phase.target == drill::Duration{} ? "–" : base::human(phase.target)},
                      met,
                      {phase.detail}});
      }
      table(table_of);
    };
    rows("Phases of the outage", report_.phases);
    rows("Recovery steps", report_.steps);
  }

  void streams() {
    if (report_.streams.empty()) return;
    title("Streams (★ decides)");
    Columns table_of({"", "what", ">operations", ">bad", ">down", "causes"});
    for (const auto& s : report_.streams) {
      table_of.row({{s.stream.name + (s.stream.decides ? " ★" : "")},
                    {meaning(s.stream.kind)},
                    {number(s.attempts)},
                    {number(s.bad), s.bad > 0 ? Color::Red : Color::None},
                    {s.bad > 0 && s.downtime ? in_words(*s.downtime) : "–"},
                    {s.reason.empty() ? in_words(s.bad_by_cause) : s.reason}});
    }
    table(table_of);
  }

  void names() {
    if (report_.names.empty()) return;
    title("Names");
    for (const auto& one : report_.names) line(fmt::format("{}: {}", one.name, in_words(one)));
  }

  void ledger() {
    title("Ledger");
    const auto& l = report_.ledger;
    line(fmt::format(
        "{} writes: {} acknowledged ({} kept, {} lost, {} delayed), {} failed, {} unknown "
        "({} of them present)",
        number(l.attempts), number(l.ok), found(l.kept), found(l.lost), found(l.delayed),
        number(l.fail), number(l.info), found(l.recovered_unknown)));
    if (l.cross_check_agrees) {
      line(fmt::format("the old primary holds {} of the {} lost writes: the two {}",
                       number(l.lost_found_on_old_primary), found(l.lost),
                       *l.cross_check_agrees ? "agree" : "do not agree"));
    }
    if (l.phantom + l.duplicate + l.corrupt + l.holes > 0) {
      line(fmt::format("{} phantom, {} duplicate, {} corrupt, {} holes", number(l.phantom),
                       number(l.duplicate), number(l.corrupt), number(l.holes)));
    }
    for (const std::string& problem : l.problems) line("! " + problem);
    const auto& c = report_.consistency;
    line(fmt::format("consistency {} of {} writes; split brain {}, stale reads {}, back in time {}",
                     c.score_of > 0 ? number(c.score_percent) + " %" : "not measured",
                     number(c.score_of), number(c.split_brain_definite), number(c.stale_reads),
                     number(c.non_monotonic_reads)));
  }

  void criteria() {
    if (report_.criteria.empty()) return;
    title("Criteria");
    Columns table_of({"window", "metric", "statistic", ">target", ">measured", "verdict", "why"});
    for (const auto& c : report_.criteria) {
      table_of.row({{c.window},
                    {drill::label(c)},
                    {c.statistic},
                    {target(c)},
                    {measured(c)},
                    verdict(c.verdict),
                    {c.reason}});
    }
    table(table_of);
  }

  static std::string scored(const std::optional<double>& score) {
    return score ? number(*score) : "not scored";
  }

  void compliance() {
    const auto& c = report_.compliance;
    title(fmt::format("Compliance {} of 100", number(c.score)));
    line(fmt::format("recovery time {}, recovery point {}, performance {}, monitoring {}",
                     scored(c.rto), scored(c.rpo), scored(c.performance), number(c.monitoring)));
    Columns table_of({"violation", "severity", "figures"});
    for (const auto& v : c.violations) table_of.row({{v.what}, {v.severity}, {v.detail}});
    table(table_of);
  }

  void recommendations() {
    if (report_.recommendations.empty()) return;
    title("What to change");
    for (const auto& r : report_.recommendations) {
      line(fmt::format("[{}] {}: {} (measured {}, target {})", r.priority, r.metric, r.text,
                       number(r.measured), number(r.target)));
      for (const std::string& step : r.steps) line("- " + step, 4);
    }
  }

  void vantages() {
    if (report_.vantages.empty()) return;
    title("Vantages (★ decided)");
    Columns table_of(
        {"", "where", "service away", "users saw", ">writes", ">lost", "verdict", "clock", "why"});
    for (const auto& v : report_.vantages) {
      table_of.row({{v.name + (v.decided ? " ★" : "")},
                    {v.place},
                    {in_words(v.service)},
                    {in_words(v.user_visible)},
                    {number(v.attempts)},
                    {found(v.lost), v.lost.value_or(0) > 0 ? Color::Red : Color::None},
                    v.verdict ? verdict(*v.verdict) : Cell{"–"},
                    {clock_of(v)},
                    {v.detail}});
    }
    table(table_of);
  }

  void instrument() {
    title("Instrument");
    const auto& i = report_.instrument;
    const auto inside = std::ranges::count_if(i.reference, &drill::ReferenceCheck::contained);
    line(fmt::format(
        "{}: {} of {} known outages inside the bounds; control target {}; {} stalls{}. {}",
        i.healthy ? "proven" : "not trusted", inside, i.reference.size(),
        i.control_healthy ? "up" : "failed too", i.stalled.count,
        i.stalled.count == 0
            ? ""
            : fmt::format(" ({} in all, the longest {}, {} in the outage)",
                          base::human(i.stalled.total), base::human(i.stalled.longest),
                          i.stalled.in_outage.size()),
        i.detail));
    for (const base::Duration step : i.wall_steps) line(wall_step(step));
  }

  void foot() {
    out_ += "\n";
    if (!report_.directory.empty()) out_ += "Evidence:    " + one_line(report_.directory) + "\n";
    if (!html_path_.empty()) out_ += "HTML report: " + html_path_ + "\n";
  }

  const drill::Report& report_;
  int columns_, table_columns_;
  bool color_;
  std::string html_path_;
  std::string out_;
};

}  // namespace

std::string terminal(const drill::Report& report, const TerminalOptions& options) {
  return Writer(report, options).write();
}

}  // namespace report
