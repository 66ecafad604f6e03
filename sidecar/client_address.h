// A client's address as a number.
#pragma once

#include "limit/address.h"
#include "sidecar/exchange.h"

namespace sidecar {

inline limit::Address address_of(const Client& client) {
  limit::Address out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.high = out.high << 8U | client.bytes[i];
    out.low = out.low << 8U | client.bytes[i + 8];
  }
  return out;
}

}  // namespace sidecar
