// A client's address as a number, and what proxies say of who it is.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

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

/// The last X-Forwarded-For fields of a request, in their order. A proxy's own is the last one, or
/// the end of it, and a client may send as many before it as it likes: those are given up.
class ForwardedFor {
 public:
  static constexpr std::size_t kFieldsMax = 8;  // each of which may be a list

  void clear() { count_ = 0; }
  void add(std::string_view field) {
    if (count_ == kFieldsMax) {
      std::shift_left(fields_.begin(), fields_.end(), 1);
      --count_;
    }
    fields_[count_++] = field;
  }
  std::span<const std::string_view> fields() const { return std::span(fields_).first(count_); }

 private:
  std::array<std::string_view, kFieldsMax> fields_;
  std::size_t count_ = 0;
};

}  // namespace sidecar
