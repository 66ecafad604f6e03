// HOST:PORT as settings say it, of a place to listen at or to connect to. Unlike what
// Address::parse() takes, the host may be left out, and the port may be 0. The sidecar and who
// judges its settings elsewhere read it here, so that both take the same texts. Pure: no name is
// looked up.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/connection.h"

namespace net {

/// A place to listen at, whose host is a number, localhost, or left out: "127.0.0.1:8080",
/// "[::1]:8080", "localhost:0", ":8080".
/// Errors: InvalidArgument, naming the text and what is allowed.
base::Result<Address> parse_listen(std::string_view text);
/// A place to connect to, of which both are given. Errors: the same.
base::Result<Address> parse_upstream(std::string_view text);

}  // namespace net
