#include "operator/live_pod.h"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "aio/file.h"
#include "aio/signal.h"
#include "operator/log.h"

namespace op {

int LivePod::run(PodProgram& program) {
  const auto done = aio::run(context_, program.run());
  if (!done) say("error: " + done.error().message);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

base::Result<std::unique_ptr<kube::Client>> LivePod::connect(aio::Clock& clock,
                                                             aio::Executor executor,
                                                             kube::ClientOptions options) {
  if (!config_) {
    TRY(config_, kube::load_config(kubeconfig_, {}));
  }
  return kube::Client::make(clock, std::move(executor), *config_, std::move(options));
}

base::Result<std::shared_ptr<net::Names>> LivePod::names(const std::string& server) {
  if (!server.empty()) return net::Names::create(clock_, server);
  // The name server of this machine: the first of /etc/resolv.conf.
  TRY(const std::string text, aio::read_file("/etc/resolv.conf", 65536));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, value;
    words >> key >> value;
    if (key != "nameserver") continue;
    return net::Names::create(
        clock_, value.find(':') == std::string::npos ? value + ":53" : "[" + value + "]:53");
  }
  return net::Names::create(clock_, "127.0.0.1:53");  // as the C library does
}

aio::Task<base::Result<>> LivePod::asked_to_end(std::stop_token stop) {
  CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, std::move(stop)));
  co_return base::Result<>{};
}

aio::Task<> LivePod::leave() {
  std::_Exit(EXIT_FAILURE);
  co_return;
}

}  // namespace op
