#include "sidecar/core.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "sidecar/active.h"
#include "sidecar/upstream.h"

namespace sidecar {
namespace {

constexpr std::size_t kFreeBlocksKept = 128;
constexpr std::size_t kActiveKept = 128;

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  if (endpoint.address().is_v6()) return fmt::format("[{}]:{}", address, endpoint.port());
  return fmt::format("{}:{}", address, endpoint.port());
}

http1::Limits response_limits_of(const Settings& settings) {
  http1::Limits out;
  out.head_bytes = settings.head_bytes_max;
  return out;
}

}  // namespace

void Active::clear() {
  setup = nullptr;
  exchange.clear();
  request_progress = {};
  response_progress = {};
  request.begin(http1::Body::None, 0, 0);
  response.begin(http1::Body::None, 0, 0);
  to_upstream.clear();
  to_client.clear();
  request_taken = response_taken = 0;
  text.clear();
  cache = nullptr;
  first_byte = base::Duration(-1);
  bytes_in = bytes_out = 0;
  status = interim_count = 0;
  how = Ended::Complete;
  open = tunnel = request_sent = request_broken = response_begun = response_over = false;
  keep_client = keep_upstream = retried = written_upstream = in_fault = false;
  in_line = 0;
  paid.fill(0);
  fault_number = fault_version = 0;
}

// A block is longer than any head, so that one that is too long is seen to be.
// One thread runs the context, so that its sockets need no locks; posts from others do.
Core::Core(const Settings& the_settings, const Places& the_upstream, std::uint64_t seed, Seat seat)
    : setup(new Setup(the_settings, seed, seat)),
      upstream(the_upstream),
      own_service(std::vector{seat.shared.own_service.value_or(tcp::endpoint())}),
      upstream_text(text_of(the_upstream.first())),
      response_limits(response_limits_of(the_settings)),
      context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      blocks(the_settings.head_bytes_max + 1, kFreeBlocksKept),
      timers(context),
      shard(seat.shared.requests->shard(seat.core)),
      faults(*seat.shared.core_faults[seat.core]),
      crypto(*seat.shared.crypto[seat.core]),
      pool(std::make_unique<UpstreamPool>(*this)),
      cache(seat.shared.cache.get()),
      now(aio::now()),
      seat_(seat) {
  seat.shared.users.attach(seat.core, [this](std::uint64_t number) {
    asio::post(context, [this, number] { turn(number); });
  });
}

Core::~Core() {
  seat_.shared.users.attach(seat_.core, {});
}

std::unique_ptr<Active> Core::take_active() {
  if (stock_.empty()) return std::make_unique<Active>();
  std::unique_ptr<Active> out = std::move(stock_.back());
  stock_.pop_back();
  return out;
}

void Core::give_active(std::unique_ptr<Active> active) {
  if (stock_.size() >= kActiveKept) return;
  active->clear();
  stock_.push_back(std::move(active));
}

void Core::touch() {
  now = aio::now();
}

std::string_view Core::date_line() {
  return date_line_.at(now, aio::wall_now);
}

void Core::enter(Connection& connection) {
  connections_.push_back(connection);
  figures.connections.add();
  figures.connections_active.add();
  shard.connection_opened();
}

void Core::leave(Connection& connection) {
  connections_.erase(connections_.iterator_to(connection));
  figures.connections_active.drop();
  shard.connection_closed();
  if (left) left();
}

void Core::drain() {
  draining = true;
  for (auto at = connections_.begin(); at != connections_.end();) {
    Connection& here = *at++;  // it may end at once
    here.drain();
  }
}

void Core::wake(std::uint64_t number) {
  const auto found = waiting.find(number);
  if (found != waiting.end()) found->second->wake();
}

void Core::turn(std::uint64_t number) {
  const auto found = in_line.find(number);
  if (found != in_line.end()) found->second->turn();
}

void Core::cut() {
  while (!connections_.empty()) connections_.front().cut();
  pool->clear();
  timers.stop();
}

}  // namespace sidecar
