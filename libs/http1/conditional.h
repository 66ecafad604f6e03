// Validators: what a cache asks a server whether a stored response still holds, and what it answers
// a client who asks the same of it (RFC 9110, 8.8 and 13; RFC 9111, 4.3).
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "http1/head.h"

namespace http1 {

/// What can be asked again of a stored response; empty: it had none.
struct Validators {
  std::string etag;           // "x" or W/"x"
  std::string last_modified;  // as received

  bool operator==(const Validators&) const = default;
};

/// An entity tag that is none, or a date that is none, is left out.
Validators validators(const ResponseHead& response);

/// The lines, each with its CRLF, that ask a server whether the stored response still holds; empty:
/// it has to be fetched anew. The client's own conditions are left out of that request:
/// conditional().
std::string validation_lines(const Validators& stored);

/// Whether a field is a condition that is judged by the cache and not passed on: If-None-Match and
/// the like, and Range, since ranges are not stored.
bool conditional(std::string_view name);

/// Whether a client that asks with these conditions has the stored response already: it gets 304.
/// An If-None-Match is judged alone, by the weak comparison; without it If-Modified-Since.
/// Source: RFC 9110, 13.1.2, 13.1.3 and 13.2.2; RFC 9111, 4.3.2.
bool not_modified(const RequestHead& request, const Validators& stored, base::WallTime now);

/// Whether a field of a 304 takes the place of the stored one: all but what describes the content
/// that is stored, and what ends at a hop.
/// Source: RFC 9111, 3.2.
bool updates_stored(std::string_view name);

}  // namespace http1
