#include "sidecar/options_tcp.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/sidecar_profile.h"
#include "base/check.h"
#include "sidecar/config_file.h"

namespace sidecar {
namespace {

std::optional<double> number_of(const std::string& text) {
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  return read.ec == std::errc() && read.ptr == end ? std::optional(out) : std::nullopt;
}

/// A number may be written in several ways; where there is no default, 0 is none.
bool is_default(const ConfigField& field, const CLI::Option& option, const std::string& value) {
  if (field.type == ConfigField::Type::Boolean) {
    return value != (field.given_when ? "true" : "false");
  }
  const std::string usual = option.get_default_str();
  if (value == usual) return true;
  const auto number = number_of(value);
  return number && number == (usual.empty() ? 0 : number_of(usual));
}

}  // namespace

base::Result<> fits_tcp(const CLI::App& app) {
  for (const std::string_view name : api::fields_of_requests()) {
    const auto field = std::ranges::find(config_fields(), name, &ConfigField::field);
    CHECK(field != config_fields().end());
    const CLI::Option* const option = app.get_option_no_throw(std::string(field->flag));
    CHECK(option != nullptr);
    if (option->count() == 0) continue;
    const std::string value = fmt::format("{}", fmt::join(option->reduced_results(), ", "));
    if (is_default(*field, *option, value)) continue;
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{} '{}' ({} of a profile): of no effect in mode tcp, which has "
                                  "no requests",
                                  field->flag, value, field->field));
  }
  return {};
}

}  // namespace sidecar
