// `muster guardian`: the process that a drill starts beside itself (runner/guardian.h).
#include <csignal>
#include <unistd.h>

#include "cli/commands.h"
#include "runner/guardian.h"

namespace cli {

namespace {
constexpr base::Duration kGiveUpAfter = base::seconds(1800);
}

Exit run(const Guardian& command, const Global& global, Console& console) {
  // Whatever ends the drill must not end its guardian; SIGKILL does, and the drill starts another.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(number, SIG_IGN);
  const auto state = runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  runner::GuardianOptions options;
  options.drill = command.drill;
  options.drill_pid = static_cast<pid_t>(command.drill_pid);
  options.silence_max = base::seconds(command.silence_seconds);
  options.give_up_after = kGiveUpAfter;
  options.lifeline = STDIN_FILENO;
  boost::asio::io_context context;
  aio::SystemClock clock;
  const auto done =
      aio::run(context, runner::stand_guard(clock, context.get_executor(), *state, options));
  return done ? Exit::Ok : failed(console, done.error());
}

}  // namespace cli
