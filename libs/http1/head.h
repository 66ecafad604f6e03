// Heads of HTTP/1 messages as a proxy needs them: where everything lies in the bytes that were
// read, how long the body is, and what must not be passed on. Nothing is copied or allocated; every
// view points into the caller's buffer and dies with it.
//
// A proxy stands between two parsers, so whatever could be read in two ways is refused instead of
// repaired: bare CR or LF, folded lines, blanks before a colon, controls, a length that is given
// twice and differs, a length beside a transfer coding, more than one Host. What is accepted has
// one reading, and the next parser gets it in that form (http1/forward.h).
//
// A head takes 3 kB and is not cleared: keep one and hand it in again. Its bytes may arrive in
// pieces: More keeps in a Progress how far they were looked through, so that every byte is looked
// at a bounded number of times, and lines are judged as they become whole. The answer does not
// depend on where the pieces were cut.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace http1 {

inline constexpr std::size_t kFieldsMax = 100;

/// A header field; the value without the blanks around it.
struct Field {
  std::string_view name, value;
};

/// How the end of the body is known.
enum class Body {
  None,
  Length,     // after `length` bytes, which may be 0
  Chunked,    // http1/chunks.h says where
  UntilClose  // responses only
};

/// What is too much. Units: bytes.
struct Limits {
  std::size_t head_bytes = 16384;        // the whole head with its empty line; more: 431
  std::size_t line_bytes = 8192;         // the request line; more: 414
  std::size_t fields = kFieldsMax;       // at most kFieldsMax; more: 431
  std::uint64_t body_bytes = INT64_MAX;  // a greater Content-Length of a request: 413
};

/// Why a message is not accepted: the status to answer a client with (400, 413, 414, 417, 431, 501,
/// 505), or 502 for what an upstream sent. After a refusal the connection is of no more use.
struct Refusal {
  int status = 0;
  const char* why = "";
};

/// How far a head was looked through: one per message that is being read, fresh for each.
struct Progress {
  std::size_t line = 0;    // where the first line begins that is not whole yet
  std::size_t looked = 0;  // no end of that line before here
  std::size_t lines = 0;   // whole lines so far, the start line among them
};

/// What requests and responses have in common.
struct Head {
  int minor = 1;           // of HTTP/1.minor, as received; what is above 1 is treated as 1
  std::size_t bytes = 0;   // of the buffer that the head takes, the empty line included
  std::string_view raw;    // from the start line to the empty line, both included
  std::string_view lines;  // all field lines, without start line and empty line
  std::array<Field, kFieldsMax> fields;
  std::size_t field_count = 0;
  /// The marks of their names (name_mark); all, where nobody has gathered them.
  std::uint64_t marks = ~std::uint64_t{0};
  /// Fields that end here and are not passed on: Connection and what it names, Keep-Alive, TE,
  /// Proxy-..., Upgrade unless upgrading, repeated lengths. A proxy may add its own.
  std::bitset<kFieldsMax> drop;
  Body body = Body::None;
  std::uint64_t length = 0;  // of Body::Length
  bool keep_alive = true;    // whether the sender lets the connection live on after this message
  std::string_view upgrade;  // the one protocol that is asked for or switched to; empty: none
};

/// What a request's target looks like (RFC 9112, 3.2).
enum class Form { Origin, Absolute, Authority, Asterisk };

struct RequestHead : Head {
  std::string_view method;  // 1 to 32 characters of a token
  std::string_view target;  // as received
  Form form = Form::Origin;
  std::string_view path;   // "/..."; "*" of an asterisk; empty for CONNECT. Not normalised
  std::string_view query;  // without the '?'
  std::string_view host;   // with its port; of the target, else of Host. Empty: HTTP/1.0 had none
  bool expects_continue = false;  // waits for 100 (Continue) before it sends its body
  bool takes_trailers = false;    // TE: trailers
};

struct ResponseHead : Head {
  int status = 0;
  std::string_view reason;  // may be empty
  bool dated = false;       // has a Date that is passed on
};

enum class Parse { More, Done, Refused };

/// Reads the head of a request at the beginning of `buffer`, before which one empty line is let
/// pass. `progress` begins fresh and is handed in again with the grown buffer after More, which may
/// have moved; `out` is whole after Done only, and need not be the same after More.
/// Errors: Refused, with the status and the reason in `why`.
/// Lifetime: all views of `out` lie in `buffer`, but for the path of an absolute target without
/// one, which is "/" or, of OPTIONS, "*".
/// Source: RFC 9112, 2 to 7; RFC 9110, 5 to 7 and 10.1.1.
Parse parse_request(std::string_view buffer, const Limits& limits, Progress& progress,
                    RequestHead& out, Refusal& why);

/// The same for the head of a response to a request with this method: HEAD and CONNECT decide about
/// the body. Interim responses (1xx) are heads without a body, and another head follows.
/// Errors: Refused with 502.
/// Source: RFC 9112, 4 and 6.3.
Parse parse_response(std::string_view buffer, std::string_view method, const Limits& limits,
                     Progress& progress, ResponseHead& out, Refusal& why);

/// One bit of 64, the same for all names that differ in nothing but the case of their letters: a
/// head whose marks lack it has no such field.
constexpr std::uint64_t name_mark(std::string_view name) {
  constexpr unsigned kSmall = 0x20;  // what makes a letter small, and other characters others
  const auto small = [](char c) { return static_cast<unsigned char>(c) | kSmall; };
  if (name.empty()) return 0;
  const std::size_t mixed = name.size() * 7 + small(name.front()) * 5 + small(name.back()) * 3 +
                            small(name[name.size() / 2]);
  return std::uint64_t{1} << (mixed % 64);
}

const Field* find_marked(const Head& head, std::string_view name, const Field* from);

/// The first field of this name, whatever the case of its letters; nullptr: none. `from` continues
/// after a field that was found.
inline const Field* find(const Head& head, std::string_view name, const Field* from = nullptr) {
  return (head.marks & name_mark(name)) == 0 ? nullptr : find_marked(head, name, from);
}

/// Whether two names are the same but for the case of their ASCII letters.
bool same_name(std::string_view a, std::string_view b);

/// Whether a field's value, a list with commas, has this member; parameters are not looked at.
bool lists(std::string_view value, std::string_view member);

}  // namespace http1
