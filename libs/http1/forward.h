// A head as it goes on to the next hop: as the fewest pieces of the received bytes, so that one
// gathered write sends them and nothing is copied. What HTTP demands of an intermediary is done
// here: fields that end at this hop are left out, the version is ours, an absolute target becomes a
// path and its authority the only Host.
//
// The pieces end before the empty line. The proxy adds what it has to say (Connection: close, Via,
// X-Forwarded-For ...) as lines of its own and then kHeadEnd. It sets bits of `drop` beforehand for
// fields that it replaces.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "http1/head.h"

namespace http1 {

inline constexpr std::string_view kHeadEnd = "\r\n";

/// Start line, and a run of lines before each field that is left out and after the last.
inline constexpr std::size_t kPiecesMax = 10 + kFieldsMax / 2 + 1;

struct Pieces {
  std::array<std::string_view, kPiecesMax> at;
  std::size_t count = 0;
  std::size_t bytes = 0;
};

/// Whether the head can go on as it is (`head.raw`): nothing is left out and the start line stays.
bool verbatim(const RequestHead& head);
bool verbatim(const ResponseHead& head);

/// The head without its empty line. An empty `head.host` (HTTP/1.0 without Host) goes on as an
/// empty Host; a proxy may set it before. Lifetime: the pieces lie in the head's buffer or are
/// constants. Source: RFC 9110, 7.6 and 7.8; RFC 9112, 2.3, 3.2 and 9.6.
void forward_request(const RequestHead& head, Pieces& out);
/// The same for a response, whose status line always says HTTP/1.1.
void forward_response(const ResponseHead& head, Pieces& out);

/// The whole line of a field with its CRLF, as received.
std::string_view line_of(const Head& head, std::size_t index);

}  // namespace http1
