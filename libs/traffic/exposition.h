// Figures of requests as Prometheus and OpenMetrics read them:
//
//   http_requests_total{method,endpoint,status}            requests that were answered
//   http_request_duration_seconds{method,endpoint}         a histogram of what they took
//   http_request_bytes_total{method,endpoint}              bytes of requests
//   http_response_bytes_total{method,endpoint}             bytes of answers
//   http_requests_in_flight, active_connections            now
//
// The histogram's buckets are those of series.h, taken from the sketch: what is at most `le` is
// always in it, and besides some of what is up to 2 % longer (the width of the sketch's part that
// `le` lies in). Sum and count are exact. Quantiles that a query computes from buckets err by the
// distance between the bounds as with any histogram; ours within 1 % come by the query API.
//
// Labels are escaped once, when a series is first seen; from then on a scrape joins texts that are
// there and formats numbers. `le` is written "1.0" in both formats, so that a series has one name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "traffic/requests.h"

namespace traffic {

enum class Format { Prometheus, OpenMetrics };
/// The Content-Type of an answer.
const char* content_type(Format format);
/// OpenMetrics where an Accept header names it with a weight that is neither 0 nor below that of
/// text/plain, else Prometheus. Source: RFC 9110, 12.5.1.
Format format_for(std::string_view accept);

class Exposition {
 public:
  /// Lifetime: both have to outlive this.
  Exposition(const Endpoints& endpoints, const Requests& requests);

  /// Appends all families. What follows from elsewhere is for the caller, and so is end().
  /// Thread: one at a time.
  void write(Format format, std::string& out);
  /// What the format ends with.
  static const char* end(Format format);

 private:
  void add_series(Method method, EndpointId endpoint, const SeriesSum& sum, Format format);
  void add_requests(const std::string& labels, const SeriesSum& sum);
  void add_durations(const std::string& labels, const SeriesSum& sum, Format format);
  const std::string& labels(Method method, EndpointId endpoint);

  const Endpoints& endpoints_;
  const Requests& requests_;
  SeriesSum sum_;
  std::vector<std::string> labels_;  // by method and endpoint: method="GET",endpoint="/users"
  // Lines of a family have to stand together, and series are walked once: one text each.
  std::string counts_, durations_, bytes_in_, bytes_out_;
};

}  // namespace traffic
