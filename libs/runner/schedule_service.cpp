#include "runner/schedule_service.h"

#include <csignal>
#include <filesystem>

#include <fmt/format.h>

#include "aio/deadline.h"

namespace runner {
namespace {

using scheduling::Instant;
using scheduling::Outcome;

/// How often it looks without an event: a clock that was set, a file that was changed, a drill that
/// somebody else started or ended.
constexpr base::Duration kLookEvery = base::seconds(2);

std::string command_of(const PlanChoice& plan) {
  return plan.file + (plan.profile.empty() ? "" : " --profile " + plan.profile);
}

std::string ending_of(const aio::ProcessOutcome& outcome) {
  if (outcome.signal != 0) return outcome.summary();
  switch (outcome.exit_code) {
    case 0: return "objectives and criteria met";
    case 3: return "something was missed";
    case 4: return "inconclusive or invalid";
    case 130: return "interrupted, everything was undone";
    default: return fmt::format("exit code {}", outcome.exit_code);
  }
}

}  // namespace

ScheduleService::ScheduleService(aio::Clock& clock, const aio::Executor& executor, Setup setup,
                                 ScheduleDir dir, aio::FileLock lock)
    : clock_(clock),
      executor_(executor),
      setup_(std::move(setup)),
      dir_(std::move(dir)),
      lock_(std::move(lock)),
      changed_(executor, aio::Event::Mode::Auto),
      drills_(executor) {}

base::Result<std::unique_ptr<ScheduleService>> ScheduleService::open(aio::Clock& clock,
                                                                     const aio::Executor& executor,
                                                                     Setup setup) {
  TRY(ScheduleDir dir, ScheduleDir::open(setup.state, setup.file.spec.name));
  TRY(aio::FileLock lock, dir.lock());
  std::unique_ptr<ScheduleService> service(
      new ScheduleService(clock, executor, std::move(setup), std::move(dir), std::move(lock)));
  TRY(service->begin());
  return service;
}

base::Result<> ScheduleService::begin() {
  TRY(const auto known, dir_.load());
  if (known) {
    state_ = *known;
  } else {
    state_.since = now();
    TRY(dir_.save(state_));
  }
  const auto file = std::filesystem::absolute(setup_.file.spec.file).lexically_normal();
  return aio::write_file_atomic(dir_.source(), file.string());
}

void ScheduleService::say(const std::string& text) const {
  setup_.say(fmt::format("{}: {}", dir_.name(), text));
}

void ScheduleService::reload() {
  const std::string file = setup_.file.spec.file;
  const auto text = aio::read_file(file, 4U << 20U);
  if (!text || *text == setup_.file.text || *text == bad_file_) return;
  auto read = read_schedule(file, setup_.catalog, now());
  if (read && read->spec.name != dir_.name()) {
    read = tl::unexpected(api::Problems{
        {file,
         {},
         "metadata.name",
         fmt::format("\"{}\" is not allowed while {} is served", read->spec.name, dir_.name())}});
  }
  if (!read) {
    bad_file_ = *text;
    say(fmt::format("the file was changed and is wrong; it is served as it was:\n{}",
                    api::format(read.error())));
    return;
  }
  setup_.file = std::move(*read);
  bad_file_.clear();
  say("the file was changed; it is served as it is now");
}

/// Drills of the plan that run. A drill that was just started has no folder yet.
std::vector<std::string> ScheduleService::running() const {
  std::vector<std::string> out;
  for (const DrillDir& dir : living_drills(setup_.state, setup_.file.plan_name)) {
    out.push_back(dir.id());
  }
  if (out.empty() && !running_.empty()) {
    out.push_back("the drill of " + scheduling::utc_text(running_.begin()->first));
  }
  return out;
}

/// Folders are only looked at when it matters whether a drill runs.
scheduling::Decision ScheduleService::decide() {
  const Instant at = now();
  auto idle = scheduling::decide(setup_.file.spec, state_, {}, at);
  const auto* wait = std::get_if<scheduling::Wait>(&idle);
  const bool nothing_due = wait != nullptr && (!wait->slot || wait->slot->at > at);
  return nothing_due ? idle : scheduling::decide(setup_.file.spec, state_, running(), at);
}

bool ScheduleService::write_down(const scheduling::Record& record) {
  scheduling::State next = state_.with(record);
  if (const auto saved = dir_.save(next); !saved) {
    const std::string text =
        "nothing is started, since it cannot be written down: " + saved.error().message;
    if (told_ != text) say(text);
    told_ = text;
    return false;
  }
  state_ = std::move(next);
  told_.clear();
  return true;
}

/// Whether it was written down; else nothing was done.
bool ScheduleService::carry_out(const scheduling::Decision& decision) {
  if (const auto* begin = std::get_if<scheduling::Start>(&decision)) {
    if (!write_down(begin->record)) return false;
    start(begin->slot);
  } else if (const auto* replace = std::get_if<scheduling::Replace>(&decision)) {
    if (!write_down(replace->record)) return false;
    say(fmt::format("slot {}: {}", scheduling::utc_text(replace->slot.at), replace->record.detail));
    abort_running(fmt::format("replaced by slot {} of schedule {}",
                              scheduling::utc_text(replace->slot.at), dir_.name()));
  } else if (const auto* skip = std::get_if<scheduling::Skip>(&decision)) {
    if (!write_down(skip->record)) return false;
    const auto& record = skip->record;
    const std::string which =
        record.count == 1
            ? "slot " + scheduling::utc_text(record.slot)
            : fmt::format("{}{} slots from {} to {}",
                          record.count > scheduling::kMissedCounted ? "more than " : "",
                          std::min(record.count, scheduling::kMissedCounted),
                          scheduling::utc_text(record.first), scheduling::utc_text(record.slot));
    say(fmt::format("{}: skipped, {}: {}", which, scheduling::name(record.outcome), record.detail));
  }
  return true;
}

void ScheduleService::start(const scheduling::Slot& slot) {
  const std::string when = scheduling::utc_text(slot.at);
  const PlanChoice& plan = setup_.file.plan;
  aio::Command command;
  command.argv = {aio::own_program(), "--state-dir",         setup_.state.root(), "drill",  "run",
                  plan.file,          "--asked-by-schedule", dir_.name(),         "--slot", when};
  if (!plan.profile.empty()) command.argv.insert(command.argv.end(), {"--profile", plan.profile});
  for (const std::string& set : plan.sets) {
    command.argv.insert(command.argv.end(), {"--set", set});
  }
  const std::string log = dir_.log(slot.at);
  auto child = aio::Child::spawn(executor_, command, {log, log, false});
  if (!child) return say(fmt::format("slot {}: cannot start: {}", when, child.error().message));
  say(fmt::format("slot {} ({}): started {}, pid {}", when,
                  scheduling::text_of(slot.at, setup_.file.spec.zone), command_of(plan),
                  child->pid()));
  running_.emplace(slot.at, Running{slot.at, std::move(*child), false});
  drills_.spawn(see_it_end(slot.at));
}

aio::Task<base::Result<>> ScheduleService::see_it_end(Instant slot) {
  const auto outcome = co_await running_.at(slot).child.wait({});
  const auto dir = drill_of(setup_.state, {dir_.name(), slot});
  const std::string which = dir ? "drill " + dir->id() : "no drill was begun";
  const std::string how = outcome ? ending_of(*outcome) : outcome.error().message;
  say(fmt::format("slot {}: {}: {}; {}", scheduling::utc_text(slot), which, how, dir_.log(slot)));
  running_.erase(slot);
  dir_.forget_logs(state_);
  for (const std::string& id : remove_beyond_limits(setup_.state, setup_.file.spec)) {
    say(fmt::format("drill {} is beyond the history limit: removed", id));
  }
  changed_.set();
  co_return base::Result<>{};
}

void ScheduleService::abort_running(const std::string& reason) {
  for (auto& [slot, drill] : running_) {
    if (!drill.told_to_end) drill.child.signal(SIGINT);
    drill.told_to_end = true;
  }
  for (const DrillDir& dir : living_drills(setup_.state, setup_.file.plan_name)) {
    const auto origin = load_origin(dir);
    const bool own = origin && origin->schedule == dir_.name() && running_.contains(origin->slot);
    if (own) continue;
    if (const auto asked = aio::write_file_atomic(dir.abort_request(), reason); !asked) {
      say(fmt::format("drill {} cannot be asked to end: {}", dir.id(), asked.error().message));
    }
  }
}

void ScheduleService::tell_wait(const scheduling::Wait& wait) {
  std::string text = "no slot will ever come";
  if (wait.clock_behind > scheduling::Seconds(60)) {
    text = fmt::format("the clock was put back by {}: {}; next {}", base::human(wait.clock_behind),
                       wait.reason, wait.slot ? scheduling::utc_text(wait.slot->at) : "none");
  } else if (wait.slot && wait.slot->at <= now()) {
    text = fmt::format("slot {} waits: {}", scheduling::utc_text(wait.slot->at), wait.reason);
  } else if (wait.slot) {
    text = fmt::format("next slot {} ({})", scheduling::utc_text(wait.slot->at),
                       scheduling::text_of(wait.slot->at, setup_.file.spec.zone));
  }
  if (text != told_) say(text);
  told_ = text;
}

aio::Task<base::Result<>> ScheduleService::wait(scheduling::Wait wait, std::stop_token stop) {
  tell_wait(wait);
  base::Duration length = kLookEvery;
  if (wait.until) length = std::min<base::Duration>(length, *wait.until - clock_.wall_now());
  aio::Deadline look(clock_, executor_, clock_.now() + length, std::move(stop));
  static_cast<void>(co_await changed_.wait(look.token()));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> ScheduleService::serve(std::stop_token stop) {
  while (!stop.stop_requested()) {
    reload();
    const scheduling::Decision decision = decide();
    if (const auto* idle = std::get_if<scheduling::Wait>(&decision)) {
      CO_TRY(co_await wait(*idle, stop));
    } else if (!carry_out(decision)) {
      static_cast<void>(co_await aio::wait_for(clock_, kLookEvery, stop));
    }
  }
  interrupted_ = !running_.empty();
  for (auto& [slot, drill] : running_) {
    say(fmt::format("interrupted: the drill of slot {} undoes everything first",
                    scheduling::utc_text(slot)));
    if (!drill.told_to_end) drill.child.signal(SIGINT);
    drill.told_to_end = true;
  }
  co_return co_await drills_.join();
}

}  // namespace runner
