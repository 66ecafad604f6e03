// What both readers of OTLP, of protobuf and of JSON, make their points and spans with, so that the
// same data is the same in both.
#pragma once

#include <optional>
#include <vector>

#include "ingest/otlp.h"

namespace ingest {

/// The numbers of a histogram's point as they were sent.
struct OtlpBuckets {
  std::uint64_t count = 0;
  std::optional<double> sum, min, max;
  std::vector<std::uint64_t> counts;  // one more than bounds, or none
  std::vector<double> bounds;
};
/// Nothing: they do not fit each other, or are no numbers.
std::optional<Distribution> distribution_of(const OtlpBuckets& sent);

/// The same of an exponential histogram: bucket i of a side is of the values above b^i, up to
/// b^(i+1), with b = 2^(2^-scale). The first of `counts` is bucket `offset`.
struct OtlpExponential {
  struct Side {
    std::int64_t offset = 0;
    std::vector<std::uint64_t> counts;
  };
  std::uint64_t count = 0, zero_count = 0;
  std::optional<double> sum, min, max;
  std::int64_t scale = 0;
  double zero_threshold = 0;
  Side positive, negative;
  bool none = false;  // it says itself that it has no value
};
/// Each bucket is counted where its upper bound is. Nothing: the numbers contradict each other, or
/// a scale that no writer has (beyond -10 to 20).
std::optional<Distribution> distribution_of(const OtlpExponential& sent);

/// A summary's point as it was sent: what there was since the beginning, and of the last while
/// which value so large a share was at most.
struct OtlpSummary {
  std::uint64_t count = 0;
  double sum = 0;
  std::vector<std::pair<double, double>> quantiles;  // from 0 to 1, and their values
  bool none = false;                                 // it says itself that it has no value
};
/// A counter NAME_count and another NAME_sum, and a gauge NAME with the attribute "quantile" for
/// each that has a value. None: the numbers make no sense.
std::vector<OtlpPoint> points_of(const OtlpSummary& sent, const OtlpPoint& like);

/// False: it would be more points than one request may have.
bool keep_summary(std::vector<OtlpPoint> points, OtlpMetrics& out);

/// Nothing: it has no name, or ends before it begins. Times: nanoseconds since 1970.
std::optional<Operation> operation_of_span(std::string_view name, std::uint64_t start,
                                           std::uint64_t end, bool failed);
/// What its attributes say of it, and that its span is a server's.
void describe(Operation& operation,
              const std::vector<std::pair<std::string, std::string>>& attributes, bool server);

/// Which span an operation was, and whose child, as they were sent.
struct SpanIds {
  std::string trace, id, parent;  // no parent: it is the first
};
/// What came with its parent is a part of that. `ids`: of each operation, in their order.
void tell_wholes(std::vector<Operation>& operations, const std::vector<SpanIds>& ids);

tl::unexpected<base::Error> otlp_broken(const char* what);
tl::unexpected<base::Error> otlp_too_many(const char* what);

base::Result<OtlpMetrics> otlp_metrics_of_protobuf(std::string_view body);
base::Result<OtlpTraces> otlp_traces_of_protobuf(std::string_view body);
base::Result<OtlpMetrics> otlp_metrics_of_json(std::string_view body);
base::Result<OtlpTraces> otlp_traces_of_json(std::string_view body);

}  // namespace ingest
