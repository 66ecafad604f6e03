// What an OTLP/HTTP receiver answers, in the form of the request: the Export…ServiceResponse of a
// request that was taken, which names what was left out of it, and google.rpc.Status of one that
// was not; and what another receiver answers to metrics. Pure. Source: OTLP specification 1.x,
// "OTLP/HTTP Response"; opentelemetry-proto, collector; googleapis, google/rpc/status.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/otlp.h"

namespace sidecar {

enum class OtlpSignal : std::uint8_t { Metrics, Traces };
/// "metrics", "traces".
const char* name(OtlpSignal signal);

/// "application/x-protobuf" or "application/json".
const char* content_type(ingest::OtlpFormat format);

/// Of a request that was taken but for `rejected` points or spans; with none of them an empty
/// message, as the specification demands.
std::string otlp_response(ingest::OtlpFormat format, OtlpSignal signal, std::size_t rejected,
                          std::string_view why);

/// The body beside a status of 400 and more. `code`: of google.rpc.Code.
std::string otlp_status(ingest::OtlpFormat format, int code, std::string_view message);

/// What a receiver says of a request that it took, but for some points; none: all is well.
struct OtlpPartial {
  std::uint64_t rejected = 0;  // 0 with a message: a warning
  std::string message{};       // clean and short
};
/// Of the answer to metrics. What makes no sense says nothing.
OtlpPartial otlp_partial(ingest::OtlpFormat format, std::string_view response);

/// Status of HTTP and code of google.rpc for what a parser says.
struct OtlpRefusal {
  unsigned status = 400;
  int code = 3;  // INVALID_ARGUMENT
};
OtlpRefusal otlp_refusal(base::Code code);
inline constexpr int kRpcResourceExhausted = 8;
inline constexpr int kRpcInvalidArgument = 3;

}  // namespace sidecar
