#include "report/html.h"

#include "report/html_page.h"
#include "report/html_sections.h"
#include "report/words.h"

namespace report {

std::string html(const drill::Report& report) {
  Html body = summary_section(report);
  body += timeline_section(report);
  body += outage_section(report);
  body += vantages_section(report);
  body += streams_section(report);
  body += samples_section(report);
  body += ledger_section(report);
  body += criteria_section(report);
  body += compliance_section(report);
  body += history_section(report);
  body += recommendations_section(report.recommendations);
  body += instrument_section(report);
  body += events_section(report);
  body += provenance_section(report);
  return page(report.plan + ": " + in_words(report.verdict), body,
              {"Measured from the client, by bounds: the true figure lies between the two that are "
               "given. Verdicts, worst first: invalid, missed, inconclusive, met; missing data "
               "never passes. ★ marks the streams that decide."});
}

}  // namespace report
