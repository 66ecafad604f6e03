// What the connections of one core share: its io_context, which one thread runs, and everything
// that would need a lock if cores shared it: blocks, timers, filters, kept connections, figures.
//
// Connections are state machines over plain handlers and not coroutines: at a few microseconds per
// request the frames, the executors behind any_io_executor and a timer per await are what is dear,
// and a proxy's directions run at the same time anyway. What needs no waiting is done at once: a
// write is tried before it is awaited.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>

#include "http1/forward.h"
#include "net/server_stream.h"
#include "sidecar/buffer.h"
#include "sidecar/date_line.h"
#include "sidecar/figures.h"
#include "sidecar/places.h"
#include "sidecar/setup.h"
#include "sidecar/timers.h"

namespace sidecar {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

struct Active;
class UpstreamPool;

/// A client's connection as its core knows it.
class Connection : public boost::intrusive::list_base_hook<> {
 public:
  virtual ~Connection() = default;
  /// No request after the one that is under way.
  virtual void drain() = 0;
  /// Ends now.
  virtual void cut() = 0;
  /// What it waited for in Core::waiting is there, or does not come.
  virtual void wake() = 0;
  /// It is the turn of its request, which is in Core::in_line.
  virtual void turn() = 0;
};

/// Thread: its own.
class Core {
 public:
  /// Lifetime: what is shared outlives it.
  Core(const Settings& settings, const Places& upstream, std::uint64_t seed, Seat seat);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  /// An exchange's state, out of stock.
  std::unique_ptr<Active> take_active();
  void give_active(std::unique_ptr<Active> active);

  /// Every handler begins with this; what it does takes no time of its own.
  void touch();
  /// "Date: …" with its CRLF, for a head without one. Lifetime: copy it, it changes in place.
  std::string_view date_line();

  void enter(Connection& connection);
  void leave(Connection& connection);
  std::size_t connection_count() const { return connections_.size(); }
  /// Every connection learns that the end is near.
  void drain();
  /// Of `waiting`, if it is still there.
  void wake(std::uint64_t number);
  /// The same of `in_line`.
  void turn(std::uint64_t number);
  /// Ends what is left. The context runs dry then.
  void cut();

  const Settings& settings() const { return setup->settings; }

  SetupPointer setup;  // of what begins now
  Places upstream;
  Places own_service;               // meaningful where a filter sends somebody there
  const std::string upstream_text;  // "127.0.0.1:8080"
  const http1::Limits response_limits;
  asio::io_context context;
  Figures figures;
  BlockPool blocks;
  Timers timers;
  traffic::RequestShard& shard;
  CoreFaults& faults;
  CryptoLog& crypto;
  std::unique_ptr<UpstreamPool> pool;
  Cache* const cache;  // null: off
  std::unordered_map<std::uint64_t, Connection*> waiting;
  std::uint64_t last_waiting = 0;
  std::unordered_map<std::uint64_t, Connection*> in_line;  // requests that a filter lets wait
  http1::ResponseHead response;                            // scratch of whoever runs
  http1::Pieces pieces;                                    // as well
  /// What a new connection shows to its client; null: it is in the open.
  std::shared_ptr<net::ServerContext> tls;
  std::array<char, net::ServerStream::kWriteMax> record;  // scratch of a write over TLS
  base::TimePoint now;                                    // of the event that is handled
  bool draining = false;
  std::function<void()> left;  // after a connection has ended

 private:
  const Seat seat_;
  DateLine date_line_;
  std::vector<std::unique_ptr<Active>> stock_;
  boost::intrusive::list<Connection> connections_;
};

}  // namespace sidecar
