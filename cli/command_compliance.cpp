// `muster compliance`: how plans did over all their drills on this machine.
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/file.h"
#include "cli/commands.h"
#include "report/plan_compliance.h"
#include "runner/plan_compliance.h"

namespace cli {
namespace {

std::string render(const Compliance& command, const report::ComplianceOverview& overview,
                   const Console& console) {
  if (command.format == "html") return report::compliance_html(overview);
  report::TerminalOptions options = console.layout();
  if (!command.to.empty()) options.color = false;
  const auto format = report::format_of(command.format).value_or(report::Format::Table);
  return report::compliance(overview, format, options);
}

}  // namespace

Exit run(const Compliance& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto answer = runner::compliance_of(*state, {command.plans, command.since, command.profile},
                                            aio::wall_now());
  if (!answer) {
    // No drill in the time, or with the profile, that was asked for: as bad as no drill at all.
    const bool untested = answer.error().code == base::Code::FailedPrecondition;
    const Exit exit = failed(console, answer.error());
    return untested ? Exit::Missed : exit;
  }
  for (const std::string& warning : answer->warnings) console.note("warning: " + warning + "\n");
  const std::string text = render(command, answer->overview, console);
  if (command.to.empty()) {
    console.data(text);
  } else if (const auto written = aio::write_file_atomic(command.to, text); !written) {
    return failed(console, written.error());
  } else {
    console.note(fmt::format("{} written\n", command.to));
  }
  return answer->overview.compliant() ? Exit::Ok : Exit::Missed;
}

}  // namespace cli
