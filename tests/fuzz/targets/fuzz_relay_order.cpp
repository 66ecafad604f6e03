// Orders to a relay come from any local process: whatever is taken must read back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "targets/relay_control.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer hands over bytes; the reader takes characters.
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto order = targets::parse_relay_order(line)) {
    const std::string text = targets::to_line(*order);
    const auto again =
        targets::parse_relay_order(std::string_view(text).substr(0, text.size() - 1));
    CHECK(again && *again == *order);
  }
  (void)targets::parse_relay_status(line);
  return 0;
}
