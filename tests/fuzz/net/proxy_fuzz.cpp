// What a proxy answers may be any bytes, in any pieces; what names one may be any text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/proxy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = net::tunnel_answer(text);
  if (whole && *whole) {
    CHECK((*whole)->bytes <= size && (*whole)->status >= 100 && (*whole)->status < 1000);
    // The head alone says the same, and nothing shorter does.
    const auto head = net::tunnel_answer(text.substr(0, (*whole)->bytes));
    CHECK(head && *head && (*head)->status == (*whole)->status);
    const auto part = net::tunnel_answer(text.substr(0, (*whole)->bytes - 1));
    CHECK(!part || !*part);
  }
  const net::Address server{"api.example", 443};
  if (const auto proxy = net::parse_proxy(std::string(text))) {
    CHECK(proxy->address.port != 0 && !proxy->address.host.empty());
    const std::string asked = net::tunnel_request(*proxy, server);
    CHECK(asked.find("\r\n\r\n") == asked.size() - 4);
  }
  static_cast<void>(net::passes_by(text, server));
  static_cast<void>(net::passes_by(text, {"10.96.0.1", 443}));
  static_cast<void>(net::passes_by(text, {"fd00::1", 443}));
  return 0;
}
