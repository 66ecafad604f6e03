// The metrics of an admission server, behind an interface that does not show the library
// underneath. Every series of a path starts at 0.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace metrics {

/// Thread: one at a time.
class AdmissionMetrics {
 public:
  AdmissionMetrics();
  ~AdmissionMetrics();
  AdmissionMetrics(const AdmissionMetrics&) = delete;
  AdmissionMetrics& operator=(const AdmissionMetrics&) = delete;

  /// Makes every series of a path exist.
  void declare(const std::string& path);
  /// `allowed`: "true", "false", or "none" for what was no AdmissionReview.
  void answered(const std::string& path, const std::string& allowed, base::Duration took);
  /// A request came to a path where no webhook is.
  void strayed();
  /// What is shown now: until when the server's certificate and its authority are valid.
  void certificates(base::WallTime serving_until, base::WallTime authority_until);

  /// The text exposition format 0.0.4, which is valid for `promtool check metrics`.
  std::string text() const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace metrics
