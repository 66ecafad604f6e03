#include "sidecar/user_report.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sidecar {
namespace {

constexpr std::array<std::pair<std::string_view, alert::Reported>, alert::kReportedCount> kNames{
    {{"user.memory_bytes", alert::Reported::Memory},
     {"user.cpu_percent", alert::Reported::Cpu},
     {"user.database_connections", alert::Reported::DatabaseConnections}}};
constexpr std::array<std::string_view, 4> kLabels{"user", "user_id", "user.id", "enduser.id"};

bool same(std::string_view one, std::string_view other) {
  const auto plain = [](char c) { return c == '.' ? '_' : c; };
  return std::ranges::equal(one, other, {}, plain, plain);
}

}  // namespace

std::optional<UserReport> user_report_of(std::string_view name,
                                         const std::vector<ingest::RawLabel>& labels) {
  const auto* const known =
      std::ranges::find_if(kNames, [name](const auto& row) { return same(row.first, name); });
  if (known == kNames.end()) return std::nullopt;
  for (const auto& [label, value] : labels) {
    if (value.empty()) continue;
    if (std::ranges::find(kLabels, label) != kLabels.end()) return UserReport{value, known->second};
  }
  return std::nullopt;
}

}  // namespace sidecar
