#include "probes/probe_fields.h"

#include <utility>

namespace probes {

api::FieldSpec text_field(std::string name, bool required, std::string doc) {
  api::FieldSpec field;
  field.name = std::move(name);
  field.required = required;
  field.doc = std::move(doc);
  return field;
}

api::FieldSpec integer_field(std::string name, std::int64_t minimum, std::int64_t maximum,
                             std::optional<api::Node> otherwise, std::string doc) {
  api::FieldSpec field = text_field(std::move(name), false, std::move(doc));
  field.type = api::FieldType::Integer;
  field.minimum = minimum;
  field.maximum = maximum;
  field.otherwise = std::move(otherwise);
  return field;
}

api::FieldSpec flag_field(std::string name, bool otherwise, std::string doc) {
  api::FieldSpec field = text_field(std::move(name), false, std::move(doc));
  field.type = api::FieldType::Boolean;
  field.otherwise = api::Node(otherwise);
  return field;
}

api::FieldSpec interval_field() {
  return integer_field("intervalMillis", 10, 60000, api::Node(100),
                       "time between operations of a stream");
}

api::FieldSpec deadline_field() {
  return integer_field("deadlineMillis", 10, 60000, std::nullopt,
                       "an operation that is not acknowledged by then is bad; default: the "
                       "degraded latency target of the plan");
}

StreamSpec endpoint_stream(const std::string& probe, drill::StreamKind kind,
                           const std::string& endpoint, const api::Node& params,
                           base::Duration deadline_default) {
  const bool open = kind == drill::StreamKind::ServiceOpen;
  StreamSpec spec;
  spec.info.name = probe + (open ? "/B" : "/A");
  spec.info.probe = probe;
  spec.info.kind = kind;
  spec.info.endpoint = endpoint;
  spec.info.interval = base::millis(params["intervalMillis"].as_int(100));
  spec.info.deadline = params.has("deadlineMillis")
                           ? base::millis(params["deadlineMillis"].as_int())
                           : deadline_default;
  spec.info.decides = params["decides"].as_bool(false);
  spec.connections = open ? Connections::Open : Connections::New;
  return spec;
}

}  // namespace probes
