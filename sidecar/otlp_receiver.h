// OTLP/HTTP as a receiver: POST /v1/metrics and /v1/traces, in JSON or protobuf, gzip or not.
//
//   200  taken; what was left out of it is told as a partial success, and is not to be sent again
//   400  malformed      413  too large, also unpacked      415  another type or coding
//   429  more than is taken in a second, with Retry-After: to be sent again
//
// What is taken has a rate, by its size as it comes and as it is unpacked, whatever comes of it, so
// that an application that reports more than anybody reads costs a part of a core and no more.
// Source: OTLP specification 1.x,
// "OTLP/HTTP".
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "net/http_server.h"
#include "sidecar/admin.h"
#include "sidecar/budget.h"
#include "sidecar/intake.h"
#include "sidecar/otlp_answer.h"

namespace sidecar {

/// Thread: one at a time.
class OtlpReceiver {
 public:
  /// Lifetime: both outlive it.
  OtlpReceiver(const aio::Clock& clock, Intake& intake);
  OtlpReceiver(const OtlpReceiver&) = delete;
  OtlpReceiver& operator=(const OtlpReceiver&) = delete;

  net::HttpReply serve(const net::HttpRequest& request) const { return routes_.serve(request); }
  /// "muster_sidecar_otlp_…", in the text format 0.0.4.
  std::string exposition() const;

 private:
  struct Counts {
    std::uint64_t taken = 0, partial = 0, refused = 0, throttled = 0;  // requests
    std::uint64_t kept = 0, rejected = 0;                              // points or spans
  };
  /// What was made of a body.
  struct Outcome {
    std::size_t kept = 0, rejected = 0;
  };
  net::HttpReply take(OtlpSignal signal, const net::HttpRequest& request);
  base::Result<std::string> unpack(std::string_view packed);
  base::Result<Outcome> take_in(OtlpSignal signal, ingest::OtlpFormat format,
                                std::string_view body);

  const aio::Clock& clock_;
  Intake& intake_;
  Budget bytes_;
  std::array<Counts, 2> counts_;  // by signal
  Admin routes_;
};

}  // namespace sidecar
