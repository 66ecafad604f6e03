// One core at work: a thread that runs its context, from start() to the end of its last connection
// after drain(), or to cut().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>

#include "sidecar/core.h"
#include "sidecar/listener.h"

namespace sidecar {

class Worker {
 public:
  Worker(const Settings& settings, const Places& upstream, std::size_t connections_max,
         std::uint64_t seed, Seat seat);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  base::Result<> listen(const tcp::endpoint& endpoint, bool shared) {
    return listener_.listen(endpoint, shared);
  }
  std::uint16_t port() const { return listener_.port(); }
  /// What connections from now on show to their clients. Before start() for the first of them.
  void show(std::shared_ptr<net::ServerContext> context);
  /// For what begins from now on. After start().
  void set_up(SetupPointer setup);
  /// `ended` is called once from the worker's thread, as the last thing there.
  void start(std::function<void()> ended);
  /// Thread: any.
  void drain();
  /// Asks for each request that waits for its turn whether it still may. After start().
  void ask_line();
  void cut();
  const Figures& figures() const { return core_.figures; }

 private:
  void leave_if_done();

  Core core_;
  Listener listener_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_;
  std::thread thread_;
};

}  // namespace sidecar
