#include "metrics/certificate_metrics.h"

#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace metrics {
namespace {

double seconds_of(base::WallTime time) {
  return base::to_seconds(time.time_since_epoch());
}

}  // namespace

struct CertificateMetrics::Series {
  explicit Series(bool of_admission)
      : expiry(prometheus::BuildGauge()
                   .Name(of_admission ? "muster_admission_certificate_expiry_timestamp_seconds"
                                      : "muster_metrics_certificate_expiry_timestamp_seconds")
                   .Help(of_admission
                             ? "Until when a certificate of the admission server is valid."
                             : "Until when a certificate of the server of these metrics is valid.")
                   .Register(registry)) {}

  prometheus::Registry registry;
  prometheus::Family<prometheus::Gauge>& expiry;
};

CertificateMetrics::CertificateMetrics(Server server)
    : series_(std::make_unique<Series>(server == Server::Admission)) {}
CertificateMetrics::~CertificateMetrics() = default;

void CertificateMetrics::shown(base::WallTime serving_until, base::WallTime authority_until) {
  series_->expiry.Add({{"certificate", "serving"}}).Set(seconds_of(serving_until));
  series_->expiry.Add({{"certificate", "authority"}}).Set(seconds_of(authority_until));
}

std::string CertificateMetrics::text() const {
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

}  // namespace metrics
