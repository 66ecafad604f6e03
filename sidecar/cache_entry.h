// A response as the cache keeps it, and how it comes to be: from the head that the application sent
// and a copy of the body without its framing. It is never changed once it is stored, so that any
// number of connections, on any core, can send it while another takes its place.
//
// What is kept of a head is what any client may be told: not what ends at a hop, how the body was
// framed, or the ID of the request that happened to fetch it. Without a Date it gets the time at
// which it was received (RFC 9110, 6.6.1), and keeps that.
//
// It grows old by the steady clock: a wall clock that is set, forward or back, makes nothing stale
// that is fresh, and keeps nothing that is over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http1/conditional.h"
#include "http1/freshness.h"
#include "sidecar/body_way.h"

namespace sidecar {

/// When a response came.
struct Came {
  base::TimePoint asked, at;  // when the request went out, and when the head came
  base::WallTime wall;        // the time of day of `at`
};

struct StoredResponse {
  std::string head;  // from the status line to the empty line, with Content-Length
  std::string body;
  http1::Freshness freshness;
  base::TimePoint arrived{};
  http1::Validators validators;
  std::string vary;             // http1::vary_names()
  bool for_authorised = false;  // also an answer to requests with Authorization
  std::size_t bytes() const { return sizeof(*this) + head.size() + body.size() + vary.size(); }
};
using StoredPointer = std::shared_ptr<const StoredResponse>;

/// A body as it passes, chunked or not, kept without its framing.
class CacheCopy {
 public:
  CacheCopy(http1::Body kind, std::uint64_t length, std::size_t bytes_max);
  /// The next bytes as they were received. False: it became too long, or is malformed.
  bool feed(std::string_view bytes);
  bool done() const { return way_.done(); }
  std::string take() { return std::move(body_); }

 private:
  BodyWay way_;
  std::size_t bytes_max_;
  std::string body_;
};

/// A response whose body comes later.
StoredResponse begin_stored(const http1::ResponseHead& response, const Came& came);
/// The whole of it. Null: the head cannot be told so.
StoredPointer complete_stored(StoredResponse begun, std::string body);
/// The stored response after the application said that it still holds: with the fields of its 304.
/// Null: the head cannot be told so. Source: RFC 9111, 3.2 and 4.3.4.
StoredPointer freshened(const StoredResponse& stored, const http1::ResponseHead& not_modified,
                        const Came& came);
/// The time of day when it came and how long ago that was: the wall clock, had nobody set it since.
base::WallTime aged_to(const StoredResponse& stored, base::TimePoint now);

/// Its head, read again. Lifetime: the views of `out` lie in it. False: for none that is stored.
bool read_stored(const StoredResponse& stored, http1::ResponseHead& out);
/// Leaves out all fields of this name.
void leave_out_field(http1::ResponseHead& head, std::string_view name);
/// Leaves the fields out that a 304 does not repeat.
void leave_out_content(http1::ResponseHead& head);

}  // namespace sidecar
