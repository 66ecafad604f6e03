#include "sidecar/limit_rule.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/node.h"
#include "api/yaml.h"

namespace sidecar {
namespace {

constexpr std::array<std::string_view, 6> kFields{"name",   "path",  "method",
                                                  "header", "value", "limits"};
constexpr std::array<std::string_view, 2> kLimitFields{"requests", "seconds"};
constexpr std::int64_t kSecondsMax = 31 * 86'400;

auto wrong(const std::string& message) {
  return base::fail(base::Code::InvalidArgument, "a rule of limits: " + message);
}

base::Result<> known(const api::Node& node, std::span<const std::string_view> fields) {
  for (const api::Entry& entry : node.entries()) {
    if (std::ranges::find(fields, entry.key) != fields.end()) continue;
    return wrong(fmt::format("no field '{}'; there are {}", entry.key, fmt::join(fields, ", ")));
  }
  return {};
}

base::Result<std::string> text_of(const api::Node& node, const char* field) {
  if (!node.has(field)) return std::string();
  const api::Node& value = node[field];
  if (!value.is_string()) return wrong(fmt::format("{}: {}, not a text", field, value.kind()));
  return value.as_string();
}

base::Result<std::int64_t> number_of(const api::Node& node, const char* field, std::int64_t most) {
  const std::int64_t value = node[field].as_int(-1);
  if (value >= 1 && value <= most) return value;
  return wrong(fmt::format("limits: {}: a whole number from 1 to {}", field, most));
}

base::Result<limit::Limit> limit_of(const api::Node& node) {
  TRY(known(node, kLimitFields));
  TRY(const std::int64_t requests, number_of(node, "requests", limit::kQuotaMax));
  TRY(const std::int64_t seconds, number_of(node, "seconds", kSecondsMax));
  return limit::Limit{static_cast<std::uint32_t>(requests), base::seconds(seconds)};
}

}  // namespace

base::Result<limit::RuleSettings> parse_limit_rule(std::string_view json) {
  TRY(const api::Node node, api::parse_json(json));
  if (!node.is_map()) return wrong(fmt::format("{} where a map belongs", node.kind()));
  TRY(known(node, kFields));
  limit::RuleSettings out;
  TRY(out.name, text_of(node, "name"));
  TRY(out.match.path, text_of(node, "path"));
  TRY(out.match.method, text_of(node, "method"));
  TRY(out.match.header, text_of(node, "header"));
  TRY(out.match.value, text_of(node, "value"));
  for (const api::Node& each : node["limits"].items()) {
    TRY(const limit::Limit one, limit_of(each));
    out.limits.push_back(one);
  }
  if (out.limits.empty()) return wrong("limits: at least one {\"requests\": …, \"seconds\": …}");
  return out;
}

}  // namespace sidecar
