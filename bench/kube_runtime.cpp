// The controller runtime against the clock. bench/kube_runtime.py runs each of these beside the
// same of a client-go program and prints one table; the figures to reach are those of the
// operator's design.
//   kube_runtime launch PROGRAM ARGUMENT...      notes the time and becomes PROGRAM
//   kube_runtime context KUBECONFIG              what of `first` is before the first byte is sent
//   kube_runtime first|events|churn KUBECONFIG   of a server that plays (bench/watch_server.py)
//   kube_runtime apply|reconcile KUBECONFIG COUNT
//   kube_runtime elect KUBECONFIG LEASE IDENTITY SECONDS
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/signal.h"
#include "kube/config.h"
#include "kube_follow.h"
#include "kube_write.h"
#include "net/connection.h"

namespace {

constexpr const char* kLaunched = "BENCH_LAUNCHED_NANOS";

int launch(char** program) {
  const std::string now = fmt::format("{}", aio::wall_now().time_since_epoch().count());
  ::setenv(kLaunched, now.c_str(), 1);
  ::execv(program[0], program);
  std::perror(program[0]);
  return 1;
}

base::WallTime launched() {
  const char* text = std::getenv(kLaunched);
  return base::WallTime(base::Duration(text == nullptr ? 0 : std::strtoll(text, nullptr, 10)));
}

base::Result<> make_context(const std::string& kubeconfig) {
  TRY(const kube::Config config, kube::load_config(kubeconfig, {}));
  net::TlsOptions tls;
  tls.ca = config.cluster.authority.text;
  tls.certificate = config.user.certificate.text;
  tls.key = config.user.key.text;
  TRY(net::make_tls_context(tls));
  const base::Duration took = aio::wall_now() - launched();
  std::printf("context %.1f\n", static_cast<double>(took.count()) / 1e3);
  return {};
}

int usage() {
  std::fputs("usage: kube_runtime launch|context|first|events|churn|apply|reconcile|elect ...\n",
             stderr);
  return 2;
}

base::Result<> run(const std::vector<std::string>& words) {
  if (words[0] == "context") return make_context(words[1]);
  TRY(auto session, bench::Session::open(words[1]));
  bench::Session& with = *session;
  const std::string& mode = words[0];
  if (mode == "first") return aio::run(with.context, bench::first(with, launched()));
  if (mode == "events") return aio::run(with.context, bench::events(with));
  if (mode == "churn") return aio::run(with.context, bench::churn(with));
  const std::int64_t number = std::atoll(words.back().c_str());
  if (mode == "elect" && words.size() == 5) {
    return aio::run(with.context, bench::elect(with, words[2], words[3], base::seconds(number)));
  }
  if ((mode == "apply" || mode == "reconcile") && words.size() == 3) {
    return aio::run(with.context,
                    bench::apply(with, static_cast<int>(number), mode == "reconcile"));
  }
  return base::fail(base::Code::InvalidArgument, "no such mode, or not its arguments: " + mode);
}

}  // namespace

int main(int count, char** arguments) {
  aio::ignore_sigpipe();
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() < 2) return usage();
  if (words[0] == "launch") return launch(arguments + 2);
  return bench::exit_code(run(words));
}
