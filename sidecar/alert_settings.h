// From which limits on something is told of the pod, of its traffic, of what the application and
// browsers report. Each has the default of what it is about (alert/, ingest/); limits may change
// while the sidecar serves, and are then for the next look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "alert/encryption.h"
#include "alert/operations.h"
#include "alert/thresholds.h"
#include "base/time.h"
#include "ingest/rum.h"

namespace sidecar {

/// Which answers are errors where a pod's health is judged.
enum class ErrorsFrom : std::uint8_t {
  Client,  // status 400 and above: also what clients do wrong, and what limits refuse
  Server   // status 500 and above
};

struct AlertSettings {
  alert::Thresholds thresholds = alert::default_thresholds();
  ErrorsFrom errors_from = ErrorsFrom::Client;
  alert::OperationThresholds operations = alert::default_operation_thresholds();
  alert::EncryptionTargets encryption;
  ingest::RumSlow slow;
  base::Duration cooldown = base::seconds(300);  // between two notices of an alert and severity
  std::vector<std::string> disk_paths;           // empty: the sidecar's own root
  std::size_t samples_kept = 1000;               // one every five seconds
};

}  // namespace sidecar
