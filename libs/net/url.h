// http:// and https:// addresses, as plans and conditions write them, in the parts that a client
// needs. No user, no fragment, no escapes: a probe asks what its plan says, to the letter. Used by
// the HTTP probe and the HTTP condition, so that both take the same text for the same thing.
#pragma once

#include <string>

#include "base/result.h"
#include "net/connection.h"

namespace net {

struct Url {
  Address address;         // port 80 or 443 where none is written
  std::string path = "/";  // with the query
  bool tls = false;
};

/// Errors: InvalidArgument naming the text.
base::Result<Url> parse_url(const std::string& text);

}  // namespace net
