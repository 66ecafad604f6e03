#include "operator/injection_profile.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "api/field_text.h"
#include "operator/injection_admin_tls.h"

namespace op {
namespace {

constexpr std::size_t kNameMax = 253;

constexpr double kKilo = 1000, kKibi = 1024;
constexpr auto kSuffixes =
    std::to_array<std::pair<std::string_view, double>>({{"", 1},
                                                        {"n", 1e-9},
                                                        {"u", 1e-6},
                                                        {"m", 0.001},
                                                        {"k", kKilo},
                                                        {"M", kKilo* kKilo},
                                                        {"G", kKilo* kKilo* kKilo},
                                                        {"T", kKilo* kKilo* kKilo* kKilo},
                                                        {"P", 1e15},
                                                        {"E", 1e18},
                                                        {"Ki", kKibi},
                                                        {"Mi", kKibi* kKibi},
                                                        {"Gi", kKibi* kKibi* kKibi},
                                                        {"Ti", kKibi* kKibi* kKibi* kKibi},
                                                        {"Pi", 0x1p50},
                                                        {"Ei", 0x1p60}});

base::Result<double> amount(const char* field, const std::string& text) {
  auto out = parse_quantity(text);
  if (out && *out > 0) return out;
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("resources.{}: '{}' is not allowed: a quantity "
                                "above 0 is, such as 100m or 64Mi",
                                field, text));
}

base::Result<> check_pair(const char* what, const std::string& request, const std::string& limit) {
  double least = 0;
  const std::string of_requests = fmt::format("requests.{}", what);
  const std::string of_limits = fmt::format("limits.{}", what);
  if (!request.empty()) {
    TRY(least, amount(of_requests.c_str(), request));
  }
  if (limit.empty()) return {};
  TRY(const double most, amount(of_limits.c_str(), limit));
  if (least <= most) return {};
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("resources.{}: {} is above {}: {}", of_requests, request, of_limits, limit));
}

}  // namespace

base::Result<> check_profile_name(std::string_view name) {
  const auto wrong = [&] {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("'{}' is no name of a SidecarProfile: lower-case letters, digits, '-' and '.' "
                    "are allowed",
                    name));
  };
  if (api::sidecar_config_map(name).size() > kNameMax) return wrong();
  for (std::string_view rest = name;;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    if (!api::is_label(rest.substr(0, dot))) return wrong();
    if (dot == rest.size()) return {};
    rest.remove_prefix(dot + 1);
  }
}

base::Result<> check_resources(const api::SidecarResources& resources) {
  TRY(check_pair("cpu", resources.cpu_request, resources.cpu_limit));
  return check_pair("memory", resources.memory_request, resources.memory_limit);
}

base::Result<api::SidecarInjection> injection_of(const api::Node& profile,
                                                 const api::SidecarResources& ours) {
  TRY(api::SidecarInjection out, api::sidecar_injection(profile));
  const api::Node& written = profile["spec"]["injection"]["resources"];
  const auto amount_of = [&](const char* which, const char* what, const std::string& our,
                             std::string& amount) {
    if (!written[which].has(what)) amount = our;
  };
  amount_of("requests", "cpu", ours.cpu_request, out.resources.cpu_request);
  amount_of("requests", "memory", ours.memory_request, out.resources.memory_request);
  amount_of("limits", "cpu", ours.cpu_limit, out.resources.cpu_limit);
  amount_of("limits", "memory", ours.memory_limit, out.resources.memory_limit);
  TRY(check_resources(out.resources));
  if (!out.admin_tls) return out;
  if (const auto checked = check_admin_tls(*out.admin_tls); !checked) {
    return tl::unexpected(checked.error().with("adminTls"));
  }
  return out;
}

base::Result<double> parse_quantity(std::string_view text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view digits(text.data(), read.ptr);
  const std::string_view suffix = text.substr(digits.size());
  const auto* const found =
      std::ranges::find(kSuffixes, suffix, &std::pair<std::string_view, double>::first);
  const bool begins_with_digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
  const bool one_scale = suffix.empty() || digits.find_first_of("eE") == std::string_view::npos;
  if (read.ec != std::errc() || found == kSuffixes.end() || !begins_with_digit || !one_scale) {
    return base::fail(base::Code::InvalidArgument, fmt::format("'{}' is no quantity", text));
  }
  return number * found->second;
}

}  // namespace op
