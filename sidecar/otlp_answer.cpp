#include "sidecar/otlp_answer.h"

#include "api/node.h"
#include "ingest/protobuf_write.h"

namespace sidecar {

using ingest::OtlpFormat;

const char* name(OtlpSignal signal) {
  return signal == OtlpSignal::Metrics ? "metrics" : "traces";
}

const char* content_type(OtlpFormat format) {
  return format == OtlpFormat::Json ? "application/json" : "application/x-protobuf";
}

std::string otlp_response(OtlpFormat format, OtlpSignal signal, std::size_t rejected,
                          std::string_view why) {
  if (format == OtlpFormat::Json) {
    api::Node out = api::Node::map();
    if (rejected > 0) {
      const char* const what =
          signal == OtlpSignal::Metrics ? "rejectedDataPoints" : "rejectedSpans";
      // Numbers of 64 bits are texts in protobuf's JSON.
      out.set("partialSuccess", api::Node::map()
                                    .set(what, std::to_string(rejected))
                                    .set("errorMessage", std::string(why)));
    }
    return api::to_json(out);
  }
  if (rejected == 0) return "";
  ingest::ProtobufWriter partial;
  partial.varint(1, rejected);
  partial.bytes(2, why);
  ingest::ProtobufWriter out;
  out.message(1, partial);
  return out.take();
}

std::string otlp_status(OtlpFormat format, int code, std::string_view message) {
  if (format == OtlpFormat::Json) {
    return api::to_json(api::Node::map().set("code", code).set("message", std::string(message)));
  }
  ingest::ProtobufWriter out;
  out.varint(1, static_cast<std::uint64_t>(code));
  out.bytes(2, message);
  return out.take();
}

OtlpRefusal otlp_refusal(base::Code code) {
  if (code == base::Code::ResourceExhausted) return {413, kRpcResourceExhausted};
  return {400, kRpcInvalidArgument};
}

}  // namespace sidecar
