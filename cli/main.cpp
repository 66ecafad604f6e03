// The `muster` program: parse, run one command, exit with its code.
#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <variant>

#include "aio/signal.h"
#include "cli/commands.h"

namespace {

/// A standard stream that the caller closed would be the number of the first file we open, and a
/// ledger must not get the report: in its place stands what can be neither read nor written.
void fill_standard_streams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // open() takes the lowest free number, which is this one.
    static_cast<void>(open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace

int main(int count, char** arguments) {
  fill_standard_streams();
  aio::ignore_sigpipe();
  std::signal(SIGXFSZ, SIG_IGN);  // a file over its limit is an error that can be told and undone
  const cli::Calling calling = cli::calling_of(count > 0 ? arguments[0] : "");
  const cli::Parsed parsed =
      cli::parse({arguments + std::min(count, 1), arguments + count}, calling);
  cli::Console console;
  console.out_stream = cli::look_at(1);
  console.err_stream = cli::look_at(2);
  cli::Exit exit = parsed.exit;
  if (parsed.command) {
    exit =
        std::visit([&](const auto& command) { return cli::run(command, parsed.global, console); },
                   *parsed.command);
  } else {
    console.data(parsed.out);
    console.note(parsed.err);
  }
  return static_cast<int>(cli::finish(console, exit));
}
