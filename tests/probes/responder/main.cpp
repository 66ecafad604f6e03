// The responder as a program of its own, for the tests and benchmarks of the probes.
#include <cstdio>
#include <string>
#include <vector>

#include "aio/signal.h"
#include "probes/responder.h"

int main(int argc, char** argv) {
  aio::ignore_sigpipe();
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto options = probes::ResponderOptions::parse(words);
  const auto outcome =
      options ? probes::run_responder(*options) : base::Result<>(tl::unexpected(options.error()));
  if (!outcome) {
    std::fprintf(stderr, "%s\n", outcome.error().message.c_str());
    return 1;
  }
  return 0;
}
