// What one probe operation leaves behind, and nothing else: every figure of a drill is computed
// from these records by pure code, now or years later. Outcomes follow Jepsen: Ok is a positive
// acknowledgement, Fail is proof that nothing happened, Info is everything else and is never
// counted lost nor kept.
// All stamps are nanoseconds of ONE steady clock in one process. `scheduled` is when the open loop
// said the operation was due, `invoked` when it really began, `completed` when its outcome was
// known; kNever where that moment never came (a reserved operation that was never sent has neither
// stamp). A Blocked operation has invoked = completed = the moment its turn came.
// Where several vantages measured, each is a process with a clock and streams of its own: the
// number of a stream says whose it is, and its stamps are of that one's clock (drill/vantage.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong.h"
#include "base/time.h"

namespace drill {

using base::Duration;
using base::kNever;
using base::TimePoint;
using base::WallTime;

using StreamId = base::Strong<struct StreamIdTag, std::uint16_t>;

/// Vantage 0 is the runner's own; the streams of vantage k are numbered from k · 1000 on.
inline constexpr std::uint16_t kStreamsPerVantage = 1000;
inline constexpr std::size_t kVantagesMax = 26;  // they are called "a" to "z"
inline std::size_t vantage_of(StreamId stream) {
  return stream.value() / kStreamsPerVantage;
}
/// "a" is the runner's; the streams of the others are called "b/orders/W".
std::string vantage_name(std::size_t vantage);

enum class Outcome : std::uint8_t { Ok, Fail, Info };

/// Why an operation was not Ok; None exactly when it was.
enum class Cause : std::uint8_t {
  None,
  Refused,         // connect refused: nothing was sent
  Unreachable,     // no route, DNS failure: nothing was sent
  ConnectTimeout,  // the connection never stood: nothing was sent
  Reset,           // connection lost after sending
  Timeout,         // no answer in time after sending
  ReadOnly,        // explicit: the server takes no writes
  Rejected,        // explicit: another error answer (SQLSTATE, HTTP status)
  Unavailable,     // explicit: starting up, shutting down, too many connections, 503
  Protocol,        // an answer that makes no sense
  Tls,             // handshake or certificate
  Blocked,         // its connection was still busy with an earlier operation
  NotSent,         // reservation not durable, or the instrument stalled: never sent
  SyncCancelled,   // committed locally, wait for the synchronous standby cancelled
  Stopped,         // the drill ended while it was in flight
};

const char* name(Outcome outcome);
const char* name(Cause cause);

/// 64 bytes; a million of them are 64 MB.
struct Record {
  StreamId stream;
  Outcome outcome = Outcome::Info;
  Cause cause = Cause::None;
  std::uint16_t server_id = 0;    // index into Evidence::servers; 0 = unknown
  std::uint32_t server_term = 0;  // PostgreSQL: timeline; 0 = unknown
  std::uint64_t seq = 0;          // per stream, from 1, without holes
  TimePoint scheduled = kNever;
  TimePoint invoked = kNever;
  TimePoint completed = kNever;
  std::uint64_t server_position = 0;  // PostgreSQL: LSN; 0 = unknown
  std::int64_t value = -1;            // reads: highest ledger seq seen; -1 = not a read; StreamKind

  bool operator==(const Record&) const = default;
};

/// What a stream is for (design: streams A, B, C, D, R, W).
enum class StreamKind : std::uint8_t {
  ServiceNew,    // A: through the service address, a new connection per operation
  ServiceOpen,   // B: through the service address, open connections
  PinnedOpen,    // C: one instance, connections opened before the fault
  PinnedNew,     // D: one instance, new connections
  ReadService,   // R: reads through the service address
  ReadPinned,    // R: reads of one instance
  Ledger,        // W: acknowledged writes through the service address
  LedgerPinned,  // writes straight to one instance: evidence of split brain, never RPO
  Reference,     // the prober's own responder with known outages
  Control,       // a target outside the blast radius
  Capacity,      // rising reads for throughput criteria
  Session,       // sessions made before the fault and carried on after it; value: which session
  Feature,       // one feature of an application, called again and again
  Names,         // what a name server answers; value: the address, term: the TTL in seconds
};

const char* name(StreamKind kind);

struct StreamInfo {
  StreamId id;
  std::string name;   // "orders/W", "orders/C/a"
  std::string probe;  // the plan's probe
  StreamKind kind = StreamKind::ServiceNew;
  std::string instance;  // pinned streams: which instance; else empty
  std::string endpoint;  // host:port, for people
  Duration interval{};   // Δ
  Duration deadline{};   // D
  bool decides = false;  // one of the streams that the objectives are judged by
  std::string signal{};  // of `monitoring`: the only one it is an observation of; empty: its kind's

  bool operator==(const StreamInfo&) const = default;
};

}  // namespace drill
