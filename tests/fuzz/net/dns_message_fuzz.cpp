// The reader of DNS messages takes any bytes; what it says has to be possible.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/dns_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  // The id that the message has itself, so that it is read to its end.
  const auto id = static_cast<std::uint16_t>(data[0] << 8U | data[1]);
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto reply = net::dns_reply(message, "shop.example", id);
  if (reply) {
    CHECK((reply->outcome == net::NameOutcome::Found) == !reply->addresses.empty());
    CHECK(reply->ttl == 0 || !reply->addresses.empty());
    CHECK(reply->addresses.size() * 16 < size);
  }
  const auto six = net::dns_reply(message, "shop.example", id, net::NameRecord::Aaaa);
  if (six) {
    CHECK((six->outcome == net::NameOutcome::Found) == !six->addresses6.empty());
    CHECK(six->addresses6.size() * 28 < size);
  }
  CHECK(!net::dns_reply(message, "shop.example", static_cast<std::uint16_t>(id + 1)).has_value());
  return 0;
}
