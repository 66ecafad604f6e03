#include "targets/local_target.h"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/entropy.h"
#include "targets/address.h"
#include "targets/relay_control.h"

namespace targets {
namespace {

constexpr auto kCleanUpWithin = base::seconds(10);

// "from-a" -> "FROM_A"
std::string variable(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    const auto letter = static_cast<unsigned char>(c);
    return std::isalnum(letter) != 0 ? static_cast<char>(std::toupper(letter)) : '_';
  });
  return text;
}

template <class Spec>
base::Result<Spec> named(const std::vector<Spec>& all, std::string_view what,
                         std::string_view name) {
  std::string known;
  for (const Spec& one : all) {
    if (one.name == name) {
      return one;
    }
    known += (known.empty() ? "" : ", ") + one.name;
  }
  return base::fail(base::Code::NotFound, fmt::format("the system has no {} '{}'; it has {}", what,
                                                      name, known.empty() ? "none" : known));
}

bool is_program(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// Daemons live in sbin, which a normal user's PATH does not name.
std::string search_path() {
  return aio::env_or("PATH", "/usr/local/bin:/usr/bin:/bin") + ":/usr/sbin:/sbin";
}

bool in_path(const std::string& command) {
  if (command.find('/') != std::string::npos) {
    return is_program(command);
  }
  const std::string path = search_path();
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    if (end > begin && is_program(path.substr(begin, end - begin) + "/" + command)) {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

}  // namespace

base::Result<> check_drillable(const api::LocalSystem& system) {
  if (system.drillable) return {};
  return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("system '{}' does not say drillable: true, so nothing is done to it",
                  system.name));
}

LocalTarget::LocalTarget(aio::Clock& clock, LocalOptions options)
    : clock_(&clock), options_(std::move(options)) {}

base::Result<LocalTarget> LocalTarget::open(aio::Clock& clock, LocalOptions options) {
  LocalTarget target(clock, std::move(options));
  const api::LocalSystem& file = target.options_.system;
  TRY(check_drillable(file));
  TRY(aio::make_dirs(target.options_.dir));
  auto state = load_state(target.options_.dir);
  if (state && state->boot == boot_id() && state->started) {
    target.state_ = *state;
  } else {
    if (!state && state.error().code != base::Code::NotFound) {
      return tl::unexpected(state.error());
    }
    base::Random random(aio::seed());
    target.state_.system = file.name;
    target.state_.boot = boot_id();
    TRY(target.state_.ports, choose_ports(file.ports, random));
    TRY(target.take_parameters());
  }
  TRY(target.resolve());
  TRY(target.check_needs());
  return target;
}

base::Result<> LocalTarget::take_parameters() {
  for (const api::SystemParameter& parameter : options_.system.parameters) {
    state_.parameters[parameter.name] = parameter.otherwise;
  }
  for (const auto& [name, value] : options_.parameters) {
    TRY(named(options_.system.parameters, "parameter", name));
    state_.parameters[name] = value;
  }
  return {};
}

base::Result<> LocalTarget::resolve() {
  substitutions_["dir"] = options_.dir;
  substitutions_["home"] = options_.system.home;
  environment_ = {
      {"MUSTER_DIR", options_.dir}, {"MUSTER_HOME", options_.system.home}, {"PATH", search_path()}};
  for (const auto& [name, port] : state_.ports) {
    substitutions_["port." + name] = std::to_string(port);
    environment_.emplace_back("MUSTER_PORT_" + variable(name), std::to_string(port));
  }
  for (const auto& [name, value] : state_.parameters) {
    substitutions_["param." + name] = value;
    environment_.emplace_back("MUSTER_PARAM_" + variable(name), value);
  }
  // Addresses may use ports, everything else may use addresses.
  for (const auto& instance : options_.system.instances) {
    TRY(substitutions_["address." + instance.name],
        api::substitute(std::string_view(instance.address), substitutions_));
  }
  for (const auto& service : options_.system.services) {
    TRY(substitutions_["address." + service.name],
        api::substitute(std::string_view(service.address), substitutions_));
  }
  TRY(system_, api::substitute(options_.system, substitutions_));
  system_.home = options_.system.home;
  return {};
}

base::Result<> LocalTarget::check_needs() const {
  std::string missing;
  for (const api::Need& need : system_.needs) {
    if (!in_path(need.command)) {
      missing += fmt::format("{}{} is missing: apt-get install {}", missing.empty() ? "" : "; ",
                             need.command, need.package);
    }
  }
  return missing.empty() ? base::Result<>{} : base::fail(base::Code::NotFound, missing);
}

aio::Task<base::Result<aio::ProcessOutcome>> LocalTarget::run(std::vector<std::string> argv,
                                                              base::Duration timeout,
                                                              std::stop_token stop) {
  if (argv.empty()) {
    co_return base::fail(base::Code::InvalidArgument, "a command needs at least a program");
  }
  aio::Command command;
  command.argv = std::move(argv);
  command.env = environment_;
  command.cwd = system_.home;
  command.timeout = timeout;
  std::string& program = command.argv.front();
  if (!program.starts_with('/') && is_program(system_.home + "/" + program)) {
    program = system_.home + "/" + program;
  }
  co_return co_await aio::run_process(*clock_, std::move(command), std::move(stop));
}

aio::Task<base::Result<std::string>> LocalTarget::require(std::string what,
                                                          api::CommandSpec command,
                                                          std::stop_token stop) {
  auto outcome =
      co_await run(command.argv, base::seconds(command.timeout_seconds), std::move(stop));
  if (!outcome) {
    co_return tl::unexpected(outcome.error().with(what));
  }
  if (!outcome->ok()) {
    const auto code =
        outcome->timed_out ? base::Code::DeadlineExceeded : base::Code::FailedPrecondition;
    co_return base::fail(code, fmt::format("{}: {}", what, outcome->summary()));
  }
  co_return std::move(outcome->out);
}

aio::Task<base::Result<>> LocalTarget::start(std::stop_token stop) {
  if (state_.started) {
    co_return base::fail(base::Code::FailedPrecondition,
                         fmt::format("system '{}' is started already", system_.name));
  }
  forget_pid_files();
  // Before the first process: if we die now, whoever comes next finds what to stop.
  state_.started = true;
  CO_TRY(save_state(options_.dir, state_));
  auto done = co_await bring_up(stop);
  if (!done) {
    auto stopped = co_await this->stop({});
    if (!stopped) {
      done.error().message += "; and stopping it again failed: " + stopped.error().message;
    }
  }
  co_return done;
}

aio::Task<base::Result<>> LocalTarget::bring_up(std::stop_token stop) {
  if (system_.setup) {
    CO_TRY(co_await require("setup of system " + system_.name, *system_.setup, stop));
  }
  CO_TRY(co_await start_relays(stop));
  if (system_.start) {
    CO_TRY(co_await require("start of system " + system_.name, *system_.start, stop));
  }
  co_return co_await check(stop);
}

aio::Task<base::Result<>> LocalTarget::check(std::stop_token stop) {
  if (system_.check) {
    CO_TRY(description_,
           co_await require("check of system " + system_.name, *system_.check, std::move(stop)));
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> LocalTarget::stop(std::stop_token stop) {
  std::string problems;
  const auto note = [&problems](const base::Error& error) {
    problems += (problems.empty() ? "" : "; ") + error.message;
  };
  if (system_.stop && state_.started) {
    auto done = co_await require("stop of system " + system_.name, *system_.stop, stop);
    if (!done) {
      note(done.error());
    }
  }
  // Relays end by SIGTERM; what the stop command left is killed with its children.
  for (const api::RelaySpec& relay : system_.relays) {
    if (const auto process = relay_process(relay)) {
      (void)send_signal(*process, SIGTERM);
    }
  }
  const base::TimePoint patience = clock_->now() + base::seconds(2);
  while (!living().empty() && clock_->now() < patience) {
    co_await aio::wait_for(*clock_, base::millis(5), {});
  }
  auto tree = freeze_tree(living());
  auto done = tree ? co_await kill_all(*clock_, *tree, kCleanUpWithin, {})
                   : base::Result<>(tl::unexpected(tree.error()));
  if (!done) {
    note(done.error());
    co_return base::fail(base::Code::FailedPrecondition, problems);
  }
  state_.started = false;
  CO_TRY(save_state(options_.dir, state_));
  co_return problems.empty() ? base::Result<>{}
                             : base::fail(base::Code::FailedPrecondition, problems);
}

aio::Task<base::Result<>> LocalTarget::end_commands() {
  const std::vector<ProcessId> ours = living();
  // A command may start another one between the look and the kill.
  for (int round = 0; round < 10; ++round) {
    std::vector<ProcessId> left = commands_with("MUSTER_DIR=" + options_.dir);
    std::erase_if(left, [&](const ProcessId& id) {
      return std::find(ours.begin(), ours.end(), id) != ours.end();
    });
    if (left.empty()) {
      co_return base::Result<>{};
    }
    CO_TRY(co_await kill_all(*clock_, std::move(left), kCleanUpWithin, {}));
  }
  co_return base::fail(base::Code::Unavailable,
                       "commands of a drill that died keep on starting others");
}

base::Result<> LocalTarget::remove() {
  if (state_.started) {
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("system '{}' is started: stop it first", system_.name));
  }
  return aio::remove_tree(options_.dir);
}

void LocalTarget::forget_pid_files() {
  for (const api::ProcessSpec& process : system_.processes) {
    ::unlink(process.pid_file.c_str());
  }
  for (const api::RelaySpec& relay : system_.relays) {
    ::unlink(relay_pid_file(relay).c_str());
  }
}

std::vector<ProcessId> LocalTarget::living() const {
  std::vector<ProcessId> all;
  for (const api::ProcessSpec& process : system_.processes) {
    const auto found = roots(process.name);
    for (const ProcessId& id : found.value_or(std::vector<ProcessId>{})) {
      if (std::find(all.begin(), all.end(), id) == all.end()) {
        all.push_back(id);
      }
    }
  }
  for (const api::RelaySpec& relay : system_.relays) {
    if (const auto id = relay_process(relay)) {
      all.push_back(*id);
    }
  }
  return all;
}

base::Result<api::ProcessSpec> LocalTarget::process(std::string_view name) const {
  return named(system_.processes, "process", name);
}

base::Result<api::ServiceSpec> LocalTarget::service(std::string_view name) const {
  return named(system_.services, "service", name);
}

base::Result<api::RelaySpec> LocalTarget::relay(std::string_view name) const {
  return named(system_.relays, "relay", name);
}

base::Result<std::vector<api::RelaySpec>> LocalTarget::relays_of_peer(std::string_view peer) const {
  std::vector<api::RelaySpec> found;
  for (const api::RelaySpec& relay : system_.relays) {
    if (std::find(relay.between.begin(), relay.between.end(), peer) != relay.between.end()) {
      found.push_back(relay);
    }
  }
  if (found.empty()) {
    return base::fail(base::Code::NotFound,
                      fmt::format("no relay of the system is between '{}' and another", peer));
  }
  return found;
}

base::Result<aio::FileLock> lock_target(const std::string& locks_dir, const std::string& system,
                                        std::string_view holder) {
  TRY(aio::make_dirs(locks_dir));
  auto lock = aio::FileLock::try_lock(locks_dir + "/" + system, holder);
  if (lock) return lock;
  const bool taken = lock.error().code == base::Code::AlreadyExists;
  return tl::unexpected(
      lock.error().with(fmt::format("system '{}'{}", system, taken ? " is in use" : "")));
}

}  // namespace targets
