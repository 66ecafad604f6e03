// "127.0.0.1:5432" as the systems and plans write it. Names are resolved by nobody here: a drill
// system lives on literal addresses, so that a broken resolver cannot break a drill.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace targets {

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

/// Errors: InvalidArgument naming the text.
base::Result<Address> parse_address(std::string_view text);
std::string to_string(const Address& address);

}  // namespace targets
