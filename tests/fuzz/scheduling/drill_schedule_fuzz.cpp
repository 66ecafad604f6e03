// DrillSchedule documents and the state files of schedules. What parses can be looked ahead on, and
// problems say what is wrong; a state that is read is written as it was.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/yaml.h"
#include "base/check.h"
#include "scheduling/engine.h"

namespace {

constexpr std::int64_t kNow = 1'795'000'000;

void check_problems(const api::Problems& problems) {
  CHECK(!problems.empty());
  for (const api::Problem& problem : problems) CHECK(!problem.message.empty());
}

void check_spec(const scheduling::Spec& spec) {
  const scheduling::Instant now{scheduling::Seconds(kNow)};
  for (const auto& one : scheduling::upcoming(spec, now, 3)) {
    CHECK(one.slot.at > now);
    CHECK(!one.starts || *one.starts >= one.slot.at);
    CHECK(one.starts || !one.reason.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto state = scheduling::state_from_json(std::string(text), "s")) {
    const auto again = scheduling::state_from_json(scheduling::to_json(*state, "s"), "s");
    CHECK(again && *again == *state);
  }
  const auto documents = api::parse_yaml(text, "f", {.bytes = 1 << 16, .nodes = 1000, .depth = 16});
  if (!documents) return 0;
  for (const api::Node& document : *documents) {
    const auto spec = scheduling::parse_schedule(document, "f");
    if (spec) {
      check_spec(*spec);
    } else {
      check_problems(spec.error());
    }
  }
  return 0;
}
