// What a client is told of its limits, as values of header fields in the caller's buffer:
//   RateLimit-Policy: "default-1h";q=500;w=3600, "default-1d";q=2000;w=86400
//   RateLimit: "default-1h";r=0;t=1260
//   Retry-After: 1260
// Source: draft-ietf-httpapi-ratelimit-headers-11 sections 3 and 4; RFC 9110 section 10.2.3.
// RateLimit names one limit: the refusing one, or the one with the fewest requests left. `t` goes
// with refusals only, where it is known: then nothing is left until Retry-After. The limits of the
// fingerprint are those of the client, so nothing tells which of the two refused.
#pragma once

#include <span>
#include <string_view>

#include "limit/limiter.h"

namespace limit {

/// Enough for every field of any Rules.
inline constexpr std::size_t kFieldBytesMax = 4096;

/// The limits of the rules that were enforced; empty where none was, or where the buffer is too
/// small.
std::string_view policy_field(const Rules& rules, const Decision& decision, std::span<char> buffer);
/// Empty where no limit was enforced or the buffer is too small.
std::string_view limit_field(const Rules& rules, const Decision& decision, std::span<char> buffer);
/// Whole seconds, rounded up, at least one; empty for what is not refused.
std::string_view retry_after_field(const Decision& decision, std::span<char> buffer);

}  // namespace limit
