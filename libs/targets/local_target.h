// A system of processes on this machine, as its LocalSystem file describes it: set up in a private
// directory, started, checked, stopped, and touched by drivers through the names the file gives.
//
// Who holds the lock owns the target: one drill at a time. The system survives its drill's death
// on purpose (a crashed drill must not become an outage of its own): what runs is known by pid
// files and state.json alone, so the next drill, or `muster drill recover`, can go on from there.
// Relays are processes of the target, started before its start command and stopped after its stop
// command.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/clock.h"
#include "aio/file.h"
#include "aio/process.h"
#include "aio/task.h"
#include "api/local_system.h"
#include "base/result.h"
#include "targets/local_state.h"
#include "targets/process.h"
#include "targets/relay.h"
#include "targets/target.h"

namespace targets {

struct LocalOptions {
  api::LocalSystem system;                        // as parsed, placeholders unresolved
  std::string dir;                                // its private directory, {dir}
  std::map<std::string, std::string> parameters;  // of the plan, over the file's defaults
  std::vector<std::string> relay_program;         // {"/usr/bin/muster", "relay"}
};

/// Errors: FailedPrecondition where drills may not break the system.
base::Result<> check_drillable(const api::LocalSystem& system);

class LocalTarget final : public Target {
 public:
  /// Makes the directory, takes the ports and parameters of a system that still runs from its
  /// state.json, or chooses new ones.
  /// Errors: FailedPrecondition where the system is not drillable; InvalidArgument naming an
  /// unknown parameter or placeholder; NotFound for a missing command, with its package.
  static base::Result<LocalTarget> open(aio::Clock& clock, LocalOptions options);

  const api::LocalSystem& system() const override { return system_; }
  const std::string& dir() const { return options_.dir; }
  const LocalState& state() const { return state_; }
  /// dir, home, port.*, param.*, address.*: the plan's roles are added by the caller.
  const api::Substitutions& substitutions() const { return substitutions_; }

  /// True if it was started and not stopped since, in this boot.
  bool started() const { return state_.started; }
  /// setup, relays, start, check. On failure everything that was started is stopped again.
  aio::Task<base::Result<>> start(std::stop_token stop);
  /// Errors: FailedPrecondition with what the check command says.
  aio::Task<base::Result<>> check(std::stop_token stop) override;
  /// What the check command printed when it last found the system whole: how it is made up, where
  /// that depends on the machine.
  const std::string& description() const override { return description_; }
  std::vector<std::string> running() const override;
  /// The stop command, then the relays; whatever still runs is killed. Idempotent.
  /// Errors: naming what could not be stopped.
  aio::Task<base::Result<>> stop(std::stop_token stop);
  /// Kills commands of this system that a dead drill left at work: children of run(), not servers
  /// that they started. Only while no drill runs on the target.
  aio::Task<base::Result<>> end_commands();
  /// Stopped: the directory goes too.
  base::Result<> remove();

  /// Runs a command in {home} with the system's environment; argv[0] may name a file of {home}.
  aio::Task<base::Result<aio::ProcessOutcome>> run(std::vector<std::string> argv,
                                                   base::Duration timeout, std::stop_token stop);
  /// The same; a bad exit is an Error that names the command.
  aio::Task<base::Result<std::string>> require(std::string what, api::CommandSpec command,
                                               std::stop_token stop);

  /// Errors of all of these: NotFound naming the name and those that exist.
  base::Result<api::ProcessSpec> process(std::string_view name) const;
  base::Result<api::ServiceSpec> service(std::string_view name) const;
  base::Result<api::RelaySpec> relay(std::string_view name) const;
  /// The relays between this peer and any other.
  base::Result<std::vector<api::RelaySpec>> relays_of_peer(std::string_view peer) const;
  /// The living processes that its pid files name; none: it is gone.
  base::Result<std::vector<ProcessId>> roots(std::string_view process) const;
  /// Running if anything of it runs, Stopped if all that is left is suspended.
  base::Result<ProcessState> state(std::string_view process) const;
  aio::Task<base::Result<>> start_process(std::string name, std::stop_token stop);
  aio::Task<base::Result<>> stop_process(std::string name, std::stop_token stop);
  aio::Task<base::Result<std::string>> start_isolated(std::string name,
                                                      std::stop_token stop) override;
  aio::Task<base::Result<>> stop_isolated(std::string name, std::stop_token stop) override;
  /// A relay that died is started again first.
  aio::Task<base::Result<RelayStatus>> set_relay(std::string name, RelaySetting setting,
                                                 std::stop_token stop);
  aio::Task<base::Result<RelayStatus>> get_relay(std::string name, std::stop_token stop);

  /// Processes of the system that live, by pid files and relays: for "nothing is left behind".
  std::vector<ProcessId> living() const;

 private:
  LocalTarget(aio::Clock& clock, LocalOptions options);
  base::Result<> take_parameters();
  base::Result<> resolve();
  base::Result<> check_needs() const;
  void forget_pid_files();
  aio::Task<base::Result<>> bring_up(std::stop_token stop);
  aio::Task<base::Result<>> start_relays(std::stop_token stop);
  aio::Task<base::Result<>> start_relay(api::RelaySpec relay, std::stop_token stop);
  std::optional<ProcessId> relay_process(const api::RelaySpec& relay) const;
  std::string relay_pid_file(const api::RelaySpec& relay) const;

  aio::Clock* clock_;
  LocalOptions options_;
  api::LocalSystem system_;
  LocalState state_;
  std::string description_;
  api::Substitutions substitutions_;
  std::vector<std::pair<std::string, std::string>> environment_;
};

/// One drill per target. Errors: AlreadyExists, saying who holds it.
base::Result<aio::FileLock> lock_target(const std::string& locks_dir, const std::string& system,
                                        std::string_view holder);

}  // namespace targets
