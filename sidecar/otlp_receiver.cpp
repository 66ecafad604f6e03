#include "sidecar/otlp_receiver.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "http1/head.h"
#include "net/gzip.h"
#include "sidecar/replies.h"

namespace sidecar {
namespace {

using ingest::OtlpFormat;

constexpr double kBytesPerSecond = 8e6;
constexpr double kBytesAtOnce = 32e6;
constexpr const char* kLeftOut =
    "of another kind, without a name or a value, or beyond the bounds of the sidecar";

/// Whether a body is packed. Nothing: in a way that is not known.
std::optional<bool> is_packed(const net::HttpRequest& request) {
  const std::string* coding = request.header("Content-Encoding");
  if (coding == nullptr || coding->empty() || http1::same_name(*coding, "identity")) return false;
  if (http1::same_name(*coding, "gzip") || http1::same_name(*coding, "x-gzip")) return true;
  return std::nullopt;
}

net::HttpReply reply(unsigned status, OtlpFormat format, std::string body) {
  return {status, content_type(format), std::move(body)};
}

net::HttpReply later(OtlpFormat format) {
  net::HttpReply out = reply(
      429, format, otlp_status(format, kRpcResourceExhausted, "more than is taken in a second"));
  out.headers.push_back({"Retry-After", "1"});
  return out;
}

net::HttpReply unsupported(const char* header, const char* allowed) {
  net::HttpReply out = text_reply(415, fmt::format("{} has to be {}\n", header, allowed));
  return out;
}

}  // namespace

OtlpReceiver::OtlpReceiver(const aio::Clock& clock, Intake& intake)
    : clock_(clock),
      intake_(intake),
      bytes_(kBytesPerSecond, kBytesAtOnce),
      routes_([] { return base::Result<std::string>(""); }) {
  for (const OtlpSignal signal : {OtlpSignal::Metrics, OtlpSignal::Traces}) {
    routes_.add(
        {"POST", fmt::format("/v1/{}", name(signal)), Access::Open,
         [this, signal](const net::HttpRequest& request) { return take(signal, request); }});
  }
}

net::HttpReply OtlpReceiver::take(OtlpSignal signal, const net::HttpRequest& request) {
  Counts& counts = counts_[static_cast<std::size_t>(signal)];
  const std::string* type = request.header("Content-Type");
  const auto format = ingest::otlp_format(type == nullptr ? "" : *type);
  const auto packed = is_packed(request);
  if (!format || !packed) {
    ++counts.refused;
    return format ? unsupported("Content-Encoding", "gzip or nothing")
                  : unsupported("Content-Type", "application/x-protobuf or application/json");
  }
  if (!bytes_.take(static_cast<double>(request.body.size()), clock_.now())) {
    ++counts.throttled;
    return later(*format);
  }
  const auto body = *packed ? unpack(request.body) : request.body;
  const auto outcome = body ? take_in(signal, *format, *body) : tl::unexpected(body.error());
  if (!outcome) {
    ++counts.refused;
    const OtlpRefusal refusal = otlp_refusal(outcome.error().code);
    return reply(refusal.status, *format,
                 otlp_status(*format, refusal.code, outcome.error().message));
  }
  ++(outcome->rejected > 0 ? counts.partial : counts.taken);
  counts.kept += outcome->kept;
  counts.rejected += outcome->rejected;
  return reply(200, *format, otlp_response(*format, signal, outcome->rejected, kLeftOut));
}

/// It is charged for what it made work, also where nothing comes of it.
base::Result<std::string> OtlpReceiver::unpack(std::string_view packed) {
  std::size_t bytes = 0;
  auto out = net::gunzip(packed, ingest::kOtlpProtobufBytesMax, &bytes);
  bytes_.charge(static_cast<double>(bytes), clock_.now());
  return out;
}

base::Result<OtlpReceiver::Outcome> OtlpReceiver::take_in(OtlpSignal signal, OtlpFormat format,
                                                          std::string_view body) {
  if (signal == OtlpSignal::Traces) {
    TRY(const ingest::OtlpTraces traces, ingest::parse_otlp_traces(body, format));
    intake_.take_traces(traces);
    return Outcome{traces.operations.size(), traces.skipped};
  }
  TRY(const ingest::OtlpMetrics metrics, ingest::parse_otlp_metrics(body, format));
  const ingest::OtlpTaken taken = intake_.take_metrics(metrics);
  return Outcome{taken.kept + taken.other, taken.refused + metrics.skipped};
}

std::string OtlpReceiver::exposition() const {
  std::string requests =
      "# HELP muster_sidecar_otlp_requests_total Requests of OTLP by what became of them.\n"
      "# TYPE muster_sidecar_otlp_requests_total counter\n";
  std::string items =
      "# HELP muster_sidecar_otlp_items_total Points and spans by what became of them.\n"
      "# TYPE muster_sidecar_otlp_items_total counter\n";
  for (const OtlpSignal signal : {OtlpSignal::Metrics, OtlpSignal::Traces}) {
    const Counts& counts = counts_[static_cast<std::size_t>(signal)];
    const auto line = [&](std::string& out, const char* of, const char* result,
                          std::uint64_t count) {
      out += fmt::format("muster_sidecar_otlp_{}_total{{signal=\"{}\",result=\"{}\"}} {}\n", of,
                         name(signal), result, count);
    };
    line(requests, "requests", "taken", counts.taken);
    line(requests, "requests", "partial", counts.partial);
    line(requests, "requests", "refused", counts.refused);
    line(requests, "requests", "throttled", counts.throttled);
    line(items, "items", "kept", counts.kept);
    line(items, "items", "rejected", counts.rejected);
  }
  return requests + items;
}

}  // namespace sidecar
