// What a core counts. Only its own thread writes; a scrape reads from another one, so that every
// figure is an atomic without order, which costs what a plain number costs.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sidecar/exchange.h"

namespace sidecar {

/// Why there was no whole response of the application.
enum class UpstreamError : std::uint8_t {
  Refused,          // nobody listens, or no way there
  ConnectTimeout,   // no answer to the attempt to connect
  ResponseTimeout,  // connected, and no response in time
  Closed,           // closed or reset before the head of a response was whole
  Malformed,        // what came was no response
  Truncated,        // closed in the middle of a body, or one that was malformed or stood still
  Descriptors       // this process has no descriptor left
};
inline constexpr std::size_t kUpstreamErrorCount = 7;
const char* name(UpstreamError error);

/// Why a client that connected had no connection over TLS.
enum class TlsFailure : std::uint8_t {
  NotTls,   // it spoke something else, such as plain HTTP
  Closed,   // it went away
  Refused,  // no common version, cipher or protocol, or nonsense
  Timeout
};
inline constexpr std::size_t kTlsFailureCount = 4;
const char* name(TlsFailure failure);

/// Written by one thread.
class Count {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void drop() {
    value_.store(value_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Figures {
  Count connections, connections_active;
  Count accept_pauses;          // no descriptor left, or as many connections as allowed
  Count tls_full, tls_resumed;  // handshakes
  std::array<Count, kTlsFailureCount> tls_failures;
  Count requests_active;
  std::array<Count, 6> responses;  // by the first digit of the status; 0: none was sent
  std::array<Count, kEndedCount> ends;
  Count received_bytes, sent_bytes;  // from and to clients
  Count upstream_connections, upstream_reuses, upstream_retries, upstream_idle;
  std::array<Count, kUpstreamErrorCount> upstream_errors;
};

/// The text exposition format 0.0.4 of the sum of all cores.
std::string exposition(const std::vector<const Figures*>& cores);

}  // namespace sidecar
