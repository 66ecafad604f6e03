// The target of a request and the host it is for (RFC 9112, 3.2 and 3.3; RFC 9110, 4.2 and 7.2).
#pragma once

#include "http1/head.h"

namespace http1 {

/// Sets form, path, query and, for an absolute target or CONNECT, host, from method and target.
/// Errors: false, when the target has no form that goes with the method.
bool read_target(RequestHead& head);

/// Whether this is a host with an optional port: a name, an IPv4 address, or an IPv6 address in
/// brackets; not empty, and without a user.
bool is_authority(std::string_view text);

/// Where the path of an absolute target begins, with its query: empty, '/...' or '?...'.
std::string_view after_authority(std::string_view target);

}  // namespace http1
