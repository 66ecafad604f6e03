#include "report/html.h"

#include "report/html_sections.h"
#include "report/html_style.h"
#include "report/words.h"

namespace report {

std::string html(const drill::Report& report) {
  Html body = summary_section(report);
  body += timeline_section(report);
  body += outage_section(report);
  body += streams_section(report);
  body += samples_section(report);
  body += ledger_section(report);
  body += criteria_section(report);
  body += compliance_section(report);
  body += history_section(report);
  body += recommendations_section(report);
  body += instrument_section(report);
  body += events_section(report);
  body += provenance_section(report);
  const Html title = escape(report.plan + ": " + in_words(report.verdict));
  // Nothing may load and nothing may run: what a drill's texts smuggle in stays text.
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>{}</title>\n<style>{}</style></head>\n"
      "<body><main>\n{}<footer>Measured from the client, by bounds: the true figure lies between "
      "the two "
      "that are given. Verdicts, worst first: invalid, missed, inconclusive, met; missing data "
      "never "
      "passes. ★ marks the streams that decide.</footer>\n</main></body></html>\n",
      title, style_sheet(), body);
}

}  // namespace report
