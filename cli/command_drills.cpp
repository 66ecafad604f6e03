// Commands over the drills of this machine: list, show, watch, abort, approve, report, recover,
// stop.
#include <algorithm>

#include <fmt/format.h>

#include "aio/file.h"
#include "cli/commands.h"
#include "cli/progress_view.h"
#include "cli/run_task.h"
#include "report/html.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/rows.h"
#include "runner/approvals.h"
#include "runner/audit_trail.h"
#include "runner/drill_list.h"
#include "runner/recover.h"
#include "runner/results.h"
#include "runner/status.h"

namespace cli {
namespace {

constexpr base::Duration kLookEvery = base::millis(500);

base::Result<runner::DrillDir> find(const Global& global, const std::string& id) {
  TRY(const auto state, runner::StateDir::at(global.state_dir));
  return state.find(id);
}

base::Result<runner::DrillDir> find_running(const runner::StateDir& state, const std::string& id) {
  TRY(runner::DrillDir dir, state.find(id));
  if (runner::alive(dir)) return dir;
  return base::fail(base::Code::FailedPrecondition,
                    fmt::format("drill {} does not run: {}", dir.id(), runner::look_at(dir).note));
}

base::Result<std::string> render(const DrillReport& command, const runner::DrillDir& dir,
                                 const Console& console) {
  if (command.format == "edn") return aio::read_file(dir.edn(), 1U << 30U);
  TRY(const drill::Report report, runner::load_report(dir));
  if (command.format == "html") return report::html(report);
  if (command.format == "json") return report::to_json(report);
  if (command.format == "junit") return report::junit(report);
  report::TerminalOptions options = console.layout(dir.report_html());
  if (!command.to.empty()) options.color = false;
  return report::terminal(report, options);
}

}  // namespace

Exit run(const DrillList& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto list = runner::list_drills(*state);
  if (!list) return failed(console, list.error());
  for (const std::string& warning : list->warnings) console.note("warning: " + warning + "\n");
  console.data(report::list(list->drills, format_of(command.output), console.layout()));
  return Exit::Ok;
}

namespace {

/// A drill without a report: where it stands.
Exit show_status(const runner::DrillDir& dir, Output output, Console& console) {
  const report::ListedDrill drill = runner::look_at(dir);
  auto status = runner::load_status(dir);
  if (!status && drill.state != report::DrillState::Running) {
    console.note(fmt::format("error: drill {}: {}\n", dir.id(), drill.note));
    return Exit::Error;
  }
  if (!status) {  // it has not come to say anything
    status.emplace();
    status->id = dir.id();
    status->plan = drill.summary.plan;
    status->started = base::rfc3339(drill.summary.started);
  }
  const std::string json = runner::to_json(*status);
  if (output == Output::Json) {
    console.data(json);
  } else if (output == Output::Yaml) {
    console.data(report::yaml_of_json(json).value_or(json));
  } else {
    std::string text;
    if (drill.state != report::DrillState::Running) {
      text = fmt::format("{}: {}. It did not end by itself; this is the last it said:\n\n",
                         dir.id(), drill.note);
    }
    for (const std::string& line : progress_block(*status, console.out_stream)) text += line + "\n";
    console.data(text);
  }
  return Exit::Ok;
}

}  // namespace

Exit run(const DrillShow& command, const Global& global, Console& console) {
  const auto dir = find(global, command.drill);
  if (!dir) return failed(console, dir.error());
  if (!aio::file_exists(dir->report_json())) return show_status(*dir, command.output, console);
  const auto report = runner::load_report(*dir);
  if (!report) return failed(console, report.error());
  console.data(
      report::show(*report, format_of(command.output), console.layout(dir->report_html())));
  return Exit::Ok;
}

namespace {

/// Until the drill has ended, or nobody reads any more.
aio::Task<base::Result<>> follow(aio::Clock& clock, runner::DrillDir dir, Console& console,
                                 std::stop_token stop) {
  ProgressView view(console.out_stream);
  while (console.out_error == 0) {
    const auto status = runner::load_status(dir);
    if (status) console.data(view.show(*status));
    if ((status && status->finished) || !runner::alive(dir)) break;
    if (!co_await aio::wait_for(clock, kLookEvery, stop)) break;
  }
  console.data(view.end());
  co_return base::Result<>{};
}

}  // namespace

Exit run(const DrillWatch& command, const Global& global, Console& console) {
  const auto dir = find(global, command.drill);
  if (!dir) return failed(console, dir.error());
  TaskRun task;
  const auto done = task.until_signal([&](aio::Clock& clock, std::stop_token stop) {
    return follow(clock, *dir, console, std::move(stop));
  });
  if (!done) return failed(console, done.error());
  if (task.interrupted()) return Exit::Interrupted;
  if (console.out_error != 0) return Exit::Ok;
  const auto status = runner::load_status(*dir);
  if (!status || !status->finished) {
    console.note(fmt::format("drill {}: {}\n", dir->id(), runner::look_at(*dir).note));
    return Exit::Error;
  }
  console.data(status->verdict + (status->reason.empty() ? "" : ": " + status->reason) + "\n");
  return static_cast<Exit>(status->exit_code);
}

namespace {

/// Ending and undoing come first: a log that cannot be written is said, and no reason to wait.
void account(const runner::StateDir& state, const std::string& event, const std::string& drill,
             const std::string& text, Console& console) {
  aio::SystemClock clock;
  if (const auto written = runner::audit_request(state, clock, event, drill, text); !written) {
    console.note("warning: the audit log lacks this: " + written.error().message + "\n");
  }
}

}  // namespace

Exit run(const DrillAbort& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto dir = find_running(*state, command.drill);
  if (!dir) return failed(console, dir.error());
  const std::string reason = command.reason.empty() ? "asked for by `drill abort`" : command.reason;
  if (const auto asked = aio::write_file_atomic(dir->abort_request(), reason); !asked) {
    return failed(console, asked.error());
  }
  account(*state, "AbortRequested", dir->id(), reason, console);
  console.note(
      fmt::format("drill {} is asked to end and to undo what it did; "
                  "`muster drill watch {}` shows it\n",
                  dir->id(), dir->id()));
  return Exit::Ok;
}

Exit run(const DrillApprove& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto dir = find_running(*state, command.drill);
  if (!dir) return failed(console, dir.error());
  if (const auto done = runner::approve(*dir, command.step); !done) {
    return failed(console, done.error());
  }
  account(*state, "StepApproved", dir->id(), command.step, console);
  console.note(fmt::format("drill {}: step {} is approved\n", dir->id(), command.step));
  return Exit::Ok;
}

Exit run(const DrillReport& command, const Global& global, Console& console) {
  const auto dir = find(global, command.drill);
  if (!dir) return failed(console, dir.error());
  const auto text = render(command, *dir, console);
  if (!text) return failed(console, text.error());
  if (command.to.empty()) {
    console.data(*text);
    return Exit::Ok;
  }
  if (const auto written = aio::write_file_atomic(command.to, *text); !written) {
    return failed(console, written.error());
  }
  console.note(fmt::format("{} written\n", command.to));
  return Exit::Ok;
}

namespace {

aio::Task<base::Result<bool>> recover_all(aio::Clock& clock, aio::Executor executor,
                                          const runner::StateDir& state,
                                          std::vector<runner::DrillDir> drills, Console& console) {
  bool whole = true;
  for (const runner::DrillDir& dir : drills) {
    const auto recovered = co_await runner::recover(clock, executor, state, dir);
    if (!recovered) {
      console.note(fmt::format("error: {}: {}\n", dir.id(), recovered.error().message));
      whole = false;
      continue;
    }
    console.data(fmt::format("{}: {}: {}\n", dir.id(), recovered->whole ? "whole" : "NOT whole",
                             recovered->detail));
    whole &= recovered->whole;
  }
  co_return whole;
}

base::Result<std::vector<runner::DrillDir>> to_recover(const runner::StateDir& state) {
  TRY(const auto drills, state.drills());
  std::vector<runner::DrillDir> out;
  for (const runner::DrillDir& dir : drills) {
    const auto needed = runner::needs_recovery(dir);
    if (!needed || *needed) out.push_back(dir);  // a damaged one is tried, so that it is named
  }
  return out;
}

Exit recover_drills(const runner::StateDir& state, std::vector<runner::DrillDir> drills,
                    Console& console) {
  TaskRun task;
  const auto whole =
      task.run(recover_all(task.clock(), task.executor(), state, std::move(drills), console));
  if (!whole) return failed(console, whole.error());
  return *whole ? Exit::Ok : Exit::Error;
}

}  // namespace

Exit run(const DrillRecover& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  if (!command.drill.empty()) {
    const auto dir = state->find(command.drill);
    if (!dir) return failed(console, dir.error());
    return recover_drills(*state, {*dir}, console);
  }
  auto drills = to_recover(*state);
  if (!drills) return failed(console, drills.error());
  if (drills->empty()) console.note("no drill needs to be recovered\n");
  return recover_drills(*state, std::move(*drills), console);
}

Exit run(const Stop& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto drills = state->drills();
  if (!drills) return failed(console, drills.error());
  std::vector<runner::DrillDir> running;
  for (const runner::DrillDir& dir : *drills) {
    if (!runner::alive(dir)) continue;
    running.push_back(dir);
    const auto asked = aio::write_file_atomic(dir.abort_request(), "asked for by `muster stop`");
    if (!asked) return failed(console, asked.error());
    account(*state, "StopRequested", dir.id(), "", console);
    console.note(fmt::format("{}: asked to end\n", dir.id()));
  }
  TaskRun task;
  const base::TimePoint limit = task.clock().now() + base::seconds(command.timeout_seconds);
  const auto waited = task.run([](aio::Clock& clock, std::vector<runner::DrillDir> waiting,
                                  base::TimePoint until) -> aio::Task<base::Result<bool>> {
    while (std::any_of(waiting.begin(), waiting.end(), runner::alive)) {
      if (clock.now() > until) co_return false;
      co_await aio::wait_for(clock, kLookEvery, {});
    }
    co_return true;
  }(task.clock(), running, limit));
  if (!waited || !*waited) {
    console.note(fmt::format("error: drills still run after {} s\n", command.timeout_seconds));
    return Exit::Error;
  }
  auto left = to_recover(*state);
  if (!left) return failed(console, left.error());
  const Exit recovered = recover_drills(*state, std::move(*left), console);
  if (recovered == Exit::Ok) console.data("no drill runs here, nothing is left undone\n");
  return recovered;
}

}  // namespace cli
