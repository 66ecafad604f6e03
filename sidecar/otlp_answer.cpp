#include "sidecar/otlp_answer.h"

#include <algorithm>
#include <charconv>

#include "api/node.h"
#include "ingest/clean_text.h"
#include "ingest/protobuf_wire.h"
#include "ingest/protobuf_write.h"

namespace sidecar {

using ingest::OtlpFormat;

namespace {

using ingest::Wire;

constexpr std::size_t kMessageBytesMax = 200;
/// Nobody sends so many points at once: more would only spoil a sum.
constexpr std::int64_t kRejectedMost = 1'000'000;

OtlpPartial partial_of(std::int64_t rejected, std::string_view message) {
  return {static_cast<std::uint64_t>(std::clamp<std::int64_t>(rejected, 0, kRejectedMost)),
          ingest::clean_text(message, kMessageBytesMax)};
}

/// Numbers of 64 bits are texts in protobuf's JSON; some write them as numbers.
std::int64_t long_of(const api::Node& node) {
  const std::string& text = node.as_string();
  std::int64_t out = node.as_int();
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

OtlpPartial partial_of_json(std::string_view response) {
  const auto parsed = api::parse_json(std::string(response));
  if (!parsed) return {};
  const api::Node& partial = (*parsed)["partialSuccess"];
  return partial_of(long_of(partial["rejectedDataPoints"]), partial["errorMessage"].as_string());
}

}  // namespace

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

OtlpPartial otlp_partial(OtlpFormat format, std::string_view response) {
  if (format == OtlpFormat::Json) return partial_of_json(response);
  std::int64_t rejected = 0;
  std::string_view message;
  const bool whole = ingest::each_message(response, 1, [&](std::string_view partial) {
    Wire wire(partial);
    while (wire.next()) {
      if (wire.is(1, Wire::Type::Varint)) rejected = wire.as_signed();
      if (wire.is(2, Wire::Type::Bytes)) message = wire.bytes();
    }
    return !wire.broken();
  });
  return whole ? partial_of(rejected, message) : OtlpPartial{};
}

OtlpRefusal otlp_refusal(base::Code code) {
  if (code == base::Code::ResourceExhausted) return {413, kRpcResourceExhausted};
  return {400, kRpcInvalidArgument};
}

}  // namespace sidecar
