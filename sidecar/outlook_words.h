// What series under watch (alert/outlook.h) are fed with, and what they say in JSON and to
// Prometheus. Pure.
//
// The traffic's series are of the last five seconds alone: values of overlapping windows resemble
// each other, and what is far from them would be near. A p95 or a share of errors needs 20 requests
// in that time; of fewer the p95 is their slowest one and the share jumps with each error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "alert/outlook.h"
#include "api/node.h"
#include "sampling/sample.h"
#include "sidecar/alert_settings.h"
#include "traffic/history.h"

namespace sidecar {

inline constexpr std::uint64_t kJudgedRequestsLeast = 20;

alert::SeriesValues series_values(const std::optional<sampling::Sample>& sample,
                                  const traffic::WindowFigures& slice,
                                  ErrorsFrom errors_from = ErrorsFrom::Client);

/// What is out of line now: [{"name": …, "kind": "anomaly", "severity": …}].
api::Node active_node(const alert::Outlook& outlook);
/// Every series that was measured, with its score and forecast.
api::Node outlook_node(const alert::Outlook& outlook);
/// In the text format 0.0.4; empty when it is off.
std::string outlook_exposition(const alert::Outlook& outlook);

}  // namespace sidecar
