// The guardian: a small process beside each drill that undoes everything when `muster` itself dies.
// It is the same program, started in a session of its own before anything is touched, so that no
// Ctrl-C, hang-up or kill of the drill reaches it. The drill tells it once a second that it lives,
// over a pipe that the kernel closes when the drill is gone however it went.
//
//   the pipe closes            the drill died: recover it (runner/recover.h)
//   nothing for `silence`      the drill stands still while users may be down: kill it, recover it
//   the drill says it is done  leave; what it could not undo it has reported itself
//
// The guardian decides nothing about the recovery: the same engine resumes from the same journal as
// for `muster drill recover`, forward only after a promotion. It tries again, less and less often,
// until everything is undone; a drill whose guardian dies starts another.
#pragma once

#include <optional>
#include <string>

#include "aio/process.h"
#include "aio/task.h"
#include "runner/recover.h"
#include "runner/state_dir.h"

namespace runner {

/// How the guardian is told apart from a user who recovers, in locks and logs.
inline constexpr const char* kGuardianName = "guardian";

/// The drill's side.
class Guardian {
 public:
  struct Limits {
    base::Duration silence_max{};  // whole seconds; 0: a drill that stands still is left alone
  };
  /// Starts one and waits until it stands by.
  /// Errors: it did not start within 10 s; then nothing may be touched.
  static aio::Task<base::Result<Guardian>> start(aio::Clock& clock, const StateDir& state,
                                                 DrillDir dir, Limits limits, std::stop_token stop);

  /// Tells it once a second that the drill lives, and replaces one that died.
  /// Cancellation: ends without error. Errors: none could be started any more.
  aio::Task<base::Result<>> keep(std::stop_token stop);
  /// Sends it away: everything is undone, or what is not was reported.
  aio::Task<base::Result<>> dismiss();

 private:
  Guardian(aio::Clock& clock, StateDir state, DrillDir dir, Limits limits, aio::Child child);
  static aio::Task<base::Result<aio::Child>> spawn(aio::Clock& clock, const StateDir& state,
                                                   const DrillDir& dir, Limits limits,
                                                   std::stop_token stop);

  aio::Clock* clock_;
  StateDir state_;
  DrillDir dir_;
  Limits limits_;
  aio::Child child_;
};

/// What a guardian sees between two looks.
struct GuardianView {
  bool closed = false;       // the pipe: the drill's process is gone
  bool dismissed = false;    // the drill said so
  bool ended = false;        // the drill has noted that nothing is left to undo
  base::Duration silence{};  // since the drill's last word
};
enum class GuardianTurn : std::uint8_t { Wait, Leave, Recover, KillAndRecover };
/// What it does about it. `silence_max`: 0: for ever.
GuardianTurn turn_of(const GuardianView& view, base::Duration silence_max);

struct GuardianOptions {
  std::string drill;               // the id
  pid_t drill_pid = 0;             // to be killed when it stands still
  base::Duration silence_max{};    // see turn_of
  base::Duration give_up_after{};  // of tries to recover
  int lifeline = 0;                // the pipe's end
};
/// The guardian's side, until it may leave. Its log goes to stderr.
/// Errors: what could not be undone.
aio::Task<base::Result<>> stand_guard(aio::Clock& clock, aio::Executor executor,
                                      const StateDir& state, GuardianOptions options);

}  // namespace runner
