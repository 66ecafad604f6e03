#include "report/rows.h"

#include <algorithm>
#include <utility>

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
  return {{"objectiveSeconds",
           objective.objective ? Json(seconds_of(*objective.objective)) : Json(nullptr)},
          {"userVisible", json_of(objective.user_visible)},
          {"service", json_of(objective.service)},
          {"verdict", objective.verdict ? Json(name(*objective.verdict)) : Json(nullptr)}};
}

/// Every drill has every field; what is not known yet is null.
Json json_of(const ListedDrill& drill) {
  const drill::Summary& row = drill.summary;
  const auto known = [&](Json value) {
    return drill.has_report ? std::move(value) : Json(nullptr);
  };
  Json phases = Json::array();
  for (const auto& phase : row.phases) {
    phases.push_back({{"name", phase.name},
                      {"tookSeconds", phase.took ? Json(seconds_of(*phase.took)) : Json(nullptr)},
                      {"targetSeconds", seconds_of(phase.target)}});
  }
  return {{"drillId", row.drill_id},
          {"state", name(drill.state)},
          {"phase", drill.phase.empty() ? Json(nullptr) : Json(drill.phase)},
          {"elapsedSeconds", drill.elapsed ? Json(seconds_of(*drill.elapsed)) : Json(nullptr)},
          {"note", drill.note},
          {"plan", row.plan},
          {"profile", row.profile},
          {"mode", known(row.mode)},
          {"started", utc_nanos(row.started)},
          {"finished", known(utc_nanos(row.finished))},
          {"verdict", known(name(row.verdict))},
          {"ending", known(name(row.ending))},
          {"reason", known(row.reason)},
          {"rto", known(json_of(row.rto))},
          {"rpo", known(json_of(row.rpo))},
          {"overrides", known(row.overrides)},
          {"specDigest", known(row.spec_digest)},
          {"rpoRecords", known(json_of(row.rpo_records))},
          {"acked", known(row.acked)},
          {"lost", known(json_of(row.lost))},
          {"unknown", known(row.unknown)},
          {"score", known(row.score)},
          {"phases", known(phases)},
          {"directory", row.directory}};
}

std::string dumped(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// JSON scalars are YAML scalars as they are; strings stay double-quoted.
std::string scalar(const Json& value) {
  if (value.is_structured()) return value.is_array() ? "[]" : "{}";
  std::string text = dumped(value, -1);
  // "4e-05" is a number of JSON, and a word to readers of YAML 1.1.
  const std::size_t exponent = value.is_number_float() ? text.find('e') : std::string::npos;
  if (exponent != std::string::npos && text.find('.') == std::string::npos) {
    text.insert(exponent, ".0");
  }
  return text;
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

/// What a drill without a report shows in the column of verdicts.
Cell state_cell(const ListedDrill& drill) {
  switch (drill.state) {
    case DrillState::Running: return {"▸ running", Color::Bold};
    case DrillState::NeedsRecovery: return {"✗ died", Color::Red};
    case DrillState::NoReport: return {"? no report", Color::Yellow};
    case DrillState::Finished: break;
  }
  return {};
}

/// The note first: it is about what to do now.
std::string why(const ListedDrill& drill) {
  const std::string& reason = drill.summary.reason;
  return drill.note + (drill.note.empty() || reason.empty() ? "" : "; ") + reason;
}

/// Which columns a screen has room for beside an id, which is there to be copied and never cut.
enum class Room { Least, Little, Some, Full };

Room room_in(int columns) {
  if (columns < 60) return Room::Least;
  if (columns < 80) return Room::Little;
  return columns < 130 ? Room::Some : Room::Full;
}

std::vector<Cell> cells_of(const ListedDrill& drill) {
  const drill::Summary& row = drill.summary;
  const std::string started = base::rfc3339(row.started).substr(0, 16);
  if (!drill.has_report) {
    return {{row.drill_id}, state_cell(drill), {}, {}, {why(drill)}, {started}, {}, {}};
  }
  return {{row.drill_id},
          {std::string(mark(row.verdict)) + " " + in_words(row.verdict), color_of(row.verdict)},
          {in_words(row.rto), color_of(row.rto.verdict)},
          {in_words(row.rpo), color_of(row.rpo.verdict)},
          {why(drill)},
          {started},
          {found(row.lost)},
          {number(row.score)}};
}

std::string table(const std::vector<ListedDrill>& drills, const TerminalOptions& options) {
  if (drills.empty()) return "no drills yet\n";
  enum Column : std::size_t { Id, Verdict, Rto, Rpo, Why, Started, Lost, Score };
  static const char* const kTitles[] = {"=drill", "=verdict", "RTO",   "RPO",
                                        "why",    "started",  ">lost", ">score"};
  std::vector<Column> chosen;
  switch (room_in(options.table_columns())) {
    case Room::Least: chosen = {Id, Verdict}; break;
    case Room::Little: chosen = {Id, Verdict, Rto}; break;
    case Room::Some: chosen = {Id, Verdict, Rto, Rpo, Why}; break;
    case Room::Full: chosen = {Id, Started, Verdict, Rto, Rpo, Lost, Score, Why}; break;
  }
  std::vector<std::string> titles;
  for (const Column column : chosen) titles.emplace_back(kTitles[column]);
  Columns columns(std::move(titles));
  for (const ListedDrill& drill : drills) {
    std::vector<Cell> all = cells_of(drill);
    std::vector<Cell> cells;
    for (const Column column : chosen) cells.push_back(std::move(all[column]));
    columns.row(std::move(cells));
  }
  return columns.text(options.table_columns(), options.color);
}

}  // namespace

std::optional<Format> format_of(std::string_view word) {
  if (word == "table") return Format::Table;
  if (word == "json") return Format::Json;
  if (word == "yaml") return Format::Yaml;
  return std::nullopt;
}

const char* name(DrillState state) {
  switch (state) {
    case DrillState::Running: return "Running";
    case DrillState::Finished: return "Finished";
    case DrillState::NeedsRecovery: return "NeedsRecovery";
    case DrillState::NoReport: return "NoReport";
  }
  return "?";
}

std::string list(const std::vector<ListedDrill>& drills, Format format,
                 const TerminalOptions& options) {
  if (format == Format::Table) return table(drills, options);
  Json all = Json::array();
  for (const ListedDrill& drill : drills) all.push_back(json_of(drill));
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
