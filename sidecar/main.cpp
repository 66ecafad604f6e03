// The `muster-sidecar` program: a reverse proxy beside an application.
//   muster-sidecar --upstream 127.0.0.1:8080 [--listen :15001] [--admin-listen 127.0.0.1:15020]
// Exit codes: 0 it was asked to end · 1 it could not begin · 2 usage.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "aio/file.h"
#include "aio/signal.h"
#include "cli/version.h"
#include "sidecar/options.h"
#include "sidecar/preparation.h"
#include "sidecar/program.h"

int main(int count, char** arguments) {
  aio::ignore_sigpipe();
  const auto version =
      fmt::format("muster-sidecar {} ({}, {})", cli::version(), cli::revision(), cli::compiler());
  const std::vector<std::string> words(arguments + (count > 0 ? 1 : 0), arguments + count);
  const sidecar::Parsed parsed = sidecar::parse(words, version, [](const std::string& path) {
    return aio::read_file(path, sidecar::kConfigBytesMax);
  });
  std::fputs(parsed.out.c_str(), stdout);
  std::fputs(parsed.err.c_str(), stderr);
  if (!parsed.settings) return parsed.exit;
  if (parsed.check_only) {
    const auto usable = sidecar::check_files(*parsed.settings);
    if (!usable) fmt::print(stderr, "error: {}\n", usable.error().message);
    return usable ? EXIT_SUCCESS : sidecar::kUsage;
  }
  const auto again = [words, version](const std::string& text) {
    return sidecar::parse(words, version, [&](const std::string& /*path*/) {
      return base::Result<std::string>(text);
    });
  };
  return sidecar::run_sidecar({*parsed.settings,
                               parsed.config_file,
                               parsed.config_text,
                               again,
                               parsed.config_optional,
                               {cli::version(), cli::revision(), cli::compiler()}});
}
