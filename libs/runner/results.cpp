#include "runner/results.h"

#include <fmt/format.h>

#include "aio/file.h"
#include "drill/edn.h"
#include "drill/summary.h"
#include "report/html.h"
#include "report/json.h"
#include "report/junit.h"
#include "store/history.h"

namespace runner {

std::vector<std::string> save_results(const StateDir& state, const DrillDir& dir,
                                      const drill::Report& report,
                                      const drill::Evidence& evidence) {
  std::vector<std::string> problems;
  const auto save = [&](const std::string& path, const std::string& text) {
    if (auto written = aio::write_file_atomic(path, text); !written) {
      problems.push_back(fmt::format("{} was not written: {}", path, written.error().message));
    }
  };
  save(dir.report_json(), report::to_json(report));
  save(dir.report_html(), report::html(report));
  save(dir.junit(), report::junit(report));
  std::string edn;
  drill::write_edn(evidence, [&](std::string_view piece) { edn += piece; });
  save(dir.edn(), edn);
  auto history = store::History::open(state.history());
  const auto appended = history ? history->append(drill::summarize(report))
                                : base::Result<>(tl::unexpected(history.error()));
  if (!appended) {
    problems.push_back(fmt::format("the history {} has no row of this drill: {}", state.history(),
                                   appended.error().message));
  }
  return problems;
}

base::Result<drill::Report> load_report(const DrillDir& dir) {
  auto text = aio::read_file(dir.report_json());
  if (!text) {
    return base::fail(text.error().code,
                      fmt::format("drill {} has no report: {}", dir.id(), text.error().message));
  }
  return report::from_json(*text);
}

int exit_code(const drill::Report& report) {
  if (report.ending == drill::Ending::NotWhole || report.ending == drill::Ending::SetupFailed) {
    return 1;
  }
  switch (report.verdict) {
    case drill::Verdict::Met: return 0;
    case drill::Verdict::Missed: return 3;
    case drill::Verdict::Inconclusive:
    case drill::Verdict::Invalid: return 4;
  }
  return 1;
}

}  // namespace runner
