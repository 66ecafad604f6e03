// Limits by name, as flags say them and as maps of the configuration file become flags:
//
//   --threshold cpuPercent=70:85           thresholds: {cpuPercent: {warning: 70, critical: 85}}
//   --threshold diskPercent=:95            thresholds: {diskPercent: {critical: 95}}
//   --operation-threshold queryMillis=50   operationThresholds: {queryMillis: 50}
//
// What is not said keeps what it had, which is the default or what was said before. Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "sidecar/alert_settings.h"

namespace sidecar {

/// The word of a measure among the settings: "cpuPercent", "memoryPercent", "diskPercent",
/// "responseP95Millis", "errorPercent", "databaseConnectionsPercent".
std::string_view setting_name(alert::Measure measure);

/// "NAME=WARNING", "NAME=WARNING:CRITICAL", "NAME=:CRITICAL", and with a map in JSON behind the
/// name. Errors: InvalidArgument, naming the flag, the name, the value and what is allowed. What is
/// allowed together, a warning and what is critical, is for check() to say.
base::Result<> set_threshold(std::string_view text, alert::Thresholds& out);
/// Errors: InvalidArgument, naming the threshold.
base::Result<> check(const alert::Thresholds& thresholds);

/// "queryMillis=500", and the others of `operationThresholds`. Errors: as above.
base::Result<> set_operation_threshold(std::string_view text, AlertSettings& out);
/// "fieldMillis=10", "gradeAPercent=95", and the others of `encryptionTargets`.
base::Result<> set_encryption_target(std::string_view text, AlertSettings& out);
/// Errors: InvalidArgument: a grade that asks for more than a better one.
base::Result<> check(const alert::EncryptionTargets& targets);
/// "apiMillis=500", and the others of `slowTimings`.
base::Result<> set_slow_timing(std::string_view text, AlertSettings& out);

}  // namespace sidecar
