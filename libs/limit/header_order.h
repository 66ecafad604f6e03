// Which names a client's headers have and in which order: a trait of its software that survives a
// changed User-Agent. A hash of our own; names that depend on the request rather than on the
// software (Cookie, Referer, Content-Length …) or that proxies add are left out. It is no key of a
// limit, since a client orders its headers as it likes: it is a figure for logs and bot signals.
#pragma once

#include <cstdint>
#include <string_view>

namespace limit {

class HeaderOrder {
 public:
  /// Names in the order of the request; case does not matter.
  void add(std::string_view name);
  std::uint64_t value() const;

 private:
  std::uint64_t state_ = 0x6D75'7374'6572'0001U;
};

}  // namespace limit
