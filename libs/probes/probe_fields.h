// Fields that every kind of probe has, and short forms for its table.
#pragma once

#include <optional>
#include <string>

#include "api/action.h"
#include "drill/record.h"
#include "probes/prober.h"

namespace probes {

api::FieldSpec text_field(std::string name, bool required, std::string doc);
api::FieldSpec integer_field(std::string name, std::int64_t minimum, std::int64_t maximum,
                             std::optional<api::Node> otherwise, std::string doc);
api::FieldSpec flag_field(std::string name, bool otherwise, std::string doc);
/// intervalMillis.
api::FieldSpec interval_field();
/// deadlineMillis.
api::FieldSpec deadline_field();

/// A stream of a probe that watches one endpoint, with the probe's interval and deadline.
StreamSpec endpoint_stream(const std::string& probe, drill::StreamKind kind,
                           const std::string& endpoint, const api::Node& params,
                           base::Duration deadline_default);

}  // namespace probes
