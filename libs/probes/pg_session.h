// The state machine behind PgConnection: everything that talks to libpq. It is held by shared_ptr,
// because handlers of the executor may come after close(); each carries the generation of the
// socket it was made for and does nothing when that has passed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <libpq-fe.h>

#include "net/host_lookup.h"
#include "net/names.h"
#include "probes/pg_connection.h"

namespace probes {

struct PgResultFree {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResultPtr = std::unique_ptr<PGresult, PgResultFree>;

// Closed -> {Resolving, Connecting}; Resolving -> Connecting; Connecting -> Idle;
// Idle -> {Preparing, Running}; Preparing -> Running; Running -> Idle; each -> Closed.
enum class PgStep { Closed, Resolving, Connecting, Idle, Preparing, Running };

class PgConnection::Impl : public std::enable_shared_from_this<PgConnection::Impl> {
 public:
  Impl(aio::Executor executor, PgAddress address)
      : executor_(std::move(executor)), address_(std::move(address)) {}

  void connect(Connected done);
  void execute(PgQuery query, Executed done);
  void close();
  bool ready();

  aio::Executor executor_;
  PgAddress address_;
  PgStep step_ = PgStep::Closed;

  PGconn* connection() const { return connection_; }

 private:
  void resolve();
  void look_up();
  void fail_resolve(const std::string& why);
  void begin(const std::string& resolved);
  void poll(PostgresPollingStatusType next);
  void attach();
  void detach();
  void wait(aio::asio::posix::stream_descriptor::wait_type type);
  void on_ready(aio::asio::posix::stream_descriptor::wait_type type);
  void advance();
  bool send();
  void push();
  void take(PgResultPtr result);
  void take_rows(const PGresult* result);
  void finish_step();
  void fail_connect(PgFailure failure);
  void fail_execute(PgFailure failure);
  static void on_notice(void* self, const PGresult* notice);

  std::shared_ptr<net::HostLookup> resolving_;
  std::shared_ptr<net::NameQuery> lookup_;
  std::unique_ptr<aio::asio::posix::stream_descriptor> socket_;
  PGconn* connection_ = nullptr;
  std::uint64_t generation_ = 0;  // handlers of an earlier socket find another number
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;  // the server said that it ends this session
  Connected connected_;
  Executed executed_;
  PgQuery query_;
  PgResult result_;
  std::optional<PgFailure> failure_;
  std::set<std::string> prepared_;
};

}  // namespace probes
