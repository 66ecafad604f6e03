#include "sidecar/named_limit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/yaml.h"

namespace sidecar {
namespace {

using alert::Measure;
using alert::OperationKind;

constexpr const char* kThreshold = "--threshold";
constexpr const char* kEncryptionTarget = "--encryption-target";
constexpr std::int64_t kDayMillis = 86'400'000;

// In the order of Measure.
constexpr std::array<std::string_view, alert::kMeasures> kMeasureNames{
    "cpuPercent",        "memoryPercent", "diskPercent",
    "responseP95Millis", "errorPercent",  "databaseConnectionsPercent"};

/// A whole number of milliseconds, or of per cent, and where it goes.
struct Named {
  std::string_view name;
  std::int64_t most;
  void (*put)(AlertSettings& out, std::int64_t value);
};

template <OperationKind kind>
void put_operation(AlertSettings& out, std::int64_t millis) {
  out.operations[static_cast<std::size_t>(kind)] = base::millis(millis);
}

template <base::Duration alert::EncryptionTargets::* target>
void put_target(AlertSettings& out, std::int64_t millis) {
  out.encryption.*target = base::millis(millis);
}

template <std::size_t grade>
void put_grade(AlertSettings& out, std::int64_t percent) {
  out.encryption.grades[grade] = static_cast<double>(percent);
}

template <double ingest::RumSlow::* kind>
void put_slow(AlertSettings& out, std::int64_t millis) {
  out.slow.*kind = static_cast<double>(millis);
}

constexpr auto kOperations = std::to_array<Named>({
    {"queryMillis", kDayMillis, put_operation<OperationKind::Query>},
    {"bulkMillis", kDayMillis, put_operation<OperationKind::Bulk>},
    {"encryptionMillis", kDayMillis, put_operation<OperationKind::Encryption>},
    {"decryptionMillis", kDayMillis, put_operation<OperationKind::Decryption>},
    {"realTimeUpdateMillis", kDayMillis, put_operation<OperationKind::RealTimeUpdate>},
    {"concurrentUserMillis", kDayMillis, put_operation<OperationKind::ConcurrentUser>},
    {"databaseQueryMillis", kDayMillis, put_operation<OperationKind::DatabaseQuery>},
    {"apiEndpointMillis", kDayMillis, put_operation<OperationKind::ApiEndpoint>},
});

constexpr auto kTargets = std::to_array<Named>({
    {"fieldMillis", kDayMillis, put_target<&alert::EncryptionTargets::field>},
    {"bulkMillis", kDayMillis, put_target<&alert::EncryptionTargets::bulk>},
    {"decryptionMillis", kDayMillis, put_target<&alert::EncryptionTargets::decryption>},
    {"keyRotationMillis", kDayMillis, put_target<&alert::EncryptionTargets::key_rotation>},
    {"gradeAPercent", 100, put_grade<0>},
    {"gradeBPercent", 100, put_grade<1>},
    {"gradeCPercent", 100, put_grade<2>},
    {"gradeDPercent", 100, put_grade<3>},
});

constexpr auto kSlow = std::to_array<Named>({
    {"apiMillis", kDayMillis, put_slow<&ingest::RumSlow::api>},
    {"renderMillis", kDayMillis, put_slow<&ingest::RumSlow::render>},
    {"operationMillis", kDayMillis, put_slow<&ingest::RumSlow::operation>},
    {"pageLoadMillis", kDayMillis, put_slow<&ingest::RumSlow::page_load>},
});

auto wrong(std::string_view flag, const std::string& message) {
  return base::fail(base::Code::InvalidArgument, fmt::format("{} {}", flag, message));
}

base::Result<std::pair<std::string_view, std::string_view>> split(std::string_view flag,
                                                                  std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos) return wrong(flag, fmt::format("'{}': no NAME=VALUE", text));
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number out{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole ? std::optional(out) : std::nullopt;
}

/// A limit of a map: a number, or one in quotes.
std::optional<double> number_of(const api::Node& node) {
  if (node.is_int() || node.is_double()) return node.as_double();
  return node.is_string() ? number_of<double>(node.as_string()) : std::nullopt;
}

base::Result<> set_from_map(std::string_view name, std::string_view json, alert::Threshold& out) {
  TRY(const api::Node map, api::parse_json(json));
  for (const api::Entry& entry : map.entries()) {
    const bool known = entry.key == "warning" || entry.key == "critical";
    const auto value = number_of(entry.value);
    if (!known || !value) {
      return wrong(kThreshold,
                   fmt::format("{}: {}: {}", name, entry.key,
                               known ? "a number is allowed" : "there are warning and critical"));
    }
    (entry.key == "warning" ? out.warning : out.critical) = value;
  }
  return {};
}

base::Result<> set_from_text(std::string_view name, std::string_view text, alert::Threshold& out) {
  const std::size_t colon = text.find(':');
  const std::string_view warning = text.substr(0, colon);
  const std::string_view critical = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto put = [](std::string_view number, std::optional<double>& limit) {
    if (number.empty()) return true;
    const auto value = number_of<double>(number);
    if (value) limit = value;
    return value.has_value();
  };
  const bool any = !warning.empty() || !critical.empty();
  if (any && put(warning, out.warning) && put(critical, out.critical)) return {};
  return wrong(kThreshold, fmt::format("{}: '{}' is not allowed: WARNING, WARNING:CRITICAL or "
                                       ":CRITICAL",
                                       name, text));
}

base::Result<> set_named(std::string_view flag, std::span<const Named> all, std::string_view text,
                         AlertSettings& out) {
  TRY(const auto said, split(flag, text));
  const auto& [name, number] = said;
  const auto found = std::ranges::find(all, name, &Named::name);
  if (found == all.end()) {
    std::vector<std::string_view> names;
    for (const Named& each : all) names.push_back(each.name);
    return wrong(flag, fmt::format("{}: there are {}", name, fmt::join(names, ", ")));
  }
  const auto value = number_of<std::int64_t>(number);
  if (!value || *value < 1 || *value > found->most) {
    return wrong(flag, fmt::format("{}: {} is not allowed: a whole number from 1 to {}", name,
                                   number, found->most));
  }
  found->put(out, *value);
  return {};
}

}  // namespace

std::string_view setting_name(Measure measure) {
  return kMeasureNames[alert::index(measure)];
}

base::Result<> set_threshold(std::string_view text, alert::Thresholds& out) {
  TRY(const auto said, split(kThreshold, text));
  const auto& [name, value] = said;
  const auto* const found = std::ranges::find(kMeasureNames, name);
  if (found == kMeasureNames.end()) {
    return wrong(kThreshold, fmt::format("{}: there are {}", name, fmt::join(kMeasureNames, ", ")));
  }
  alert::Threshold& threshold = out[static_cast<std::size_t>(found - kMeasureNames.begin())];
  return value.starts_with('{') ? set_from_map(name, value, threshold)
                                : set_from_text(name, value, threshold);
}

base::Result<> check(const alert::Thresholds& thresholds) {
  for (std::size_t at = 0; at < alert::kMeasures; ++at) {
    const auto measure = static_cast<Measure>(at);
    const auto judged = alert::check(measure, thresholds[at]);
    if (judged) continue;
    return wrong(kThreshold, fmt::format("{}: {}", setting_name(measure), judged.error().message));
  }
  return {};
}

base::Result<> set_operation_threshold(std::string_view text, AlertSettings& out) {
  return set_named("--operation-threshold", kOperations, text, out);
}

base::Result<> set_encryption_target(std::string_view text, AlertSettings& out) {
  return set_named(kEncryptionTarget, kTargets, text, out);
}

base::Result<> check(const alert::EncryptionTargets& targets) {
  if (std::ranges::is_sorted(targets.grades, std::ranges::greater())) return {};
  return wrong(kEncryptionTarget,
               fmt::format("gradeAPercent to gradeDPercent: {} is not allowed: none is above the "
                           "one before it",
                           fmt::join(targets.grades, ", ")));
}

base::Result<> set_slow_timing(std::string_view text, AlertSettings& out) {
  return set_named("--slow-timing", kSlow, text, out);
}

}  // namespace sidecar
