// One request and its response as filters see them. An Exchange is taken from a core's stock when
// the first byte of a request has come and goes back at its end, with its memory: a filter costs no
// allocation in the steady state, and an idle connection has no Exchange.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http1/head.h"
#include "sidecar/fault_rules.h"

namespace sidecar {

/// Whole field lines that are added to a head.
class AddedFields {
 public:
  /// `value` must have been checked: whatever could end the line would begin another.
  void add(std::string_view name, std::string_view value);
  /// Lines as they are, each with its CRLF.
  void add_lines(std::string_view lines) { text_.append(lines); }
  std::string_view lines() const { return text_; }
  void clear() { text_.clear(); }

 private:
  std::string text_;
};

/// Who is at the other end of a connection.
struct Client {
  std::string address;                   // without the port: "10.0.0.7", "2001:db8::1"
  std::array<std::uint8_t, 16> bytes{};  // the same; IPv4 as ::ffff:a.b.c.d
  std::uint16_t port = 0;
  bool tls = false;
  std::array<std::uint64_t, 8> notes{};  // of filters, for the life of the connection
};

/// One of `count` places for what is kept of a connection from one request to the next. Two may
/// share one: who keeps something compares it with what it was found out of.
std::size_t place_of(const Client& client, std::size_t count);

/// What a filter answers instead of the application.
struct Reply {
  int status = 0;
  std::string content_type;
  std::string body;
};

struct Exchange {
  Client* client = nullptr;
  /// Views into the connection's buffer, valid until the end. Empty where the head was refused. A
  /// filter leaves a field out by its bit in `request.drop`.
  http1::RequestHead request;
  /// During on_response() only. Of an own answer it has a status and no fields.
  http1::ResponseHead* response = nullptr;
  AddedFields to_upstream, to_client;
  std::string request_id;
  bool own_service = false;  // of a filter: not the application answers, but Shared::own_service
  Reply reply;               // of a filter that answers
  base::TimePoint ask_at{};  // of one that a filter lets wait: when it asks again
  Touch touch;               // what faults of a drill do to it
  std::array<std::uint64_t, 8> notes{};  // of filters, for this exchange

  /// As new, with the memory it has.
  void clear();
};

/// How an exchange ended.
enum class Ended : std::uint8_t {
  Complete,        // the application's response was sent whole
  Answered,        // a filter answered
  Cached,          // a stored response was sent
  Refused,         // the request was refused: malformed, too large, too slow
  UpstreamFailed,  // no whole response could be had; told to the client where it still could be
  ClientGone,      // the client went away before the end
  Upgraded,        // a tunnel, which has ended
  Cut,             // by the end of the sidecar
  Faulted          // by a fault of a drill
};
inline constexpr std::size_t kEndedCount = static_cast<std::size_t>(Ended::Faulted) + 1;
const char* name(Ended ended);

struct Ending {
  Ended how = Ended::Complete;
  base::TimePoint began{};        // with the first byte of its head
  int status = 0;                 // that the client was sent; 0: none
  std::uint64_t bytes_in = 0;     // from the client, heads included
  std::uint64_t bytes_out = 0;    // to the client, heads included
  base::Duration first_byte{-1};  // until the response began; negative: it never did
  base::Duration took{};          // until the last byte was handed to the system
};

}  // namespace sidecar
