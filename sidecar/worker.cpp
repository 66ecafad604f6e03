#include "sidecar/worker.h"

#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

#include "aio/alarms.h"
#include "sidecar/active.h"
#include "sidecar/upstream.h"

namespace sidecar {

Worker::Worker(const Settings& settings, const Places& upstream, std::size_t connections_max,
               std::uint64_t seed, Seat seat)
    : core_(settings, upstream, seed, seat), listener_(core_, connections_max) {}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  cut();
  thread_.join();
}

void Worker::show(std::shared_ptr<net::ServerContext> context) {
  if (!thread_.joinable()) {
    core_.tls = std::move(context);
    return;
  }
  asio::post(core_.context,
             [this, context = std::move(context)]() mutable { core_.tls = std::move(context); });
}

void Worker::set_up(SetupPointer setup) {
  asio::post(core_.context,
             [this, setup = std::move(setup)]() mutable { core_.setup = std::move(setup); });
}

void Worker::start(std::function<void()> ended) {
  guard_.emplace(core_.context.get_executor());
  aio::end_when_disarmed(core_.context.get_executor());
  thread_ = std::thread([this, ended = std::move(ended)] {
    listener_.start();
    core_.context.run();
    ended();
  });
}

void Worker::drain() {
  asio::post(core_.context, [this] {
    listener_.drain();
    core_.left = [this] { leave_if_done(); };
    core_.drain();
    // Behind whatever was accepted already and is not told yet.
    asio::post(core_.context, [this] { leave_if_done(); });
  });
}

void Worker::ask_line() {
  asio::post(core_.context, [this] {
    std::vector<std::uint64_t> waiting;
    for (const auto& [number, connection] : core_.in_line) waiting.push_back(number);
    for (const std::uint64_t number : waiting) core_.turn(number);
  });
}

void Worker::cut() {
  asio::post(core_.context, [this] {
    listener_.drain();
    core_.left = nullptr;
    core_.draining = true;
    core_.cut();
    guard_.reset();
  });
}

/// Without connections, timers and the guard the context runs dry and the thread ends.
void Worker::leave_if_done() {
  if (core_.connection_count() > 0) return;
  core_.cut();
  guard_.reset();
}

}  // namespace sidecar
