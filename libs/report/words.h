// How a report puts figures into words; shared by the terminal, the page and JUnit so that one
// drill reads the same everywhere. Bounds are rounded outwards: a printed interval never claims
// more than the measured one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drill/summary.h"

namespace report {

/// "12.38 – 12.43 s", "≥ 136.1 s", "0 s"; rounded outwards.
std::string in_words(const drill::Bounds& bounds);
/// The same, or "not measured".
std::string in_words(const std::optional<drill::Bounds>& bounds);
/// "4", or "not read" where no final read was made.
std::string found(const std::optional<std::uint64_t>& count);
/// "± 1.2 ms by 40 comparisons", "the runner's own", "not known".
std::string clock_of(const drill::VantageResult& vantage);
/// Which drills a history speaks of, and which it leaves out.
std::string comparable(const drill::HistorySummary& history);
/// Whether bounds say more than one figure does.
bool has_width(const std::optional<drill::Bounds>& bounds);
/// "0:40.010", "1:02:03.500": since the start of the drill; "never" for kNever.
std::string offset(drill::TimePoint at, drill::TimePoint start);
/// "met", "missed", "inconclusive", "invalid"
std::string in_words(drill::Verdict verdict);
/// The same, or "–" where there is none, because nothing was asked for.
std::string in_words(const std::optional<drill::Verdict>& verdict);
/// "5 min 00 s", or "–" where the plan asks for none.
std::string objective_in_words(const std::optional<drill::Duration>& objective);
/// What was measured; "–" where nothing was, and nothing had been asked for.
std::string in_words(const drill::ObjectiveResult& result);
std::string in_words(const drill::ObjectiveSummary& result);
/// "✓", "✗", "?", "!"
const char* mark(drill::Verdict verdict);
/// At most two decimals and a comma between thousands: "1,500", "645.25"; "not a number".
std::string number(double value);
std::string number(std::uint64_t value);
/// "at most 1,500" or "at least 6"
std::string target(const drill::CriterionResult& criterion);
/// "645.25" or "not measured"
std::string measured(const drill::CriterionResult& criterion);
/// "PhaseBegan" -> "phase began"
std::string spaced(const char* camel_case);
/// "Refused 101, Reset 9", the most frequent first.
std::string in_words(const std::map<drill::Cause, std::uint64_t>& causes);
/// "The wall clock was set forward by 1 h 00 min; no figure depends on it."
std::string wall_step(base::Duration step);
/// What a kind of stream is, for readers: "ledger writes through the service".
const char* meaning(drill::StreamKind kind);
/// "at 4 s to 5 s after the fault it named 10.0.0.2 instead of 10.0.0.1; …"
std::string in_words(const drill::NameSwitch& names);

/// Something that lasted, taken from a pair of timeline events.
struct Span {
  std::string name;
  drill::TimePoint from{};
  drill::TimePoint to{};
  bool ok = true;
};
/// When the drill's last stamp is: the end, or the latest event where no end was recorded.
drill::TimePoint end_of(const drill::Report& report);
std::vector<Span> step_spans(const drill::Report& report);
std::vector<Span> state_spans(const drill::Report& report);
std::vector<Span> drill_phase_spans(const drill::Report& report);
/// The phases of the outage laid one after the other from the onset.
std::vector<Span> outage_phase_spans(const drill::Report& report);

}  // namespace report
