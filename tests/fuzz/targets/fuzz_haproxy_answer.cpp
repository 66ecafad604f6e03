// What HAProxy, /proc, an address and a state file say is text of others: read or refused, never a
// crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "targets/address.h"
#include "targets/haproxy.h"
#include "targets/local_state.h"
#include "targets/process.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer hands over bytes; the readers take characters.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)targets::parse_servers_state(text);
  (void)targets::parse_stat(text);
  (void)targets::parse_address(text);
  if (const auto state = targets::parse_state(text)) {
    const auto again = targets::parse_state(targets::to_json(*state));
    CHECK(again && *again == *state);
  }
  return 0;
}
