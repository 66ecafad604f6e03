// What an application says that one of its users takes: a gauge whose label tells whose it is. Such
// gauges are set aside from its other figures, so that no series has a user's name.
//
//   user.memory_bytes   user.cpu_percent   user.database_connections
//
// Names with "_" in place of "." are the same. The label is "user", "user_id", "user.id" or
// "enduser.id", and its value is what the header or cookie says that names users. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "alert/user_gate.h"
#include "ingest/series_table.h"

namespace sidecar {

struct UserReport {
  std::string_view user;
  alert::Reported what = alert::Reported::Memory;
};

/// Nothing: it is a figure like any other. Lifetime: of the labels.
std::optional<UserReport> user_report_of(std::string_view name,
                                         const std::vector<ingest::RawLabel>& labels);

}  // namespace sidecar
