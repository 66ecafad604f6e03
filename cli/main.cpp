// The `muster` program: parse, run one command, exit with its code.
#include <csignal>
#include <variant>

#include "aio/signal.h"
#include "cli/commands.h"

int main(int count, char** arguments) {
  aio::ignore_sigpipe();
  std::signal(SIGXFSZ, SIG_IGN);  // a file over its limit is an error that can be told and undone
  const cli::Parsed parsed = cli::parse({arguments + 1, arguments + count});
  cli::Console console;
  console.out_stream = cli::look_at(1);
  console.err_stream = cli::look_at(2);
  if (!parsed.command) {
    cli::print(console.out, parsed.out);
    cli::print(console.err, parsed.err);
    return static_cast<int>(parsed.exit);
  }
  const cli::Exit exit =
      std::visit([&](const auto& command) { return cli::run(command, parsed.global, console); },
                 *parsed.command);
  return static_cast<int>(exit);
}
