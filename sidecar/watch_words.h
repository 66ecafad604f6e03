// What Watch says, as JSON, and what it is asked. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alert/health.h"
#include "api/node.h"
#include "base/result.h"
#include "base/time.h"
#include "sampling/sample.h"
#include "sidecar/alert_settings.h"
#include "traffic/history.h"

namespace sidecar {

inline constexpr std::array<std::pair<const char*, base::Duration>, 3> kWindows{
    {{"10s", base::seconds(10)}, {"1m", base::seconds(60)}, {"5m", base::seconds(300)}}};

/// Of "range=15m&method=GET" each name with its value, in their order.
std::vector<std::pair<std::string_view, std::string_view>> arguments_of(std::string_view text);
/// What is asked for and is not there, or is there twice. `allowed`: "range, method or endpoint".
base::Error no_such_argument(std::string_view name, std::string_view allowed);
/// "15m": s, m or h. Errors: InvalidArgument, naming it.
base::Result<base::Duration> parse_range(std::string_view text);
/// Of the arguments "range=15m"; 15 minutes where there are none. Errors: InvalidArgument, naming
/// the one that is wrong or is none.
base::Result<base::Duration> range_of(std::string_view arguments);
/// So that a timeline has at most 60 steps, of whole samples.
base::Duration timeline_step(base::Duration range);

api::Node health_node(const alert::Verdict& verdict);
/// Figures that are missing are not there.
api::Node sample_node(const sampling::Sample& sample, base::WallTime at);
api::Node window_node(const traffic::WindowFigures& window);
/// Of each measure its limits; of errors also from which status on an answer is one.
api::Node thresholds_node(const AlertSettings& alerts);

/// The share of requests that are errors, in [0, 1]; nothing: there was no request.
std::optional<double> error_rate(const traffic::WindowFigures& window, ErrorsFrom from);

}  // namespace sidecar
