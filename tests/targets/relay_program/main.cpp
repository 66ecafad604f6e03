// The relay as a program of its own, for tests that do not build the command line of the product.
// It takes the same options as `muster relay`.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stop_token>
#include <string>

#include <boost/asio/io_context.hpp>

#include "aio/signal.h"
#include "aio/task_group.h"
#include "targets/relay.h"

namespace {

aio::Task<base::Result<>> relay_until_signal(aio::Clock& clock, targets::RelayOptions options) {
  aio::TaskGroup group(co_await aio::asio::this_coro::executor);
  std::stop_source ended;
  bool over = false;
  base::Result<> outcome;
  // A relay that cannot start must end the wait for a signal too.
  const auto run = [](aio::Clock& with, targets::RelayOptions of, std::stop_token stop,
                      std::stop_source source, base::Result<>& out,
                      bool& done) -> aio::Task<base::Result<>> {
    out = co_await targets::run_relay(with, std::move(of), std::move(stop));
    done = true;
    source.request_stop();
    co_return base::Result<>{};
  };
  group.spawn(run(clock, std::move(options), group.token(), ended, outcome, over));
  if (!over) {
    (void)co_await aio::wait_signal({SIGTERM, SIGINT}, ended.get_token());
  }
  group.cancel();
  (void)co_await group.join();
  co_return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  targets::RelayOptions options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    const std::string value = argv[i + 1];
    if (key == "--name") {
      options.name = value;
    } else if (key == "--listen") {
      options.listen = value;
    } else if (key == "--upstream") {
      options.upstream = value;
    } else if (key == "--control") {
      options.control = value;
    } else if (key == "--pid-file") {
      options.pid_file = value;
    } else if (key == "--delay-millis") {
      options.delay = base::millis(std::strtol(value.c_str(), nullptr, 10));
    }
  }
  aio::SystemClock clock;
  aio::asio::io_context context;
  const auto done = aio::run(context, relay_until_signal(clock, std::move(options)));
  if (!done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
