#include "metrics/admission_metrics.h"

#include <map>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "metrics/certificate_metrics.h"

namespace metrics {
namespace {

using prometheus::Histogram;

const Histogram::BucketBoundaries kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                              0.05,   0.1,   0.25,   0.5,   1,    5};

}  // namespace

struct AdmissionMetrics::Series {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("muster_admission_requests_total")
          .Help("Requests of API servers, by webhook and by what they were answered.")
          .Register(registry);
  prometheus::Counter& strayed =
      prometheus::BuildCounter()
          .Name("muster_admission_stray_requests_total")
          .Help(
              "Requests to a path where no webhook is: not of an API server that has heard of it.")
          .Register(registry)
          .Add({});
  prometheus::Family<Histogram>& took =
      prometheus::BuildHistogram()
          .Name("muster_admission_request_seconds")
          .Help("How long an answer took, without the reading of the request.")
          .Register(registry);
  CertificateMetrics expiry{CertificateMetrics::Server::Admission};
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

void AdmissionMetrics::strayed() {
  series_->strayed.Increment();
}

void AdmissionMetrics::certificates(base::WallTime serving_until, base::WallTime authority_until) {
  series_->expiry.shown(serving_until, authority_until);
}

std::string AdmissionMetrics::text() const {
  return prometheus::TextSerializer().Serialize(series_->registry.Collect()) +
         series_->expiry.text();
}

}  // namespace metrics
