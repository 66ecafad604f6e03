// Commands over the drills of this machine: list, show, watch, abort, report, recover, stop.
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
#include "runner/recover.h"
#include "runner/results.h"
#include "runner/status.h"

namespace cli {
namespace {

constexpr base::Duration kLookEvery = base::millis(500);

report::TerminalOptions options_of(const Console& console, const std::string& html) {
  report::TerminalOptions options;
  options.color = console.out_stream.color;
  options.columns = console.out_stream.columns;
  options.html_path = html;
  return options;
}

/// Its process lives: it holds the lock.
bool alive(const runner::DrillDir& dir) {
  if (!aio::file_exists(dir.lock())) return false;
  return !aio::FileLock::try_lock(dir.lock(), "").has_value();
}

/// Where a drill without a report stands: it runs, or it died.
std::string state_of(const runner::DrillDir& dir) {
  if (alive(dir)) {
    const auto status = runner::load_status(dir);
    return status ? fmt::format("running, {} for {}", status->phase,
                                base::human(base::Duration(
                                    static_cast<std::int64_t>(status->elapsed_seconds * 1e9))))
                  : "running";
  }
  const auto left = runner::needs_recovery(dir);
  if (!left) return left.error().message;
  if (*left) return "died: run `muster drill recover`";
  return aio::file_exists(dir.report_json()) ? "it has ended" : "ended without a report";
}

struct Listing {
  std::vector<drill::Summary> finished;
  std::vector<std::string> others;  // "ID: running, Baseline for 12.0 s"
};

base::Result<Listing> listing_of(const runner::StateDir& state) {
  TRY(const auto drills, state.drills());
  Listing listing;
  for (const runner::DrillDir& dir : drills) {
    if (const auto report = runner::load_report(dir)) {
      listing.finished.push_back(drill::summarize(*report));
    } else {
      listing.others.push_back(dir.id() + ": " + state_of(dir));
    }
  }
  return listing;
}

base::Result<runner::DrillDir> find(const Global& global, const std::string& id) {
  TRY(const auto state, runner::StateDir::open(global.state_dir));
  return state.find(id);
}

base::Result<std::string> render(const DrillReport& command, const runner::DrillDir& dir,
                                 const Console& console) {
  if (command.format == "edn") return aio::read_file(dir.edn(), 1U << 30U);
  TRY(const drill::Report report, runner::load_report(dir));
  if (command.format == "html") return report::html(report);
  if (command.format == "json") return report::to_json(report);
  if (command.format == "junit") return report::junit(report);
  report::TerminalOptions options = options_of(console, dir.report_html());
  if (!command.to.empty()) options.color = false;
  return report::terminal(report, options);
}

}  // namespace

Exit run(const DrillList& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto listing = listing_of(*state);
  if (!listing) return failed(console, listing.error());
  // What is not finished has no figures: a line each, for people, on the stream for diagnostics.
  for (const std::string& other : listing->others) print(console.err, other + "\n");
  print(console.out,
        report::list(listing->finished, format_of(command.output), options_of(console, "")));
  return Exit::Ok;
}

Exit run(const DrillShow& command, const Global& global, Console& console) {
  const auto dir = find(global, command.drill);
  if (!dir) return failed(console, dir.error());
  if (const auto report = runner::load_report(*dir)) {
    print(console.out, report::show(*report, format_of(command.output),
                                    options_of(console, dir->report_html())));
    return Exit::Ok;
  }
  const auto status = runner::load_status(*dir);
  if (!status) return failed(console, status.error());
  const std::string json = runner::to_json(*status);
  if (command.output == Output::Json) {
    print(console.out, json);
  } else if (command.output == Output::Yaml) {
    print(console.out, report::yaml_of_json(json).value_or(json));
  } else {
    for (const std::string& line : progress_block(*status, console.out_stream)) {
      print(console.out, line + "\n");
    }
    if (!alive(*dir)) print(console.out, "  " + state_of(*dir) + "\n");
  }
  return Exit::Ok;
}

Exit run(const DrillWatch& command, const Global& global, Console& console) {
  const auto dir = find(global, command.drill);
  if (!dir) return failed(console, dir.error());
  ProgressView view(console.out_stream);
  TaskRun task;
  const auto done = task.until_signal([&](aio::Clock& clock, std::stop_token stop) {
    return [](aio::Clock& time, const runner::DrillDir& drill, ProgressView& screen, std::FILE* out,
              std::stop_token token) -> aio::Task<base::Result<>> {
      while (true) {
        const auto status = runner::load_status(drill);
        if (status) print(out, screen.show(*status));
        if ((status && status->finished) || !alive(drill)) break;
        if (!co_await aio::wait_for(time, kLookEvery, token)) break;
      }
      co_return base::Result<>{};
    }(clock, *dir, view, console.out, stop);
  });
  print(console.out, view.end());
  if (!done) return failed(console, done.error());
  if (task.interrupted()) return Exit::Interrupted;
  const auto status = runner::load_status(*dir);
  if (!status || !status->finished) {
    print(console.err, fmt::format("drill {}: {}\n", dir->id(), state_of(*dir)));
    return Exit::Error;
  }
  print(console.out, fmt::format("{}: {}\n", status->verdict, status->reason));
  return static_cast<Exit>(status->exit_code);
}

Exit run(const DrillAbort& command, const Global& global, Console& console) {
  const auto dir = find(global, command.drill);
  if (!dir) return failed(console, dir.error());
  if (!alive(*dir)) {
    print(console.err,
          fmt::format("error: drill {} does not run: {}\n", dir->id(), state_of(*dir)));
    return Exit::Error;
  }
  const std::string reason = command.reason.empty() ? "asked for by `drill abort`" : command.reason;
  if (const auto asked = aio::write_file_atomic(dir->abort_request(), reason); !asked) {
    return failed(console, asked.error());
  }
  print(console.err, fmt::format("drill {} is asked to end and to undo what it did; "
                                 "`muster drill watch {}` shows it\n",
                                 dir->id(), dir->id()));
  return Exit::Ok;
}

Exit run(const DrillReport& command, const Global& global, Console& console) {
  const auto dir = find(global, command.drill);
  if (!dir) return failed(console, dir.error());
  const auto text = render(command, *dir, console);
  if (!text) return failed(console, text.error());
  if (command.to.empty()) {
    print(console.out, *text);
    return Exit::Ok;
  }
  if (const auto written = aio::write_file_atomic(command.to, *text); !written) {
    return failed(console, written.error());
  }
  print(console.err, fmt::format("{} written\n", command.to));
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
      print(console.err, fmt::format("error: {}: {}\n", dir.id(), recovered.error().message));
      whole = false;
      continue;
    }
    print(console.out, fmt::format("{}: {}: {}\n", dir.id(),
                                   recovered->whole ? "whole" : "NOT whole", recovered->detail));
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
  const auto state = runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  if (!command.drill.empty()) {
    const auto dir = state->find(command.drill);
    if (!dir) return failed(console, dir.error());
    return recover_drills(*state, {*dir}, console);
  }
  auto drills = to_recover(*state);
  if (!drills) return failed(console, drills.error());
  if (drills->empty()) print(console.err, "no drill needs to be recovered\n");
  return recover_drills(*state, std::move(*drills), console);
}

Exit run(const Stop& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto drills = state->drills();
  if (!drills) return failed(console, drills.error());
  std::vector<runner::DrillDir> running;
  for (const runner::DrillDir& dir : *drills) {
    if (!alive(dir)) continue;
    running.push_back(dir);
    const auto asked = aio::write_file_atomic(dir.abort_request(), "asked for by `muster stop`");
    if (!asked) return failed(console, asked.error());
    print(console.err, fmt::format("{}: asked to end\n", dir.id()));
  }
  TaskRun task;
  const base::TimePoint limit = task.clock().now() + base::seconds(command.timeout_seconds);
  const auto waited = task.run([](aio::Clock& clock, std::vector<runner::DrillDir> waiting,
                                  base::TimePoint until) -> aio::Task<base::Result<bool>> {
    while (std::any_of(waiting.begin(), waiting.end(), alive)) {
      if (clock.now() > until) co_return false;
      co_await aio::wait_for(clock, kLookEvery, {});
    }
    co_return true;
  }(task.clock(), running, limit));
  if (!waited || !*waited) {
    print(console.err,
          fmt::format("error: drills still run after {} s\n", command.timeout_seconds));
    return Exit::Error;
  }
  auto left = to_recover(*state);
  if (!left) return failed(console, left.error());
  const Exit recovered = recover_drills(*state, std::move(*left), console);
  if (recovered == Exit::Ok) print(console.out, "no drill runs here, nothing is left undone\n");
  return recovered;
}

}  // namespace cli
