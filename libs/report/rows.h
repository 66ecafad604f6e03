// `drill list` and `drill show` in the form the user asked for: a table for people, JSON and YAML
// for programs. JSON and YAML carry the same fields; every YAML string is quoted, because plain
// scalars such as `no` and `1e3` change their type on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drill/summary.h"
#include "report/terminal.h"

namespace report {

enum class Format { Table, Json, Yaml };

enum class DrillState : std::uint8_t {
  Running,
  Finished,       // it has a report, and nothing is left to undo
  NeedsRecovery,  // it died, or could not undo everything
  NoReport,       // it ended without one, e.g. because the disk was full
};
/// "Running" …
const char* name(DrillState state);

/// A drill as `drill list` shows it.
struct ListedDrill {
  drill::Summary summary;  // without a report: id, plan, profile and start alone
  DrillState state = DrillState::Finished;
  bool has_report = true;
  std::string phase;  // of a running one
  std::optional<drill::Duration> elapsed;
  std::string note;  // what to know or to do; empty: nothing
};

/// "table", "json" or "yaml"; nothing for any other word.
std::optional<Format> format_of(std::string_view word);

/// The drills in the order given; a table says so when there are none.
std::string list(const std::vector<ListedDrill>& drills, Format format,
                 const TerminalOptions& options);

/// One drill: the terminal report, or the whole document of report/json.h as JSON or YAML.
std::string show(const drill::Report& report, Format format, const TerminalOptions& options);

/// Any JSON text as block YAML.
/// Errors: InvalidArgument when it is not JSON.
base::Result<std::string> yaml_of_json(std::string_view json);

}  // namespace report
