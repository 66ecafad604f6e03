// One PostgreSQL connection over libpq's non-blocking calls, driven by readiness of its socket on
// an Asio executor. Callbacks, no coroutine: probe operations are timed, and between the readiness
// of the socket and the completion lies nothing but libpq. Coroutines get run() and open().
//
// What libpq leaves to its caller, and is easy to get wrong:
//   - The socket may change during PQconnectPoll, even to a new socket with the same number, which
//     epoll would not notice: the descriptor is released before and assigned after every poll.
//   - PQconnectStart looks names up and blocks for it: names are resolved by Asio, or at the
//     system's own name server, and libpq gets an address.
//   - In the extended protocol CommandComplete is sent BEFORE the commit. Only ReadyForQuery
//     (PQgetResult gave null) is an acknowledgement; the result is handed over then.
//   - The SQLSTATE of a refused connection is not in the API: it is taken from the message, which
//   is
//     asked for in the verbose form.
//   - A synchronous commit whose wait was cancelled ends as a success with a WARNING. The warning
//   is
//     known by the server function that raised it, because its text is translated.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "probes/pg_result.h"

namespace net {
class Names;
}

namespace probes {

struct PgAddress {
  std::string host = "127.0.0.1";  // an address, a name, or the folder of a Unix socket ("/…")
  std::uint16_t port = 5432;
  std::string user = "postgres";
  std::string database = "postgres";
  std::string password;  // empty: as libpq finds one (PGPASSWORD, PGPASSFILE), else none is sent
  std::string application = "muster";
  std::string tls = "disable";          // libpq's sslmode
  std::string ca_file{};                // libpq's sslrootcert; empty: what libpq takes by itself
  base::Duration statement_timeout{};   // set on the server; zero: the server's own
  std::shared_ptr<net::Names> names{};  // where a name is looked up; null: as this machine does

  bool operator==(const PgAddress&) const = default;
};

/// A statement with its parameters in text form.
struct PgQuery {
  std::string text;
  std::vector<std::string> parameters;
  std::string name;  // prepared under this name once per connection; empty: not prepared
  /// Rows one by one instead of in the result (memory stays bounded); false stops the reading,
  /// which costs the connection.
  std::function<bool(const PgRow&)> on_row;
};

class PgConnection {
 public:
  using Connected = std::function<void(PgOutcome<>)>;
  using Executed = std::function<void(PgOutcome<PgResult>)>;

  PgConnection(aio::Executor executor, PgAddress address);
  /// close().
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  /// Connects; drops what was open before. `done` is called once, unless close() comes first.
  /// There is no time limit in here: the caller has one and calls close().
  void connect(Connected done);
  /// Runs one statement. The connection must be ready(). `done` as for connect().
  void execute(PgQuery query, Executed done);
  /// Drops the connection and forgets the callback that is pending. The server ends a running
  /// statement when it next writes, or at statement_timeout.
  void close();

  /// Stands and has nothing to do. Reads what has arrived, so that a connection that the server
  /// closed meanwhile is found out before anything is sent on it.
  bool ready();
  /// Bytes of the running statement may have left: false while connecting or preparing.
  bool sent() const;
  bool busy() const;
  /// Ready, and outside any transaction.
  bool clean();
  const PgAddress& address() const;

  /// The same as coroutines. Cancellation: close(), and a failure with cause Stopped.
  aio::Task<PgOutcome<>> open(std::stop_token stop);
  aio::Task<PgOutcome<PgResult>> run(PgQuery query, std::stop_token stop);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace probes
