// The sections of the report page, in the order a reader asks: is it all right, how long, what was
// lost, when, why, what to do, and can I trust it.
#pragma once

#include "drill/report.h"
#include "report/markup.h"

namespace report {

Html summary_section(const drill::Report& report);
Html timeline_section(const drill::Report& report);
Html outage_section(const drill::Report& report);
/// What each of several vantages saw; nothing where there was one.
Html vantages_section(const drill::Report& report);
Html streams_section(const drill::Report& report);
Html samples_section(const drill::Report& report);
Html ledger_section(const drill::Report& report);
Html criteria_section(const drill::Report& report);
Html compliance_section(const drill::Report& report);
Html history_section(const drill::Report& report);
Html recommendations_section(const std::vector<drill::Recommendation>& recommendations);
Html instrument_section(const drill::Report& report);
Html events_section(const drill::Report& report);
Html provenance_section(const drill::Report& report);

/// The verdict as a coloured word with its mark.
Html tag(drill::Verdict verdict);
/// "critical", "high", "medium" or "low", in its colour.
Html severity_tag(const std::string& severity);

}  // namespace report
