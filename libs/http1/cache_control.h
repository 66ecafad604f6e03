// The directives of Cache-Control that a shared cache obeys (RFC 9111, 5.2; RFC 5861). What is
// said twice counts in its stricter form, a lifetime that is no number is none, and a list that
// cannot be read to its end forbids storing: mistakes cost a hit, never a wrong answer. The
// qualified forms (no-cache="Set-Cookie") are taken as if they were not qualified, as 5.2.2.4 lets.
#pragma once

#include <chrono>
#include <optional>

#include "http1/head.h"

namespace http1 {

using Seconds = std::chrono::seconds;

/// The longest time a directive can tell (RFC 9111, 1.2.2).
inline constexpr Seconds kLongest{2'147'483'648};

struct CacheControl {
  bool present = false;  // whether there was a field at all
  bool no_store = false;
  bool no_cache = false;
  bool is_private = false;
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool only_if_cached = false;
  std::optional<Seconds> max_age, s_maxage;
  std::optional<Seconds> max_stale;  // kLongest: whatever its age
  std::optional<Seconds> min_fresh;
  std::optional<Seconds> stale_while_revalidate, stale_if_error;
};

CacheControl cache_control(const Head& head);

/// A number of seconds, at most kLongest. Nothing: no number.
std::optional<Seconds> parse_seconds(std::string_view text);

}  // namespace http1
