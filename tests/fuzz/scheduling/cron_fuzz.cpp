// The text of a cron expression, and the slots it stands for. What parses has slots that go
// forward, match, and are the same however they are reached; what does not says why.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "scheduling/cron.h"

namespace {

using scheduling::Instant;
using scheduling::Seconds;

const scheduling::Zone& zone_of(std::uint8_t byte) {
  static const scheduling::Zone kZones[] = {scheduling::Zone::utc(),
                                            scheduling::Zone::load("Europe/Prague").value(),
                                            scheduling::Zone::load("Pacific/Apia").value(),
                                            scheduling::Zone::load("Australia/Lord_Howe").value()};
  return kZones[byte % 4];
}

void check_slots(const scheduling::Cron& cron, const scheduling::Zone& zone) {
  constexpr std::int64_t kBegin = 1'325'000'000;  // days before Apia left one out
  Instant at{Seconds(kBegin)};
  for (int i = 0; i < 20; ++i) {
    const auto slot = scheduling::next_after(cron, zone, at);
    CHECK(slot && slot->at > at);
    CHECK(cron.matches(slot->nominal));
    const bool swallowed = slot->clock == scheduling::Slot::Clock::AfterGap;
    CHECK(swallowed == (zone.local(slot->at) != slot->nominal));
    CHECK(!swallowed || !cron.every_hour());
    // From any instant in between it is the same slot.
    const Instant between = at + (slot->at - at) / 2;
    CHECK(scheduling::next_after(cron, zone, between)->at == slot->at);
    const auto last = scheduling::last_within(cron, zone, at, slot->at);
    CHECK(last && last->at == slot->at);
    at = slot->at;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto cron = scheduling::Cron::parse(text);
  if (!cron) {
    CHECK(cron.error().code == base::Code::InvalidArgument && !cron.error().message.empty());
    return 0;
  }
  CHECK(scheduling::Cron::parse(cron->text()).has_value());
  check_slots(*cron, zone_of(data[0]));
  return 0;
}
