// The state of one exchange in a connection, from the first byte of the request's head to the last
// of the response. In TCP mode the whole connection is one exchange.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "sidecar/body_way.h"
#include "sidecar/cache.h"
#include "sidecar/exchange.h"
#include "sidecar/gather.h"
#include "sidecar/setup.h"

namespace sidecar {

/// What the cache has to do with an exchange.
struct CacheTurn : CacheUse {
  bool validates = false;            // the application is asked whether `stored` still holds
  std::optional<CacheCopy> copy;     // of the body, as it passes
  StoredResponse begun;              // what that belongs to
  std::uint64_t number = 0;          // under which it waits in its core
  std::shared_ptr<RemoteFind> find;  // null: the second level is not asked
};

struct Active {
  SetupPointer setup;
  Exchange exchange;
  http1::Progress request_progress, response_progress;
  BodyWay request, response;
  Gather to_upstream, to_client;  // what is being written
  // Bytes of the buffers that are done with when that has been written.
  std::size_t request_taken = 0, response_taken = 0;
  std::string text;                  // of an own answer
  std::unique_ptr<CacheTurn> cache;  // null: it goes past the cache
  base::TimePoint began{};
  base::Duration first_byte{-1};
  std::uint64_t bytes_in = 0, bytes_out = 0;
  int status = 0;
  int interim_count = 0;        // 1xx heads so far
  Ended how = Ended::Complete;  // of an own answer
  bool open = false;            // counted among the requests under way
  bool tunnel = false;          // both bodies have no end of their own
  bool request_sent = false;    // to its last byte
  bool request_broken = false;  // the application takes no more of it; it may still answer
  bool response_begun = false;  // its final head has gone to the client, or is going
  bool response_over = false;   // to its last byte; of a tunnel, whose other half goes on
  bool keep_client = false, keep_upstream = false;
  bool retried = false;
  bool written_upstream = false;  // at least one byte, over the present connection
  std::uint64_t in_line = 0;      // its number while a filter lets it wait (session_line.cpp)
  // Of faults (session_fault.cpp).
  bool in_fault = false;               // stands before the application
  std::array<std::uint8_t, 2> paid{};  // how much of its delays a piece has behind it, by direction
  std::uint64_t fault_number = 0, fault_version = 0;  // of mode tcp

  void clear();
};

}  // namespace sidecar
