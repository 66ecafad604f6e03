#include "sidecar/options_alerts.h"

#include <fmt/format.h>

#include "sampling/sampler.h"
#include "sidecar/named_limit.h"
#include "sidecar/options_flags.h"

namespace sidecar {
namespace {

base::Result<> check_disk_paths(const std::vector<std::string>& paths) {
  if (paths.size() > sampling::kDisksMax) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("--disk-path: {} are not allowed: at most {}", paths.size(),
                                  sampling::kDisksMax));
  }
  for (const std::string& path : paths) {
    if (path.starts_with('/')) continue;
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("--disk-path '{}': a path that begins with /", path));
  }
  return {};
}

}  // namespace

void alert_flags(CLI::App& app, RawAlerts& raw, AlertSettings& alerts) {
  list_flag(app, "--threshold", raw.thresholds,
            "NAME=WARNING, NAME=WARNING:CRITICAL or NAME=:CRITICAL, such as cpuPercent=70:85: "
            "above which the pod is told to be ill; may be repeated");
  app.add_option("--errors-from", raw.errors_from,
                 "which answers are errors where health is judged: 4xx, those with status 400 and "
                 "above, or 5xx")
      ->check(CLI::IsMember({"4xx", "5xx"}))
      ->capture_default_str();
  seconds_flag(app, "--alert-cooldown-seconds", raw.cooldown,
               "before the same alert is told again with the same severity");
  list_flag(app, "--operation-threshold", raw.operations,
            "NAME=MILLIS, such as queryMillis=500: above which an operation that the application "
            "reports is too slow; may be repeated");
  list_flag(app, "--encryption-target", raw.encryption,
            "NAME=N, such as fieldMillis=10 or gradeAPercent=95: what encryption may take, and "
            "which share has to keep to it; may be repeated");
  list_flag(app, "--slow-timing", raw.slow,
            "NAME=MILLIS, such as apiMillis=500: above which a timing of a browser is slow; may "
            "be repeated");
  list_flag(app, "--disk-path", alerts.disk_paths,
            "a path whose file system is watched, of several the fullest, may be repeated; "
            "default: the sidecar's own /");
  app.add_option("--samples-kept", alerts.samples_kept,
                 "samples of the pod that are kept, one every five seconds")
      ->check(CLI::Range(60, 17'280))
      ->capture_default_str();
}

base::Result<> settle_alerts(const RawAlerts& raw, AlertSettings& alerts) {
  for (const std::string& one : raw.thresholds) TRY(set_threshold(one, alerts.thresholds));
  for (const std::string& one : raw.operations) TRY(set_operation_threshold(one, alerts));
  for (const std::string& one : raw.encryption) TRY(set_encryption_target(one, alerts));
  for (const std::string& one : raw.slow) TRY(set_slow_timing(one, alerts));
  TRY(check(alerts.thresholds));
  TRY(check(alerts.encryption));
  TRY(check_disk_paths(alerts.disk_paths));
  alerts.errors_from = raw.errors_from == "5xx" ? ErrorsFrom::Server : ErrorsFrom::Client;
  alerts.cooldown = base::seconds(raw.cooldown);
  return {};
}

}  // namespace sidecar
