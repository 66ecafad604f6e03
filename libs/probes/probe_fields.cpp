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

std::vector<api::FieldSpec> request_fields() {
  api::FieldSpec method = text_field("method", false, "how it asks");
  method.type = api::FieldType::Enum;
  method.allowed = {"GET", "HEAD", "POST"};
  method.otherwise = api::Node("GET");
  api::FieldSpec status = text_field("status", false, "answers that are good; default: 200 to 299");
  status.type = api::FieldType::Strings;
  status.minimum = 1;
  status.maximum = 32;
  return {method, status, text_field("contains", false, "a text that the body must have"),
          text_field("body", false, "what a POST sends")};
}

api::FieldSpec request_field(std::string name, bool required, std::string doc) {
  api::FieldSpec field = text_field(std::move(name), required, std::move(doc));
  field.type = api::FieldType::Object;
  field.fields = request_fields();
  field.fields.insert(field.fields.begin(), text_field("path", true, "the path and query"));
  return field;
}

std::vector<api::FieldSpec> site_fields() {
  return {text_field("caFile", false, "certificates to trust; default: the system's"),
          flag_field("insecure", false, "accept every certificate"),
          text_field("drillKeyFile", false,
                     "a file with the key under which requests are signed, so that a sidecar does "
                     "not limit them; default: MUSTER_DRILL_KEY, else they are not signed")};
}

StreamSpec probe_stream(const std::string& probe, const std::string& suffix, drill::StreamKind kind,
                        const std::string& endpoint, const api::Node& params,
                        base::Duration deadline_default) {
  StreamSpec spec;
  spec.info.name = probe + "/" + suffix;
  spec.info.probe = probe;
  spec.info.kind = kind;
  spec.info.endpoint = endpoint;
  spec.info.interval = base::millis(params["intervalMillis"].as_int(100));
  spec.info.deadline = params.has("deadlineMillis")
                           ? base::millis(params["deadlineMillis"].as_int())
                           : deadline_default;
  spec.info.decides = params["decides"].as_bool(false);
  return spec;
}

StreamSpec endpoint_stream(const std::string& probe, drill::StreamKind kind,
                           const std::string& endpoint, const api::Node& params,
                           base::Duration deadline_default) {
  const bool open = kind == drill::StreamKind::ServiceOpen;
  StreamSpec spec = probe_stream(probe, open ? "B" : "A", kind, endpoint, params, deadline_default);
  spec.connections = open ? Connections::Open : Connections::New;
  return spec;
}

}  // namespace probes
