#include "metrics/admission_metrics.h"

#include <map>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace metrics {
namespace {

using prometheus::Histogram;

const Histogram::BucketBoundaries kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                              0.05,   0.1,   0.25,   0.5,   1,    5};

double seconds_of(base::WallTime time) {
  return base::to_seconds(time.time_since_epoch());
}

}  // namespace

struct AdmissionMetrics::Series {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("muster_admission_requests_total")
          .Help("Requests of API servers, by webhook and by what they were answered.")
          .Register(registry);
  prometheus::Family<Histogram>& took =
      prometheus::BuildHistogram()
          .Name("muster_admission_request_seconds")
          .Help("How long an answer took, without the reading of the request.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& expiry =
      prometheus::BuildGauge()
          .Name("muster_admission_certificate_expiry_timestamp_seconds")
          .Help("Until when a certificate of the admission server is valid.")
          .Register(registry);
};

AdmissionMetrics::AdmissionMetrics() : series_(std::make_unique<Series>()) {}
AdmissionMetrics::~AdmissionMetrics() = default;

void AdmissionMetrics::declare(const std::string& path) {
  for (const char* allowed : {"true", "false", "none"}) {
    series_->requests.Add({{"path", path}, {"allowed", allowed}});
  }
  series_->took.Add({{"path", path}}, kBuckets);
}

void AdmissionMetrics::answered(const std::string& path, const std::string& allowed,
                                base::Duration took) {
  series_->requests.Add({{"path", path}, {"allowed", allowed}}).Increment();
  series_->took.Add({{"path", path}}, kBuckets).Observe(base::to_seconds(took));
}

void AdmissionMetrics::certificates(base::WallTime serving_until, base::WallTime authority_until) {
  series_->expiry.Add({{"certificate", "serving"}}).Set(seconds_of(serving_until));
  series_->expiry.Add({{"certificate", "authority"}}).Set(seconds_of(authority_until));
}

std::string AdmissionMetrics::text() const {
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

}  // namespace metrics
