// DNS messages as a client of one name server needs them (A records, RFC 1035;
// AAAA records, RFC 3596): the question, and
// what an answer to it says. Pure: c-ares builds and reads the bytes, nothing here sends them,
// because a probe has to know itself when which datagram left and what came back.
// What is not an answer to the question that was asked is no answer at all (RFC 5452): the caller
// goes on waiting. An answer to it that makes no sense is Broken.
// No EDNS: a truncated answer (more addresses than fit into 512 bytes) is Broken.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace net {

enum class NameOutcome : std::uint8_t {
  Found = 1,      // at least one address
  NoSuchName,     // NXDOMAIN
  NoAddress,      // the name is there, but not with such a record
  ServerFailed,   // SERVFAIL
  Denied,         // REFUSED, NOTIMP, FORMERR …: it answered that it does not answer
  Broken,         // an answer that makes no sense
  NobodyListens,  // the name server's machine says so
  NoRoute,        // the question could not be sent
  NotAName,       // cannot be asked for
};

enum class NameRecord : std::uint8_t { A, Aaaa };

struct NameReply {
  NameOutcome outcome = NameOutcome::Broken;
  std::vector<std::uint32_t> addresses;  // IPv4, the first byte highest; in the answer's order
  std::uint32_t ttl = 0;                 // seconds; the smallest on the way to the addresses
  std::vector<std::array<std::uint8_t, 16>> addresses6{};  // IPv6; in the answer's order
};

/// The message that asks for the addresses of `name`. Errors: InvalidArgument for what is no name.
base::Result<std::string> dns_question(const std::string& name, std::uint16_t id,
                                       NameRecord record = NameRecord::A);

/// What a datagram from the name server says; nothing: it is no answer to this question.
std::optional<NameReply> dns_reply(std::string_view message, const std::string& name,
                                   std::uint16_t id, NameRecord record = NameRecord::A);

}  // namespace net
