// A fault as the admin port is asked for it: whatever comes is an Error or a fault that is within
// its bounds, and that is read again as it is written.
#include <cstdint>
#include <string_view>

#include "api/node.h"
#include "base/check.h"
#include "sidecar/fault_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const sidecar::Mode mode : {sidecar::Mode::Http, sidecar::Mode::Tcp}) {
    const auto rule = sidecar::parse_fault(text, mode);
    if (!rule) continue;
    CHECK(rule->lease > base::Duration{} && rule->lease <= sidecar::kLeaseMax);
    CHECK(rule->percent >= 1 && rule->percent <= 100);
    CHECK(mode == sidecar::Mode::Http || rule->kind != sidecar::FaultKind::Abort);
    api::Node said = sidecar::node_of(sidecar::Fault{*rule, 1, {}}, {});
    said.erase("remainingMillis");
    if (rule->kind == sidecar::FaultKind::Partition) said.erase("percent");
    const auto again = sidecar::parse_fault(api::to_json(said), mode);
    CHECK(again.has_value() && *again == *rule);
    sidecar::decide({{*rule, 1, base::TimePoint(base::seconds(1))}},
                    {.method = "GET", .path = "/a/b", .peer = {}}, {}, size);
  }
  static_cast<void>(sidecar::parse_renewal(text));
  return 0;
}
