// What was measured: the streams, the ledger, consistency, and the instrument's own proof.
#include <algorithm>
#include <span>

#include "report/html_sections.h"
#include "report/plot.h"
#include "report/words.h"

namespace report {
namespace {

struct Swatch {
  const char* css;
  const char* words;
  bool block;
};

Html legend(std::initializer_list<Swatch> swatches) {
  Html out;
  for (const Swatch& one : swatches) {
    const std::string mark = one.block ? fmt::format(
                                             "<svg class=\"{}\" width=\"12\" height=\"10\"><rect "
                                             "width=\"12\" height=\"10\"/></svg>",
                                             one.css)
                                       : fmt::format(
                                             "<svg width=\"12\" height=\"10\"><rect class=\"{}\" "
                                             "width=\"12\" height=\"10\"/></svg>",
                                             one.css);
    out += {fmt::format("<span>{}{}</span>", mark, one.words)};
  }
  return element("div", "legend", out);
}

std::string latencies(const drill::StreamResult& s) {
  if (!s.p50 || !s.p95 || !s.p99) return "not measured";
  return fmt::format("{:.3g} / {:.3g} / {:.3g} ms", base::to_millis(*s.p50),
                     base::to_millis(*s.p95), base::to_millis(*s.p99));
}

Html verdict_cell(const drill::StreamResult& s) {
  return s.verdict ? tag(*s.verdict) : element("span", "muted", {"not judged"});
}

std::string downtime(const drill::StreamResult& s) {
  if (!s.downtime) return "not measured";
  return s.bad == 0 ? "none" : in_words(*s.downtime);
}

Html stream_table(const drill::Report& report) {
  Table table({{"Stream"},
               {"Operations", true},
               {"Bad", true},
               {"Downtime", true},
               {"Outages", true},
               {"First success", true},
               {"Resolution", true},
               {"p50 / p95 / p99 before", true},
               {"Causes"}});
  for (const auto& s : report.streams) {
    Html stream = escape(s.stream.name);
    if (s.stream.decides) stream += {" <b title=\"decides the objectives\">★</b>"};
    stream += element("div", "", verdict_cell(s));
    Html causes = escape(in_words(s.bad_by_cause));
    if (!s.reason.empty()) causes += element("div", "muted", escape(s.reason));
    table.row({stream, escape(number(s.attempts)), escape(number(s.bad)), escape(downtime(s)),
               escape(number(std::uint64_t{s.windows.size()})),
               escape(s.first_success ? base::human(*s.first_success) : "–"),
               escape(s.largest_gap ? base::human(*s.largest_gap) : "–"), escape(latencies(s)),
               causes});
  }
  return table.has_rows() ? table.html() : Html{};
}

void count_row(Table& table, std::string_view what, const std::optional<std::uint64_t>& count,
               std::string_view meaning) {
  table.row({escape(what), escape(found(count)), escape(meaning)});
}

Html ledger_table(const drill::LedgerResult& l) {
  Table table({{"Writes"}, {"Count", true}, {"Meaning"}});
  count_row(table, "attempted", l.attempts, "through the service address");
  count_row(table, "acknowledged", l.ok, "the client was told that they are durable");
  count_row(table, "failed", l.fail, "proven not written");
  count_row(table, "unknown", l.info,
            "no answer the client could rely on; counted neither lost nor kept");
  count_row(table, "kept", l.kept, "acknowledged, and in the final read");
  count_row(table, "lost", l.lost, "acknowledged, and in neither final read");
  count_row(table, "delayed", l.delayed, "acknowledged, and only in the second final read");
  count_row(table, "recovered unknown", l.recovered_unknown, "unknown, and in the final read");
  if (l.phantom > 0)
    count_row(table, "phantom", l.phantom, "proven not written, and there all the same");
  if (l.duplicate > 0) count_row(table, "duplicate", l.duplicate, "there twice");
  if (l.corrupt > 0) count_row(table, "corrupt", l.corrupt, "there with a wrong HMAC");
  if (l.holes > 0)
    count_row(table, "holes", l.holes, "lost although a later write of the same term was kept");
  return table.html();
}

std::string cross_check(const drill::LedgerResult& l) {
  if (!l.lost) return "No final read was made: what became of the writes is not known.";
  if (!l.cross_check_agrees)
    return "The old primary was not read, so the losses are not cross-checked.";
  return fmt::format(
      "The old primary, read before it was rewound, holds {} of the {} lost writes{}.",
      number(l.lost_found_on_old_primary), found(l.lost),
      *l.cross_check_agrees ? ": the two agree" : ", and the two do not agree");
}

Html problems(const drill::LedgerResult& l) {
  Html items;
  for (const std::string& problem : l.problems) items += element("li", "", escape(problem));
  if (!l.identities_hold)
    items += element("li", "", {"The counts do not add up: the ledger cannot be judged."});
  return l.problems.empty() && l.identities_hold ? Html{} : element("ul", "why", items);
}

Html consistency(const drill::ConsistencyResult& c) {
  Table table({{"Consistency"}, {"Figure", true}, {"Meaning"}});
  table.row({{"score"},
             escape(c.score_of > 0 ? number(c.score_percent) + " %" : "not measured"),
             escape(fmt::format(
                 "of {} acknowledged writes before the recovery point, present once and intact",
                 number(c.score_of)))});
  table.row({{"split brain"},
             escape(number(c.split_brain_definite)),
             escape(fmt::format("writes acknowledged by the old primary after a higher term; {} "
                                "more possible; {} survived{}",
                                number(c.split_brain_possible), number(c.split_brain_survived),
                                c.split_brain ? "; for " + in_words(*c.split_brain) : ""))});
  table.row({{"fencing latency"},
             escape(c.fencing_latency ? base::human(*c.fencing_latency) : "–"),
             {"from the onset to the last acknowledgement by the old primary"}});
  table.row({{"stale reads"},
             escape(number(c.stale_reads)),
             escape(c.stale_reads > 0 ? "the stalest by " + base::human(c.stale_age_max) : "")});
  table.row({{"reads back in time"}, escape(number(c.non_monotonic_reads)), {}});
  return table.html();
}

/// A page is for reading: report.json has every stall.
constexpr std::size_t kStallsShown = 5;
constexpr std::size_t kStallsFolded = 200;

Html stall_items(const drill::Report& report, std::span<const drill::Stall> stalls) {
  Html items;
  for (const drill::Stall& stall : stalls) {
    items += element("li", "",
                     escape(fmt::format("{} at {}", base::human(stall.to - stall.from),
                                        offset(stall.from, report.steady_start))));
  }
  return element("ul", "why", items);
}

/// How many, how long, which of them matter; the rest is folded away.
Html stalls(const drill::Report& report) {
  const drill::StallSummary& all = report.instrument.stalled;
  if (all.count == 0) return element("p", "", {"The prober itself never stood still."});
  const std::span<const drill::Stall> touching = all.in_outage;
  Html out = element(
      "p", "",
      escape(fmt::format("The prober itself stood still {} time{}, {} in all, the longest {}; the "
                         "bounds are wider for it. {} of them touch{} the judged outage{}",
                         number(all.count), all.count == 1 ? "" : "s", base::human(all.total),
                         base::human(all.longest),
                         touching.empty() ? "None" : number(std::uint64_t{touching.size()}),
                         touching.size() == 1 || touching.empty() ? "es" : "",
                         touching.empty() ? "." : ":")));
  if (!touching.empty()) {
    out += stall_items(report, touching.first(std::min(touching.size(), kStallsShown)));
  }
  const std::span<const drill::Stall> each = report.instrument.stalls;
  const std::size_t listed = std::min(each.size(), kStallsFolded);
  const std::string title =
      listed == each.size()
          ? fmt::format("All {} stalls", each.size())
          : fmt::format("The first {} of {} stalls; report.json has all", listed, each.size());
  Html folded = element("summary", "", escape(title));
  folded += stall_items(report, each.first(listed));
  out += element("details", "", folded);
  return out;
}

/// Where clients were led; nothing where no name server was asked.
Html names(const drill::Report& report) {
  Table table({{"Name"}, {"What its server answered"}});
  for (const drill::NameSwitch& one : report.names) {
    table.row({escape(one.name), escape(in_words(one))});
  }
  return table.has_rows() ? table.html() : Html{};
}

}  // namespace

Html streams_section(const drill::Report& report) {
  Html out = element("h2", "", {"What users could do"});
  out += element("p", "muted",
                 {"Every stream of probe operations, open loop: an operation is good if it was "
                  "acknowledged within its deadline of the moment it was due."});
  out += legend({{"blk good", "all good", true},
                 {"blk late", "late", true},
                 {"blk warn", "good and bad", true},
                 {"blk bad", "all bad", true}});
  out += availability_plot(report);
  out += stream_table(report);
  out += names(report);
  const Html plots = latency_plots(report);
  if (!plots.text.empty()) {
    out += element("h3", "", {"Latency, on a logarithmic scale"});
    out += legend({{"kept", "median and 95th percentile", false},
                   {"failed", "largest", false},
                   {"badband", "share of bad operations", false}});
    out += element("div", "pair", plots);
  }
  return out;
}

Html ledger_section(const drill::Report& report) {
  Html out = element("h2", "", {"What was lost"});
  out += legend({{"kept", "acknowledged and kept", false},
                 {"lost", "acknowledged and lost", false},
                 {"unknown", "outcome unknown", false},
                 {"failed", "proven not written", false}});
  out += ledger_plot(report);
  const drill::LedgerResult& l = report.ledger;
  if (l.lost.value_or(0) > 0 && l.first_lost && l.last_lost) {
    out += element("p", "",
                   escape(fmt::format("The lost writes were sent between {} and {}.",
                                      offset(*l.first_lost, report.steady_start),
                                      offset(*l.last_lost, report.steady_start))));
  } else if (l.lost == 0U && l.ok > 0) {
    out += element("p", "",
                   escape("No acknowledged write is missing. Resolution: one write every " +
                          base::human(l.resolution) + " at worst before the onset."));
  }
  out += element("p", "", escape(cross_check(l)));
  out += problems(l);
  Html tables = element("div", "", ledger_table(l));
  tables += element("div", "", consistency(report.consistency));
  out += element("div", "pair", tables);
  return out;
}

Html instrument_section(const drill::Report& report) {
  const drill::InstrumentResult& instrument = report.instrument;
  Html out = element("h2", "", {"Can these figures be trusted?"});
  out += element("p", "", escape(instrument.detail));
  Table table({{"Known outage"},
               {"Began", true},
               {"True length", true},
               {"Measured, users"},
               {"Measured, service"},
               {"Inside"}});
  for (const auto& check : instrument.reference) {
    const bool hang = check.known.kind == drill::ReferenceOutage::Kind::Hang;
    table.row({{hang ? "our responder hung" : "our responder refused"},
               escape(offset(check.known.began, report.steady_start)),
               escape(base::human(check.known.length)),
               escape(in_words(check.user_visible)),
               escape(in_words(check.service)),
               Html{check.contained ? "<span class=\"tag met\">✓ inside</span>"
                                    : "<span class=\"tag invalid\">! outside</span>"}});
  }
  if (table.has_rows()) out += table.html();
  Html items = element("li", "",
                       escape(fmt::format("Control target outside the blast radius: {}{}{}.",
                                          instrument.control_healthy ? "stayed up" : "failed too",
                                          instrument.control_detail.empty() ? "" : ", ",
                                          instrument.control_detail)));
  for (const auto& step : instrument.wall_steps) {
    items += element("li", "", escape(wall_step(step)));
  }
  out += element("ul", "why", items);
  out += stalls(report);
  return out;
}

}  // namespace report
