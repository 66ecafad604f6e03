// The processes and relays of a local target.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "targets/local_target.h"
#include "targets/relay_control.h"

namespace targets {
namespace {

constexpr auto kRelayReadyWithin = base::seconds(5);

base::Result<api::CommandSpec> wanted(const std::optional<api::CommandSpec>& command,
                                      std::string_view process, std::string_view what) {
  if (!command) {
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("process '{}' has no {} command", process, what));
  }
  return *command;
}

// A pid file outlives its process; the relay's own control path on the command line tells it.
bool runs_with(const ProcessId& id, const std::string& argument) {
  const auto text = aio::read_file(fmt::format("/proc/{}/cmdline", id.pid));
  return text && ('\0' + *text).find('\0' + argument + '\0') != std::string::npos;
}

base::Result<std::int64_t> millis_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!text.empty() && (error != std::errc{} || end != text.data() + text.size() || value < 0 ||
                        value > kRelayDelayMillisMax)) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("delayMillis '{}': a whole number from 0 to {}", text, kRelayDelayMillisMax));
  }
  return value;
}

}  // namespace

base::Result<std::vector<ProcessId>> LocalTarget::roots(std::string_view process_name) const {
  TRY(const api::ProcessSpec spec, process(process_name));
  std::vector<std::string> files = spec.also_pid_files;
  files.insert(files.begin(), spec.pid_file);
  std::vector<ProcessId> found;
  for (const std::string& file : files) {
    const auto pid = read_pid_file(file);
    if (!pid && pid.error().code != base::Code::NotFound &&
        pid.error().code != base::Code::DataLoss) {
      return tl::unexpected(pid.error());
    }
    // No file: not started. An empty one: about to start, or cut off by a crash.
    const auto id = pid ? identify(*pid) : std::nullopt;
    if (id) {
      found.push_back(*id);
    }
  }
  return found;
}

std::vector<std::string> LocalTarget::running() const {
  std::vector<std::string> names;
  for (const api::ProcessSpec& process : system_.processes) {
    const auto now = state(process.name);
    if (!now || *now != ProcessState::Gone) names.push_back(process.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

base::Result<ProcessState> LocalTarget::state(std::string_view process_name) const {
  TRY(const std::vector<ProcessId> found, roots(process_name));
  ProcessState state = ProcessState::Gone;
  for (const ProcessId& id : found) {
    const ProcessState now = state_of(id);
    if (now == ProcessState::Running) {
      return now;
    }
    state = now == ProcessState::Stopped ? now : state;
  }
  return state;
}

aio::Task<base::Result<>> LocalTarget::start_process(std::string name, std::stop_token stop) {
  CO_TRY(const api::ProcessSpec spec, process(name));
  CO_TRY(const api::CommandSpec command, wanted(spec.start, name, "start"));
  CO_TRY(co_await require("start of " + name, command, std::move(stop)));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> LocalTarget::stop_process(std::string name, std::stop_token stop) {
  CO_TRY(const api::ProcessSpec spec, process(name));
  CO_TRY(const api::CommandSpec command, wanted(spec.stop, name, "stop"));
  CO_TRY(co_await require("stop of " + name, command, std::move(stop)));
  co_return base::Result<>{};
}

aio::Task<base::Result<std::string>> LocalTarget::start_isolated(std::string name,
                                                                 std::stop_token stop) {
  CO_TRY(const api::ProcessSpec spec, process(name));
  if (!spec.isolated) {
    co_return base::fail(base::Code::FailedPrecondition,
                         fmt::format("process '{}' cannot be started isolated", name));
  }
  CO_TRY(co_await require("isolated start of " + name, spec.isolated->start, std::move(stop)));
  co_return spec.isolated->instance;
}

aio::Task<base::Result<>> LocalTarget::stop_isolated(std::string name, std::stop_token stop) {
  CO_TRY(const api::ProcessSpec spec, process(name));
  if (spec.isolated) {
    CO_TRY(co_await require("stop of isolated " + name, spec.isolated->stop, std::move(stop)));
  }
  co_return base::Result<>{};
}

std::string LocalTarget::relay_pid_file(const api::RelaySpec& relay) const {
  return fmt::format("{}/relays/{}.pid", options_.dir, relay.name);
}

std::optional<ProcessId> LocalTarget::relay_process(const api::RelaySpec& relay) const {
  const auto pid = read_pid_file(relay_pid_file(relay));
  const auto id = pid ? identify(*pid) : std::nullopt;
  return id && runs_with(*id, relay.control) ? id : std::nullopt;
}

aio::Task<base::Result<>> LocalTarget::start_relays(std::stop_token stop) {
  for (const api::RelaySpec& relay : system_.relays) {
    CO_TRY(co_await start_relay(relay, stop));
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> LocalTarget::start_relay(api::RelaySpec relay, std::stop_token stop) {
  if (relay_process(relay)) {
    co_return base::Result<>{};
  }
  CO_TRY(const std::int64_t delay, millis_of(relay.delay_millis));
  const std::string folder = options_.dir + "/relays";
  CO_TRY(aio::make_dirs(folder));
  const std::string log = fmt::format("{}/{}.log", folder, relay.name);
  // A session of its own, and none of our descriptors: it outlives us.
  std::vector<std::string> argv = {
      "/bin/sh", "-c", "log=$1; shift; exec setsid -f \"$@\" >>\"$log\" 2>&1 </dev/null", "relay",
      log};
  argv.insert(argv.end(), options_.relay_program.begin(), options_.relay_program.end());
  for (const std::string& argument :
       {std::string("--name"), relay.name, std::string("--listen"), relay.listen,
        std::string("--upstream"), relay.upstream, std::string("--control"), relay.control,
        std::string("--pid-file"), relay_pid_file(relay), std::string("--delay-millis"),
        std::to_string(delay)}) {
    argv.push_back(argument);
  }
  const std::string what = "start of relay " + relay.name;
  CO_TRY(co_await require(what, {argv, 10}, stop));
  const base::TimePoint deadline = clock_->now() + kRelayReadyWithin;
  while (!relay_process(relay)) {
    if (clock_->now() >= deadline) {
      const std::string said = aio::read_file(log).value_or(std::string{});
      co_return base::fail(
          base::Code::Unavailable,
          fmt::format("{}: not ready after {}: {}", what, base::human(kRelayReadyWithin), said));
    }
    if (!co_await aio::wait_for(*clock_, base::millis(5), stop)) {
      co_return base::fail(base::Code::Cancelled, what);
    }
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<RelayStatus>> LocalTarget::set_relay(std::string name, RelaySetting setting,
                                                            std::stop_token stop) {
  CO_TRY(const api::RelaySpec spec, relay(name));
  CO_TRY(co_await start_relay(spec, stop));
  co_return co_await ask_relay(*clock_, spec.control, {setting}, std::move(stop));
}

aio::Task<base::Result<RelayStatus>> LocalTarget::get_relay(std::string name,
                                                            std::stop_token stop) {
  CO_TRY(const api::RelaySpec spec, relay(name));
  co_return co_await ask_relay(*clock_, spec.control, {}, std::move(stop));
}

}  // namespace targets
