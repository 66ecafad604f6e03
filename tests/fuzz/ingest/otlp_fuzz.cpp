// Requests from anybody, of metrics and traces, in protobuf and JSON: refused or read within the
// bounds, and what was read can be put into series and shown. The first byte says which of the four
// it is.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "ingest/otlp.h"

namespace {
void metrics(std::string_view body, ingest::OtlpFormat format) {
  const auto read = ingest::parse_otlp_metrics(body, format);
  if (!read) return;
  CHECK(read->points.size() <= ingest::kOtlpPointsMax);
  for (const ingest::OtlpPoint& point : read->points) {
    CHECK(!point.name.empty() && point.name.size() <= ingest::kOtlpTextBytesMax);
    CHECK(point.attributes.size() <= ingest::kOtlpAttributesMax);
    CHECK(std::isfinite(point.buckets.count()) && std::isfinite(point.buckets.sum()));
  }
  ingest::SeriesTable table;
  const ingest::OtlpTaken taken = put_in(table, *read);
  CHECK(taken.kept + taken.other + taken.refused == read->points.size());
  CHECK(table.text().empty() == (table.series() == 0));
}

void traces(std::string_view body, ingest::OtlpFormat format) {
  const auto read = ingest::parse_otlp_traces(body, format);
  if (!read) return;
  CHECK(read->operations.size() <= ingest::kOtlpPointsMax);
  for (const ingest::Operation& operation : read->operations) {
    CHECK(!operation.name.empty() && operation.duration >= base::Duration::zero());
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const std::string_view body = bytes.substr(1);
  switch (bytes[0]) {
    case 'm': metrics(body, ingest::OtlpFormat::Protobuf); break;
    case 'M': metrics(body, ingest::OtlpFormat::Json); break;
    case 't': traces(body, ingest::OtlpFormat::Protobuf); break;
    case 'T': traces(body, ingest::OtlpFormat::Json); break;
    default: break;
  }
  return 0;
}
