#include "report/rows.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "report/columns.h"
#include "report/json.h"
#include "report/markup.h"
#include "report/stamps.h"
#include "report/words.h"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const drill::Bounds& bounds) {
  return {{"lowerSeconds", seconds_of(bounds.lower)},
          {"upperSeconds", bounds.upper ? Json(seconds_of(*bounds.upper)) : Json(nullptr)},
          {"unbounded", !bounds.upper}};
}

Json json_of(const std::optional<drill::Bounds>& bounds) {
  return bounds ? json_of(*bounds) : Json(nullptr);
}

Json json_of(const std::optional<std::uint64_t>& count) {
  return count ? Json(*count) : Json(nullptr);
}

Json json_of(const drill::ObjectiveSummary& objective) {
  return {{"objectiveSeconds", seconds_of(objective.objective)},
          {"userVisible", json_of(objective.user_visible)},
          {"service", json_of(objective.service)},
          {"verdict", name(objective.verdict)}};
}

Json json_of(const drill::Summary& row) {
  Json phases = Json::array();
  for (const auto& phase : row.phases) {
    phases.push_back({{"name", phase.name},
                      {"tookSeconds", phase.took ? Json(seconds_of(*phase.took)) : Json(nullptr)},
                      {"targetSeconds", seconds_of(phase.target)}});
  }
  return {{"drillId", row.drill_id},
          {"plan", row.plan},
          {"profile", row.profile},
          {"mode", row.mode},
          {"started", utc_nanos(row.started)},
          {"finished", utc_nanos(row.finished)},
          {"verdict", name(row.verdict)},
          {"ending", name(row.ending)},
          {"reason", row.reason},
          {"rto", json_of(row.rto)},
          {"rpo", json_of(row.rpo)},
          {"overrides", row.overrides},
          {"specDigest", row.spec_digest},
          {"rpoRecords", json_of(row.rpo_records)},
          {"acked", row.acked},
          {"lost", json_of(row.lost)},
          {"unknown", row.unknown},
          {"score", row.score},
          {"phases", phases},
          {"directory", row.directory}};
}

std::string dumped(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// JSON scalars are YAML scalars as they are; strings stay double-quoted.
std::string scalar(const Json& value) {
  return value.is_structured() ? (value.is_array() ? "[]" : "{}") : dumped(value, -1);
}

bool is_plain_key(const std::string& key) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  // Words that YAML 1.1 reads as booleans or null stay quoted.
  for (const char* word : {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}) {
    if (key == word) return false;
  }
  return !key.empty() && std::ranges::all_of(key, is_letter) && key[0] >= 'a';
}

void yaml(const Json& value, std::size_t indent, std::string& out) {
  const std::string pad(indent, ' ');
  const auto child = [&](const Json& item, std::size_t deeper) {
    if (item.is_structured() && !item.empty()) {
      out += "\n";
      yaml(item, deeper, out);
    } else {
      out += " " + scalar(item) + "\n";
    }
  };
  if (value.is_array()) {
    for (const Json& item : value) {
      if (item.is_structured() && !item.empty()) {
        std::string inner;
        yaml(item, indent + 2, inner);
        out += pad + "- " + inner.substr(indent + 2);
      } else {
        out += pad + "- " + scalar(item) + "\n";
      }
    }
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      out += pad + (is_plain_key(key) ? key : dumped(Json(key), -1)) + ":";
      child(item, indent + 2);
    }
  }
}

std::string yaml_text(const Json& value) {
  if (!value.is_structured() || value.empty()) return scalar(value) + "\n";
  std::string out;
  yaml(value, 0, out);
  return out;
}

std::string table(const std::vector<drill::Summary>& rows, const TerminalOptions& options) {
  if (rows.empty()) return "no drills yet\n";
  Columns columns({"drill", "started", "verdict", "RTO", "RPO", ">lost", ">score", "why"});
  for (const drill::Summary& row : rows) {
    columns.row(
        {{row.drill_id},
         {base::rfc3339(row.started).substr(0, 16)},
         {std::string(mark(row.verdict)) + " " + in_words(row.verdict), color_of(row.verdict)},
         {in_words(row.rto.service), color_of(row.rto.verdict)},
         {in_words(row.rpo.service), color_of(row.rpo.verdict)},
         {found(row.lost)},
         {number(row.score)},
         {row.reason}});
  }
  return columns.text(options.columns, options.color);
}

}  // namespace

std::optional<Format> format_of(std::string_view word) {
  if (word == "table") return Format::Table;
  if (word == "json") return Format::Json;
  if (word == "yaml") return Format::Yaml;
  return std::nullopt;
}

std::string list(const std::vector<drill::Summary>& rows, Format format,
                 const TerminalOptions& options) {
  if (format == Format::Table) return table(rows, options);
  Json all = Json::array();
  for (const drill::Summary& row : rows) all.push_back(json_of(row));
  return format == Format::Json ? dumped(all, 2) + "\n" : yaml_text(Json::parse(dumped(all, -1)));
}

std::string show(const drill::Report& report, Format format, const TerminalOptions& options) {
  switch (format) {
    case Format::Table: return terminal(report, options);
    case Format::Json: return to_json(report);
    case Format::Yaml: return yaml_text(Json::parse(to_json(report)));
  }
  return "";
}

base::Result<std::string> yaml_of_json(std::string_view json) {
  const Json value = Json::parse(json, nullptr, false);
  if (value.is_discarded()) return base::fail(base::Code::InvalidArgument, "not JSON");
  return yaml_text(value);
}

}  // namespace report
