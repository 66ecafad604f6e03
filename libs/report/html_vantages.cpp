// Where it was measured from: what each of several vantages saw, and whose figures decided.
#include <fmt/format.h>

#include "report/html_sections.h"
#include "report/words.h"

namespace report {

Html vantages_section(const drill::Report& report) {
  if (report.vantages.empty()) return {};
  Html out = element("h2", "", {"Where it was measured from"});
  out += element("p", "muted",
                 {"The worst healthy vantage decides; one that is not healthy is shown. Its clock "
                  "counts only where times of two vantages meet; every length is of one clock. The "
                  "writes of all were looked for in the final reads."});
  Table table({{"Vantage"},
               {"Where"},
               {"Service away"},
               {"Users saw"},
               {"Writes", true},
               {"Lost", true},
               {"Verdict"},
               {"Clock"},
               {"Why"}});
  for (const drill::VantageResult& v : report.vantages) {
    table.row({escape(v.name + (v.decided ? " ★" : "")), escape(v.place),
               escape(in_words(v.service)), escape(in_words(v.user_visible)),
               escape(number(v.attempts)), escape(found(v.lost)),
               v.verdict ? tag(*v.verdict) : escape("–"), escape(clock_of(v)), escape(v.detail)});
  }
  out += table.html();
  return out;
}

}  // namespace report
