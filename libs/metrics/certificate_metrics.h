// When the certificates of a server of ours end:
// muster_SERVER_certificate_expiry_timestamp_seconds, of what is shown now. Nothing is told before
// something was shown: a 0 would be an expiry in 1970.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"

namespace metrics {

/// Thread: one at a time.
class CertificateMetrics {
 public:
  enum class Server : std::uint8_t { Admission, Metrics };
  explicit CertificateMetrics(Server server);
  ~CertificateMetrics();
  CertificateMetrics(const CertificateMetrics&) = delete;
  CertificateMetrics& operator=(const CertificateMetrics&) = delete;

  /// Until when the server's certificate and its authority are valid.
  void shown(base::WallTime serving_until, base::WallTime authority_until);
  /// The text exposition format 0.0.4, which is valid for `promtool check metrics`.
  std::string text() const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace metrics
