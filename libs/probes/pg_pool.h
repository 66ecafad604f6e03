// The connection pool for probes and stores (requirement R8): ten connections, three attempts two
// seconds apart, connect timeout 10 s, query timeout 30 s; a query over 1 s and a connection held
// over 5 s are warned about; statistics, health check, transactions.
//
// Attempts are for CONNECTING. A statement is never sent twice: whether a lost INSERT took effect
// is not known, and repeating it would make the duplicate that a drill looks for.
//
// A held connection is warned about while it is still held, not when it comes back: a leak never
// comes back. A connection that is returned inside a transaction, or in the middle of a statement,
// is closed instead of being given to somebody else.
//
// Thread: one executor. Time comes from the Clock.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/task.h"
#include "probes/pg_connection.h"

namespace probes {

struct PgPoolSettings {
  PgAddress address;
  std::size_t size = 10;
  int attempts = 3;
  base::Duration attempt_gap = base::seconds(2);
  base::Duration connect_timeout = base::seconds(10);
  base::Duration query_timeout = base::seconds(30);
  base::Duration slow_query = base::seconds(1);
  base::Duration held_too_long = base::seconds(5);
};

struct PgPoolStats {
  std::size_t size = 0;     // allowed
  std::size_t idle = 0;     // open, nobody has them
  std::size_t busy = 0;     // somebody has them, connecting ones included
  std::size_t waiting = 0;  // for a free one
  std::uint64_t created = 0;
  std::uint64_t acquired = 0;
  std::uint64_t queries = 0;
  std::uint64_t errors = 0;    // connects and queries that failed
  std::uint64_t timeouts = 0;  // of them, by time
  std::uint64_t slow = 0;
  std::uint64_t held = 0;       // held too long
  base::Duration waited_max{};  // the longest wait for a connection
  std::string last_error;
};

struct PgPoolWarning {
  enum class Kind { SlowQuery, HeldTooLong };
  Kind kind = Kind::SlowQuery;
  std::string what;  // the statement, or who holds the connection
  base::Duration took{};
};

class PgPool;

/// A connection that is had. Destroying it gives it back.
class PgLease {
 public:
  PgLease(PgLease&& other) noexcept;
  PgLease& operator=(PgLease&&) = delete;
  ~PgLease();

  /// Runs one statement within the query timeout; the connection is closed when that passes.
  aio::Task<PgOutcome<PgResult>> run(PgQuery query, std::stop_token stop);

 private:
  friend class PgPool;
  struct Held;
  explicit PgLease(std::unique_ptr<Held> held);
  std::unique_ptr<Held> held_;
};

class PgPool {
 public:
  using Warn = std::function<void(const PgPoolWarning&)>;

  PgPool(aio::Executor executor, aio::Clock& clock, PgPoolSettings settings, Warn warn = {});
  /// Every lease must be back.
  ~PgPool();
  PgPool(const PgPool&) = delete;
  PgPool& operator=(const PgPool&) = delete;

  /// Waits for a connection, first come first served, and makes one if need be.
  /// Errors: cause and message of the last attempt; nothing was sent.
  /// Cancellation: cause Stopped.
  aio::Task<PgOutcome<PgLease>> acquire(std::string holder, std::stop_token stop);

  /// acquire, run, give back.
  aio::Task<PgOutcome<PgResult>> query(PgQuery query, std::stop_token stop);

  /// Begins, runs the statements in order, commits; rolls back at the first that fails and returns
  /// its failure. A failed COMMIT that was sent is of unknown effect (PgFailure::outcome).
  aio::Task<PgOutcome<PgResult>> transaction(std::vector<PgQuery> queries, std::stop_token stop);

  /// Asks one idle connection, or a new one, for an answer; drops idle ones that have died.
  aio::Task<PgOutcome<>> check(std::stop_token stop);

  /// Closes the idle ones.
  void close_idle();
  /// Of connections from now on; those that stand keep theirs.
  void use_password(std::string password) { settings_.address.password = std::move(password); }
  PgPoolStats stats() const;
  const PgPoolSettings& settings() const { return settings_; }

 private:
  friend class PgLease;
  struct Waiter;
  aio::Task<PgOutcome<>> wait_turn(std::stop_token stop);
  aio::Task<PgOutcome<>> connect(PgConnection& connection, std::stop_token stop);
  aio::Task<PgOutcome<>> connect_once(PgConnection& connection, std::stop_token stop);
  void give_back(std::unique_ptr<PgConnection> connection);
  void leave();
  void note(const PgFailure& failure);

  aio::Executor executor_;
  aio::Clock& clock_;
  PgPoolSettings settings_;
  Warn warn_;
  std::vector<std::unique_ptr<PgConnection>> idle_;
  std::deque<Waiter*> waiting_;
  std::size_t busy_ = 0;
  PgPoolStats stats_;
};

}  // namespace probes
