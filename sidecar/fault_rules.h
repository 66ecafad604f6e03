// Faults that a drill asks of the sidecar, and what they do to a request. A fault is a lease: it
// ends by itself when nobody renews it, so that a drill that died leaves nothing broken behind.
//
// Pure: what happens is a function of the faults, the request, the time, and one number that is
// drawn for the request (in mode tcp for the connection). The same number gives the same answer for
// as long as a fault lasts, so that a share of the requests is a share and not a flicker.
//
// Of the faults that match a request at most three act, the oldest of each sort: one that delays,
// one that slows down, and one that ends or holds it (abort, reset, black hole, partition).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "limit/address.h"

namespace sidecar {

enum class FaultKind : std::uint8_t {
  Latency,    // it goes on late
  Abort,      // it is answered with a status in place of the application
  Reset,      // its connection is reset
  Bandwidth,  // its bytes pass slowly
  BlackHole,  // it is taken and stands still
  Partition   // whatever one peer sends stands still
};
inline constexpr std::size_t kFaultKinds = 6;
/// "latency", "abort", "reset", "bandwidth", "black-hole", "partition".
const char* name(FaultKind kind);
std::optional<FaultKind> fault_kind(std::string_view name);

inline constexpr base::Duration kLeaseMax = base::seconds(10);

struct FaultRule {
  std::string id, owner;
  FaultKind kind = FaultKind::Latency;
  base::Duration lease{};
  // Which requests.
  int percent = 100;
  std::string path;                   // a pattern (limit/pattern.h); empty: any
  std::string method;                 // empty: any
  std::optional<limit::Prefix> peer;  // who is at the other end of the connection; empty: anybody
  // What happens to them.
  base::Duration delay{}, jitter{};    // Latency: delay, and up to jitter more
  int status = 0;                      // Abort
  std::uint64_t bytes_per_second = 0;  // Bandwidth

  bool operator==(const FaultRule&) const = default;
};

struct Fault {
  FaultRule rule;
  std::uint64_t serial = 0;  // above 0, never given twice
  base::TimePoint ends{};
};
/// The oldest first.
using FaultSet = std::vector<Fault>;

/// What the rules look at.
struct Passing {
  std::string_view method{}, path{};  // the path in its plain form; both empty in mode tcp
  limit::Address peer;
};

/// What happens. Faults are named by their serials; 0: none.
struct Touch {
  std::uint64_t latency = 0, bandwidth = 0, stop = 0;
  base::Duration delay{};              // of latency
  std::uint64_t bytes_per_second = 0;  // of bandwidth
  FaultKind how = FaultKind::Abort;    // of stop
  int status = 0;                      // of stop by Abort

  bool any() const { return (latency | bandwidth | stop) != 0; }
};

/// `number`: drawn for the request, any of 64 bits.
Touch decide(const FaultSet& faults, const Passing& passing, base::TimePoint now,
             std::uint64_t number);

/// Whether what waits in it has to wait on. Over at its end to the nanosecond.
bool in_force(const FaultSet& faults, std::uint64_t serial, base::TimePoint now);

/// How long so many bytes take.
base::Duration time_of(std::uint64_t bytes, std::uint64_t bytes_per_second);

}  // namespace sidecar
