// What RFC 9111 lets a shared cache do: whether a response may be stored, for how long it is fresh,
// and whether a stored one answers a request. Nothing is guessed: without an explicit lifetime a
// response is not fresh (no heuristics, 4.2.2), and stale ones are served only where the server or
// the client says so.
//
// A cache keeps a Freshness with what it stored, and the names and values that Vary chose
// (http1/vary.h); what it asks a server again is in http1/conditional.h.
#pragma once

#include "base/time.h"
#include "http1/cache_control.h"
#include "http1/head.h"

namespace http1 {

/// Why this response must not be stored; nullptr: it may. Of GET alone, with a lifetime or with a
/// validator, and without cookies unless it says that it is for everybody. That the body came to
/// its end is for the caller to see to. Source: RFC 9111, 3, 3.1 to 3.5.
const char* not_stored(const RequestHead& request, const ResponseHead& response);

/// What is kept of a stored response to decide about its use.
struct Freshness {
  base::WallTime received{};
  Seconds age_received{0};  // 4.2.3: corrected_initial_age
  Seconds lifetime{0};
  bool always_validate = false;  // no-cache
  bool never_stale = false;      // must-revalidate, proxy-revalidate, s-maxage
  Seconds stale_while_revalidate{0};
  Seconds stale_if_error{0};

  bool operator==(const Freshness&) const = default;
};

/// `asked`: when the request went out; `received`: when the response came.
/// Source: RFC 9111, 4.2.1 and 4.2.3.
Freshness freshness(const ResponseHead& response, base::WallTime asked, base::WallTime received);

/// For the Age field. A clock that was set back makes nothing younger than it came.
Seconds age(const Freshness& stored, base::WallTime now);

enum class Reuse {
  Serve,
  ServeAndRefresh,  // stale, and asked for again meanwhile (RFC 5861, 3)
  Validate,         // ask the server first
  Unavailable       // only-if-cached: answer 504
};

/// Whether a stored response that matches the request's target and Vary answers it.
/// Source: RFC 9111, 4, 4.2.4 and 5.2.1; 5.4 for Pragma.
Reuse reuse(const Freshness& stored, const RequestHead& request, base::WallTime now);

/// Whether a stale response may stand in when the server cannot be reached or fails with 500, 502,
/// 503 or 504.
/// Source: RFC 5861, 4.
bool serves_on_error(const Freshness& stored, const RequestHead& request, base::WallTime now);

/// Whether what is stored for the target is void after this answer to an unsafe request.
/// Source: RFC 9111, 4.4.
bool invalidates(std::string_view method, int status);

}  // namespace http1
