// What a protocol gives to the prober: the operations of one stream, on numbered slots. The prober
// owns everything that is the same for all protocols: when an operation is due, which slot's turn
// it is, blocked slots, time limits, stamps, records. An Operation owns only its connections.
//
//   start(slot, due) ──► … non-blocking I/O on the prober's executor … ──► done(slot, completion)
//                   └──► abandon(slot, cause) ──► its completion, and no done() any more
//
// Everything is called on the prober's thread. No call may block, and none needs a timer or a
// coroutine: limits are the prober's, which keeps one timer for all streams. A done() from inside
// start() is allowed. An operation never retries: it gives the outcome of its one attempt. A slot
// whose connection is broken connects again when its next operation starts, as a part of it.
//
// libpq: wrap PQsocket(connection) in asio::posix::stream_descriptor, async_wait on it, and
// release() it before PQfinish; the handler must check that the slot's operation is still the one
// that it was started for (abandon may have come between).
#pragma once

#include <cstddef>
#include <cstdint>

#include "aio/task.h"
#include "drill/record.h"

namespace probes {

/// What an operation learnt. Ok with Cause::None, or Fail/Info with a cause: Fail only with proof
/// that nothing happened (refused or broken before the first byte was sent, an explicit rejection).
struct Completion {
  drill::Outcome outcome = drill::Outcome::Info;
  drill::Cause cause = drill::Cause::None;
  std::uint16_t server_id = 0;  // probes/servers.h
  std::uint32_t server_term = 0;
  std::uint64_t server_position = 0;
  std::int64_t value = -1;  // reads: highest ledger seq seen

  static Completion ok() { return {drill::Outcome::Ok, drill::Cause::None, 0, 0, 0, -1}; }
  static Completion fail(drill::Cause cause) { return {drill::Outcome::Fail, cause, 0, 0, 0, -1}; }
  static Completion info(drill::Cause cause) { return {drill::Outcome::Info, cause, 0, 0, 0, -1}; }
};

/// The operation that is to be started.
struct Due {
  std::uint64_t seq = 0;  // per stream, from 1
  base::TimePoint scheduled{};
  base::TimePoint invoked{};  // stamped just before start()
};

/// Where an Operation says that a slot is done. Implemented by the prober for each stream.
class Completions {
 public:
  /// Ends the slot's operation; the prober stamps the completion now.
  virtual void done(std::size_t slot, const Completion& completion) = 0;

 protected:
  ~Completions() = default;
};

class Operation {
 public:
  virtual ~Operation() = default;

  /// Before anything else, once: slots are numbered 0 … slots − 1. Streams over open connections
  /// begin to connect them all now; nobody waits for it, start() on a slot that is still
  /// connecting goes on when it stands.
  /// Lifetime: `completions` outlives close().
  virtual void open(const aio::Executor& executor, Completions& completions, std::size_t slots) = 0;

  /// Starts one operation on a slot that has none. Streams of new connections connect here.
  virtual void start(std::size_t slot, const Due& due) = 0;

  /// Whether anything of the slot's operation may have left. One of which nothing has is not waited
  /// for as long as for an acknowledgement: it has none.
  virtual bool sent(std::size_t) const { return true; }

  /// Ends the slot's operation now (acknowledgement timeout, prober stops) and returns what is
  /// known: Fail (ConnectTimeout) when no byte was sent, else Info with `cause`. The connection is
  /// dropped, because a late answer on it would be taken for the next operation's; done() is not
  /// called for it any more.
  virtual Completion abandon(std::size_t slot, drill::Cause cause) = 0;

  /// Drops every connection. No slot is in use; handlers that still come find nothing to do.
  virtual void close() = 0;
};

}  // namespace probes
