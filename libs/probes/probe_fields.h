// Fields that every kind of probe has, and short forms for its table.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

/// method, body, status, contains.
std::vector<api::FieldSpec> request_fields();
/// A map with path and request_fields().
api::FieldSpec request_field(std::string name, bool required, std::string doc);
/// caFile, insecure, drillKeyFile.
std::vector<api::FieldSpec> site_fields();

/// A stream of a probe, with the probe's interval and deadline, over new connections.
StreamSpec probe_stream(const std::string& probe, const std::string& suffix, drill::StreamKind kind,
                        const std::string& endpoint, const api::Node& params,
                        base::Duration deadline_default);
/// A or B of a probe that watches one endpoint.
StreamSpec endpoint_stream(const std::string& probe, drill::StreamKind kind,
                           const std::string& endpoint, const api::Node& params,
                           base::Duration deadline_default);

}  // namespace probes
