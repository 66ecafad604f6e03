// Any text is an event or a refusal, and an event survives being written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "drill/engine_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (line.find('\n') != std::string_view::npos) return 0;
  const auto event = drill::parse_event(line);
  if (!event) return 0;
  const auto text = drill::to_string(*event);
  const auto again = drill::parse_event(text);
  CHECK(again && drill::to_string(*again) == text);
  return 0;
}
