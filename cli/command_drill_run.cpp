// `muster drill run`: from the plan's file to the report on the terminal. What may fail before
// anything is touched fails here: the plan, the system, the lock, leftovers of a drill that died.
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/entropy.h"
#include "aio/file.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "cli/commands.h"
#include "cli/progress_view.h"
#include "cli/version.h"
#include "net/http_server.h"
#include "report/rows.h"
#include "runner/describe.h"
#include "runner/drill_run.h"
#include "runner/evidence_file.h"
#include "runner/guardian.h"
#include "runner/http_client.h"
#include "runner/plan_config.h"
#include "runner/recover.h"
#include "runner/results.h"
#include "runner/schedule_dir.h"
#include "runner/unix_link.h"

namespace cli {
namespace {

constexpr base::Duration kTellWithin = base::seconds(60);

/// Overrides are part of what ran: a reader of the report must see them.
std::map<std::string, std::string> versions_of_here(const DrillRun& command) {
  std::map<std::string, std::string> versions = {
      {"muster", version()}, {"revision", revision()}, {"compiler", compiler()}};
  for (const std::string& set : command.sets) {
    std::string& overrides = versions["overrides"];
    overrides += (overrides.empty() ? "" : ", ") + set;
  }
  if (!command.schedule.empty()) {
    versions["schedule"] = fmt::format("{}, slot {}", command.schedule, command.slot);
  }
  utsname system{};
  if (uname(&system) == 0)
    versions["kernel"] = fmt::format("{} {}", system.sysname, system.release);
  return versions;
}

/// One `drill run`, step by step; each returns the error that ends it.
class Session {
 public:
  Session(const DrillRun& command, const Global& global, Console& console)
      : command_(command), global_(global), console_(console), view_(console.err_stream) {}

  Exit run() {
    auto file = runner::read_plan({command_.plan, command_.profile, command_.sets}, kinds_);
    if (!file) {
      console_.note(api::format(file.error()));
      return Exit::Usage;
    }
    for (const std::string& warning : file->warnings) {
      console_.note(fmt::format("{}: warning: {}\n", command_.plan, warning));
    }
    if (!command_.metrics_file.empty()) {
      if (const auto good = aio::check_writable(command_.metrics_file); !good) {
        return failed(console_, good.error().with("--metrics-file"));
      }
    }
    if (command_.dry_run) return dry_run(*file);
    auto done = aio::run(context_, with_signals(drill(std::move(*file))));
    if (!done) return failed(console_, done.error());
    return *done;
  }

 private:
  Exit dry_run(const runner::PlanFile& file);
  aio::Task<base::Result<Exit>> drill(runner::PlanFile file);
  aio::Task<base::Result<Exit>> in_folder(const runner::StateDir& state, runner::DrillDir dir,
                                          runner::PlanFile file);
  aio::Task<base::Result<Exit>> with_signals(aio::Task<base::Result<Exit>> work);
  aio::Task<base::Result<>> listen_for_signals(std::stop_token stop);
  aio::Task<base::Result<>> recover_leftovers(const runner::StateDir& state,
                                              const std::string& system);
  aio::Task<base::Result<Exit>> guarded(const runner::StateDir& state, runner::DrillDir dir,
                                        runner::DrillTarget& target, bool managed);
  aio::Task<base::Result<>> keep(runner::Guardian& guardian, std::stop_token stop);
  aio::Task<base::Result<Exit>> start_and_drill(const runner::StateDir& state, runner::DrillDir dir,
                                                runner::DrillTarget& target, bool managed);
  aio::Task<base::Result<Exit>> on_target(const runner::StateDir& state, runner::DrillDir dir,
                                          runner::DrillTarget& target);
  aio::Task<base::Result<Exit>> put_away(runner::DrillDir dir, targets::LocalTarget& target,
                                         bool stop_it, base::Result<Exit> exit);
  base::Result<> account_for(const runner::StateDir& state, const runner::DrillDir& dir,
                             const std::string& plan);
  aio::Task<void> finish_telling();
  base::Result<> serve_metrics(aio::TaskGroup& group);
  void write_metrics(const runner::DrillStatus& status);
  Exit conclude(const runner::DrillRun::Result& result, const runner::DrillDir& dir);
  void say(const std::string& text) { console_.note(text + "\n"); }

  const DrillRun& command_;
  const Global& global_;
  Console& console_;
  ProgressView view_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  targets::Catalog catalog_ = targets::local_catalog();
  api::ActionCatalog kinds_ = runner::action_catalog(catalog_);
  metrics::DrillMetrics metrics_{{version(), revision(), compiler()}};
  std::unique_ptr<net::HttpServer> metrics_server_;
  std::string metrics_phase_;  // at the last write of the metrics file
  bool metrics_failed_ = false;
  std::unique_ptr<runner::Notifier> notifier_;
  std::optional<std::stop_source> telling_;  // nothing but deliveries is left to do
  runner::DrillRun* running_ = nullptr;
  std::stop_source stop_before_drill_;
  bool interrupted_ = false;
  bool whole_ = true;   // nothing is left to undo
  bool owing_ = false;  // something could not be undone or stopped
  std::optional<runner::Accounting> accounting_;
};

Exit Session::dry_run(const runner::PlanFile& file) {
  const api::Node document = file.plan.document;
  if (const auto may = targets::check_drillable(file.system); !may) {
    return failed(console_, may.error());
  }
  if (command_.output == Output::Json) {
    console_.data(api::to_json(document, 2) + "\n");
  } else if (command_.output == Output::Yaml) {
    console_.data(api::to_yaml(document));
  } else {
    console_.data(runner::describe(file));
  }
  say("dry run: nothing was started and nothing was changed");
  return Exit::Ok;
}

aio::Task<base::Result<>> Session::listen_for_signals(std::stop_token stop) {
  while (true) {
    CO_TRY(const int number, co_await aio::wait_signal({SIGINT, SIGTERM}, stop));
    static_cast<void>(number);
    if (telling_) {
      telling_->request_stop();
      continue;
    }
    if (interrupted_) {
      say("still undoing; a kill would leave it to `muster drill recover`");
      continue;
    }
    interrupted_ = true;
    say("interrupted: undoing everything first");
    stop_before_drill_.request_stop();
    if (running_ != nullptr) running_->abort(drill::AbortReason::User, "interrupted");
  }
}

aio::Task<base::Result<Exit>> Session::with_signals(aio::Task<base::Result<Exit>> work) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(listen_for_signals(group.token()));
  if (auto serving = serve_metrics(group); !serving) {
    group.cancel();
    static_cast<void>(co_await group.join());
    co_return tl::unexpected(serving.error());
  }
  auto done = co_await std::move(work);
  co_await finish_telling();
  group.cancel();
  static_cast<void>(co_await group.join());
  if (!done && interrupted_ && !owing_) {
    say("error: " + done.error().message);
    co_return Exit::Interrupted;
  }
  co_return done;
}

/// When all is put away and unlocked: a receiver that hangs holds up nothing but this.
aio::Task<void> Session::finish_telling() {
  if (!notifier_) co_return;
  telling_.emplace();
  const auto problems = co_await notifier_->finish(kTellWithin, telling_->get_token());
  for (const std::string& problem : problems) say("warning: " + problem);
}

base::Result<> Session::serve_metrics(aio::TaskGroup& group) {
  if (command_.metrics_listen.empty()) return {};
  const auto handler = [this](const net::HttpRequest& request) {
    if (request.target != "/metrics") return net::HttpReply{404, "text/plain", "try /metrics\n"};
    return net::HttpReply{200, metrics::DrillMetrics::kContentType, metrics_.text()};
  };
  auto server =
      net::HttpServer::listen(clock_, context_.get_executor(), command_.metrics_listen, handler);
  if (!server) return tl::unexpected(server.error().with("--metrics-listen"));
  metrics_server_ = std::move(*server);
  say(fmt::format("metrics: http://127.0.0.1:{}/metrics", metrics_server_->port()));
  group.spawn(metrics_server_->serve(group.token()));
  return {};
}

/// At every change of phase and at the end, so that a scrape between two drills finds the last one.
void Session::write_metrics(const runner::DrillStatus& status) {
  if (command_.metrics_file.empty()) return;
  if (status.phase == metrics_phase_ && !status.finished) return;
  metrics_phase_ = status.phase;
  const auto written = aio::write_file_atomic(command_.metrics_file, metrics_.text());
  if (!written && !metrics_failed_) say("warning: --metrics-file: " + written.error().message);
  metrics_failed_ = !written;
}

aio::Task<base::Result<>> Session::recover_leftovers(const runner::StateDir& state,
                                                     const std::string& system) {
  CO_TRY(const auto drills, state.drills());
  for (const runner::DrillDir& dir : drills) {
    const std::string its_system = runner::system_of(dir);
    if (!its_system.empty() && its_system != system) continue;
    const auto needed = runner::needs_recovery(dir);
    if (!needed) co_return tl::unexpected(needed.error().with("drill " + dir.id()));
    if (!*needed) continue;
    say(fmt::format("drill {} died before it undid everything: undoing it first", dir.id()));
    CO_TRY(const auto recovered,
           co_await runner::recover(clock_, context_.get_executor(), state, dir));
    if (!recovered.whole) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("drill {} could not be undone: {}", dir.id(), recovered.detail));
    }
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<Exit>> Session::drill(runner::PlanFile file) {
  CO_TRY(const auto state, runner::StateDir::open(global_.state_dir));
  const auto recovered = co_await recover_leftovers(state, file.system.name);
  owing_ = !recovered;
  if (!recovered) co_return tl::unexpected(recovered.error());
  CO_TRY(const auto target_lock,
         targets::lock_target(state.locks(), file.system.name,
                              fmt::format("a drill of {}, pid {}", file.plan.name, getpid())));
  CO_TRY(const auto dir, state.create_drill(file.plan.name, clock_.wall_now(), aio::seed()));
  if (auto accounted = account_for(state, dir, file.plan.name); !accounted) {
    static_cast<void>(aio::remove_tree(dir.path));
    co_return tl::unexpected(accounted.error());
  }
  auto done = co_await in_folder(state, dir, std::move(file));
  // Not even begun: there was no drill, and `drill list` shall not show one.
  if (!done && !aio::file_exists(dir.journal()) &&
      (aio::file_exists(dir.ended()) || !aio::file_exists(dir.system()))) {
    static_cast<void>(aio::remove_tree(dir.path));
  }
  co_return done;
}

/// Nothing is touched before the request is in the audit log and a key is there to sign.
base::Result<> Session::account_for(const runner::StateDir& state, const runner::DrillDir& dir,
                                    const std::string& plan) {
  TRY(accounting_, runner::begin_accounting(state, dir, clock_, plan, runner::requester_here(),
                                            [this](base::Duration took) {
                                              metrics_.audit_write(took, store::kSlowAuditWrite);
                                            }));
  if (accounting_->key.made) {
    say(
        fmt::format("made the key that signs evidence: {} (`muster keys show` prints its public "
                    "half)",
                    accounting_->key.path));
  }
  return runner::keep_given_plan(dir, command_.plan);
}

aio::Task<base::Result<Exit>> Session::in_folder(const runner::StateDir& state,
                                                 runner::DrillDir dir, runner::PlanFile file) {
  CO_TRY(const auto drill_lock, aio::FileLock::try_lock(dir.lock(), "drill " + dir.id()));
  if (!command_.schedule.empty()) {
    CO_TRY(const auto slot, scheduling::parse_time(command_.slot, scheduling::Zone::utc()));
    CO_TRY(runner::save_origin(dir, {command_.schedule, slot}));
  }
  const runner::PlanFile kept = file;
  CO_TRY(runner::DrillTarget target, runner::open_target(clock_, state, std::move(file), kinds_));
  const bool managed = !target.local().started();
  CO_TRY(runner::save_for_recovery(dir, kept, managed && !command_.keep_system));
  co_return co_await guarded(state, dir, target, managed);
}

/// From here on everything is undone even if this process is killed.
aio::Task<base::Result<Exit>> Session::guarded(const runner::StateDir& state, runner::DrillDir dir,
                                               runner::DrillTarget& target, bool managed) {
  const runner::Guardian::Limits limits{base::seconds(target.plan.guard.silence_seconds)};
  auto guardian =
      co_await runner::Guardian::start(clock_, state, dir, limits, stop_before_drill_.get_token());
  if (!guardian) {
    CO_TRY(runner::mark_ended(dir));  // nothing was touched
    co_return tl::unexpected(guardian.error());
  }
  aio::TaskGroup keeping(context_.get_executor());
  keeping.spawn(keep(*guardian, keeping.token()));
  auto exit = co_await start_and_drill(state, dir, target, managed);
  keeping.cancel();
  static_cast<void>(co_await keeping.join());
  if (const auto left = co_await guardian->dismiss(); !left) {
    say("warning: the guardian did not leave: " + left.error().message);
  }
  co_return exit;
}

aio::Task<base::Result<>> Session::keep(runner::Guardian& guardian, std::stop_token stop) {
  const auto kept = co_await guardian.keep(std::move(stop));
  if (!kept) {
    const std::string why = "no guardian any more: " + kept.error().message;
    say("error: " + why);
    stop_before_drill_.request_stop();
    if (running_ != nullptr) running_->abort(drill::AbortReason::Guard, why);
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<Exit>> Session::start_and_drill(const runner::StateDir& state,
                                                       runner::DrillDir dir,
                                                       runner::DrillTarget& target, bool managed) {
  if (managed) {
    say(fmt::format("starting {} in {}", target.local().system().name, target.local().dir()));
    auto started = co_await target.local().start(stop_before_drill_.get_token());
    if (!started) {
      // start() has stopped what it had started.
      static_cast<void>(target.local().remove());
      CO_TRY(runner::mark_ended(dir));
      co_return tl::unexpected(started.error());
    }
  }
  auto exit = co_await on_target(state, dir, target);
  co_return co_await put_away(dir, target.local(), managed && !command_.keep_system, exit);
}

/// Stops a system that this run started, unless something in it is still broken: then it stays as
/// it is for `muster drill recover`.
aio::Task<base::Result<Exit>> Session::put_away(runner::DrillDir dir, targets::LocalTarget& target,
                                                bool stop_it, base::Result<Exit> exit) {
  if (!whole_) co_return exit;
  if (stop_it) {
    if (auto stopped = co_await target.stop({}); !stopped) {
      owing_ = true;
      say("the system was not stopped: put right what is named below, then run `muster drill "
          "recover`");
      co_return tl::unexpected(stopped.error());
    }
    if (const auto removed = target.remove(); !removed) say("warning: " + removed.error().message);
  }
  CO_TRY(runner::mark_ended(dir));
  co_return exit;
}

aio::Task<base::Result<Exit>> Session::on_target(const runner::StateDir& state,
                                                 runner::DrillDir dir,
                                                 runner::DrillTarget& target) {
  runner::HttpGet http(clock_, context_.get_executor(), target.names);
  if (!target.plan.notifications.empty()) {
    runner::Notifier::Options options;
    options.notifications = target.plan.notifications;
    options.directory = std::filesystem::absolute(command_.plan).parent_path().string();
    options.seed = aio::seed();
    notifier_ =
        std::make_unique<runner::Notifier>(clock_, context_.get_executor(), std::move(options));
  }
  runner::DrillRun::Setup setup{state,
                                dir,
                                target,
                                catalog_,
                                &http,
                                &metrics_,
                                notifier_.get(),
                                versions_of_here(command_),
                                [this](const runner::DrillStatus& status) {
                                  console_.note(view_.show(status));
                                  write_metrics(status);
                                },
                                &*accounting_};
  if (!command_.second_vantage.empty()) {
    setup.second_vantage = [socket = command_.second_vantage](std::stop_token stop) {
      return runner::connect_unix(socket, std::move(stop));
    };
  }
  const bool has_rpo = target.plan.objectives.rpo_seconds.has_value();
  metrics_.declare(target.plan.name, has_rpo);
  if (const auto record =
          runner::track_record(state, target.plan.name, runner::spec_digest(target.plan));
      record && record->drills > 0) {
    std::optional<metrics::ComplianceRatio> rpo;
    if (has_rpo) rpo = {record->rpo.ratio, record->rpo.lower_bound};
    metrics_.compliance(target.plan.name, {record->rto.ratio, record->rto.lower_bound}, rpo);
  }
  runner::DrillRun run(clock_, context_.get_executor(), std::move(setup));
  running_ = &run;
  if (interrupted_) run.abort(drill::AbortReason::User, "interrupted");
  auto result = co_await run.run();
  running_ = nullptr;
  console_.note(view_.end());
  if (!result) co_return tl::unexpected(result.error());
  co_return conclude(*result, dir);
}

Exit Session::conclude(const runner::DrillRun::Result& result, const runner::DrillDir& dir) {
  const report::TerminalOptions options = console_.layout(dir.report_html());
  console_.data(report::show(result.report, format_of(command_.output), options));
  if (command_.output == Output::Table && result.report.history) {
    console_.data(fmt::format("\nHistory of {} on this machine\n{}", result.report.plan,
                              runner::describe(*result.report.history)));
  }
  for (const std::string& problem : result.problems) say("warning: " + problem);
  whole_ = result.report.ending != drill::Ending::NotWhole;
  if (!whole_) {
    say("the system was left as it is: put right what is named above, then run "
        "`muster drill recover`");
  }
  const int code = runner::exit_code(result.report);
  if (result.aborted_by_user && code != 1) return Exit::Interrupted;
  return static_cast<Exit>(code);
}

}  // namespace

Exit run(const DrillRun& command, const Global& global, Console& console) {
  return Session(command, global, console).run();
}

}  // namespace cli
