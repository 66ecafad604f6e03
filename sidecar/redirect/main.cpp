// The `muster-redirect` program: what comes for an application's port goes to its sidecar.
//   muster-redirect --port 8080 --to 15001 [--probes 15002]
// It runs once, before the sidecar, with NET_ADMIN, which the sidecar then does not need; and it is
// a program of its own, so that nothing that is reached from outside has this code. Again it
// changes nothing. Exit codes: 0 the rules are there · 1 they are not · 2 usage.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/version.h"
#include "sidecar/redirect/kernel.h"
#include "sidecar/redirect/rule.h"

int main(int count, char** arguments) {
  const auto version =
      fmt::format("muster-redirect {} ({}, {})", cli::version(), cli::revision(), cli::compiler());
  const redirect::Parsed parsed =
      redirect::parse({arguments + (count > 0 ? 1 : 0), arguments + count}, version);
  std::fputs(parsed.out.c_str(), stdout);
  std::fputs(parsed.err.c_str(), stderr);
  if (!parsed.rules) return parsed.exit;
  if (const auto put = redirect::put(*parsed.rules); !put) {
    fmt::print(stderr, "error: {}\n", put.error().message);
    return EXIT_FAILURE;
  }
  for (const redirect::Rule& each : *parsed.rules) fmt::print("{}\n", redirect::words(each));
  return EXIT_SUCCESS;
}
