// What the fields of a head say about the message itself: how long its body is, whether the
// connection lives on, what ends at this hop. Shared by requests and responses; what is particular
// to one of them is with its parser.
#pragma once

#include <cstddef>

#include "http1/head.h"

namespace http1 {

/// What was found in the fields, before it is judged.
struct Said {
  const Field* host = nullptr;
  std::size_t hosts = 0;
  bool length = false;  // Content-Length, whose value is head.length
  bool coded = false;   // Transfer-Encoding
  bool chunked = false;
  bool other_coding = false;
  bool close = false;
  bool keep_alive = false;
  bool upgrade_named = false;  // by Connection
  bool continue_expected = false;
  bool other_expected = false;  // an expectation that is not 100-continue
  bool trailers = false;        // TE: trailers
  bool dated = false;           // Date, which no option of Connection takes away
  std::size_t upgrades = 0;
  std::size_t upgrade_at = 0;
  std::size_t expect_at = kFieldsMax;
};

/// Reads the fields that HTTP itself looks at and fills head.length and head.drop (with Upgrade in
/// it). Returns nothing when all is well, else what is wrong: a length that is none or two, a
/// coding after chunked, a Connection that names what no hop may take away. Source: RFC
/// 9110, 7.6.1, 7.8, 8.6 and 10.1; RFC 9112, 6.
Refusal read_fields(Head& head, Said& said);

/// Whether the sender keeps the connection (RFC 9112, 9.3).
bool lives_on(const Head& head, const Said& said);

/// The one protocol of the Upgrade field, or nothing: there is none, there are several, Connection
/// does not name it, or it is h2c, over which the next requests would pass unseen.
std::string_view upgrade_of(const Head& head, const Said& said);

/// The minor version of "HTTP/1.x". Errors: -1, with 505 or 400 in `why`.
int minor_version(std::string_view text, Refusal& why);

}  // namespace http1
