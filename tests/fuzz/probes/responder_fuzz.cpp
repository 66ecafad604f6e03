// What the responder is told and what it says: any line is understood or refused.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "probes/responder_process.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto command = probes::parse_responder_command(text); command && command->outage) {
    CHECK(command->outage->length > base::Duration::zero());
  }
  if (const auto event = probes::parse_responder_event(text)) {
    CHECK(event->ready.has_value() != event->outage.has_value());
  }
  if (const auto options = probes::ResponderOptions::parse({std::string(text)})) {
    CHECK(options->settle > base::Duration::zero());
  }
  return 0;
}
