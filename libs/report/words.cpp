#include "report/words.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/interval.h"

namespace report {
namespace {

using drill::TimePoint;

constexpr const char* kNone = "–";

/// Drops zeros behind the point.
void drop_zeros(std::string& text) {
  if (text.find('.') == std::string::npos) return;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
}

}  // namespace

std::string in_words(const drill::Bounds& bounds) {
  return base::interval(bounds.lower, bounds.upper);
}

std::string in_words(const std::optional<drill::Bounds>& bounds) {
  return bounds ? in_words(*bounds) : "not measured";
}

std::string clock_of(const drill::VantageResult& vantage) {
  if (!vantage.clock_uncertainty) return "not known";
  if (!vantage.clock_drift) return "the runner's own";
  return fmt::format("± {} by {} comparisons", base::human(*vantage.clock_uncertainty),
                     vantage.clock_exchanges);
}

std::string found(const std::optional<std::uint64_t>& count) {
  return count ? number(*count) : "not read";
}

std::string comparable(const drill::HistorySummary& history) {
  std::string out = fmt::format(
      "{} drill{} on this machine with the same spec, profile and overrides, this one included",
      number(history.drills), history.drills == 1 ? "" : "s");
  if (history.left_out > 0) {
    out += fmt::format("; {} other{} of this plan differ in these and are left out",
                       number(history.left_out), history.left_out == 1 ? "" : "s");
  }
  return out + ".";
}

bool has_width(const std::optional<drill::Bounds>& bounds) {
  return bounds && bounds->upper != bounds->lower;
}

std::string offset(TimePoint at, TimePoint start) {
  if (at == drill::kNever) return "never";
  auto total = std::chrono::floor<std::chrono::milliseconds>(at - start).count();
  const char* sign = total < 0 ? "-" : "";
  total = std::abs(total);
  const auto ms = total % 1000, s = total / 1000 % 60, min = total / 60'000 % 60;
  const auto hours = total / 3'600'000;
  if (hours > 0) return fmt::format("{}{}:{:02}:{:02}.{:03}", sign, hours, min, s, ms);
  return fmt::format("{}{}:{:02}.{:03}", sign, min, s, ms);
}

std::string in_words(drill::Verdict verdict) {
  return spaced(name(verdict));
}

std::string in_words(const std::optional<drill::Verdict>& verdict) {
  return verdict ? in_words(*verdict) : kNone;
}

std::string objective_in_words(const std::optional<drill::Duration>& objective) {
  return objective ? base::human(*objective) : kNone;
}

std::string in_words(const drill::ObjectiveResult& result) {
  return result.objective || result.service ? in_words(result.service) : kNone;
}

std::string in_words(const drill::ObjectiveSummary& result) {
  return result.objective || result.service ? in_words(result.service) : kNone;
}

const char* mark(drill::Verdict verdict) {
  switch (verdict) {
    case drill::Verdict::Met: return "✓";
    case drill::Verdict::Inconclusive: return "?";
    case drill::Verdict::Missed: return "✗";
    case drill::Verdict::Invalid: return "!";
  }
  return "?";
}

std::string number(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::ptrdiff_t i = std::ssize(digits) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

std::string number(double value) {
  if (!std::isfinite(value)) return "not a number";
  if (std::fabs(value) >= 1e15) return fmt::format("{:.3g}", value);
  std::string text = fmt::format("{:.2f}", std::fabs(value));
  drop_zeros(text);
  const std::size_t point = text.find('.');
  const std::string whole = number(static_cast<std::uint64_t>(std::stoull(text.substr(0, point))));
  const std::string rest = point == std::string::npos ? "" : text.substr(point);
  return (value < 0 && text != "0" ? "-" : "") + whole + rest;
}

std::string target(const drill::CriterionResult& criterion) {
  return (criterion.at_most ? "at most " : "at least ") + number(criterion.target);
}

std::string measured(const drill::CriterionResult& criterion) {
  return criterion.measured ? number(*criterion.measured) : "not measured";
}

std::string spaced(const char* camel_case) {
  std::string out;
  for (const char* c = camel_case; *c != '\0'; ++c) {
    const bool upper = *c >= 'A' && *c <= 'Z';
    if (upper && !out.empty()) out += ' ';
    out += upper ? static_cast<char>(*c - 'A' + 'a') : *c;
  }
  return out;
}

std::string in_words(const std::map<drill::Cause, std::uint64_t>& causes) {
  std::vector<std::pair<drill::Cause, std::uint64_t>> sorted(causes.begin(), causes.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::string out;
  for (const auto& [cause, count] : sorted) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name(cause), number(count));
  }
  return out;
}

std::string wall_step(base::Duration step) {
  const bool back = step < base::Duration::zero();
  return fmt::format("The wall clock was set {} by {}; no figure depends on it.",
                     back ? "back" : "forward", base::human(back ? -step : step));
}

const char* meaning(drill::StreamKind kind) {
  switch (kind) {
    case drill::StreamKind::ServiceNew: return "service, new connections";
    case drill::StreamKind::ServiceOpen: return "service, open connections";
    case drill::StreamKind::PinnedOpen: return "one instance, open connections";
    case drill::StreamKind::PinnedNew: return "one instance, new connections";
    case drill::StreamKind::ReadService: return "reads through the service";
    case drill::StreamKind::ReadPinned: return "reads of one instance";
    case drill::StreamKind::Ledger: return "ledger writes through the service";
    case drill::StreamKind::LedgerPinned: return "ledger writes to one instance";
    case drill::StreamKind::Reference: return "known outages of our own responder";
    case drill::StreamKind::Control: return "target outside the blast radius";
    case drill::StreamKind::Capacity: return "rising reads";
    case drill::StreamKind::Session: return "sessions carried on";
    case drill::StreamKind::Feature: return "one feature";
    case drill::StreamKind::Names: return "what the name server answers";
  }
  return "";
}

std::string in_words(const drill::NameSwitch& names) {
  if (names.before.empty()) return "no address was answered before the fault";
  const std::string kept =
      names.ttl ? fmt::format("clients may keep an answer for {}", base::human(*names.ttl)) : "";
  if (!names.switched) return fmt::format("{} all the time; {}", names.before, kept);
  const std::string followed =
      names.followed ? fmt::format(", so those that obey have followed {} after the fault",
                                   base::human(*names.followed))
                     : "";
  return fmt::format("{} instead of {}, {} after the fault; {}{}", names.after, names.before,
                     in_words(*names.switched), kept, followed);
}

TimePoint end_of(const drill::Report& report) {
  if (report.ended != drill::kNever) return report.ended;
  TimePoint end = report.steady_start;
  for (const auto& event : report.timeline) {
    if (event.at != drill::kNever) end = std::max(end, event.at);
  }
  return end;
}

std::vector<Span> step_spans(const drill::Report& report) {
  using Kind = drill::TimelineEvent::Kind;
  std::vector<Span> spans;
  for (const auto& event : report.timeline) {
    const bool begins = event.kind == Kind::StepBegan || event.kind == Kind::RestoreBegan;
    const bool fails = event.kind == Kind::StepFailed || event.kind == Kind::RestoreFailed;
    const bool ends = event.kind == Kind::StepDone || event.kind == Kind::RestoreDone || fails;
    if (begins) spans.push_back({event.subject, event.at, drill::kNever, true});
    if (!ends) continue;
    const auto open = std::ranges::find_if(spans, [&](const Span& span) {
      return span.name == event.subject && span.to == drill::kNever;
    });
    if (open == spans.end()) continue;
    open->to = event.at;
    open->ok = !fails;
  }
  for (Span& span : spans) {
    if (span.to == drill::kNever) {
      span.to = end_of(report);
      span.ok = false;
    }
  }
  return spans;
}

std::vector<Span> state_spans(const drill::Report& report) {
  std::vector<Span> spans = {{"Normal", report.steady_start, end_of(report), true}};
  for (const auto& event : report.timeline) {
    if (event.kind != drill::TimelineEvent::Kind::StateChanged) continue;
    spans.back().to = event.at;
    spans.push_back({event.subject, event.at, end_of(report), true});
  }
  return spans;
}

std::vector<Span> drill_phase_spans(const drill::Report& report) {
  std::vector<Span> spans;
  for (const auto& [phase, began] : report.phase_began) {
    if (began == drill::kNever) continue;
    if (!spans.empty()) spans.back().to = began;
    spans.push_back({name(phase), began, end_of(report), true});
  }
  return spans;
}

std::vector<Span> outage_phase_spans(const drill::Report& report) {
  std::vector<Span> spans;
  if (report.onset == drill::kNever) return spans;
  TimePoint at = report.onset;
  for (const auto& phase : report.phases) {
    // What follows the sustained recovery is beyond the RTO and not laid end to end.
    if (!phase.took || phase.name.find("→") == std::string::npos) continue;
    spans.push_back({phase.name, at, at + *phase.took, phase.met.value_or(true)});
    at += *phase.took;
  }
  return spans;
}

}  // namespace report
