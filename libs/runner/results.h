// What a finished drill leaves on disk, in an order that never loses it: report.json first, then
// what is derived from it, the index (history.db) last. A full disk or a damaged history costs the
// derived parts and is said; the verdict stays.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "drill/evidence.h"
#include "drill/report.h"
#include "runner/state_dir.h"

namespace runner {

/// Writes report.json, report.html, junit.xml, history.edn and the history's row.
/// Returns what could not be written, one sentence each; empty: all of it is there.
std::vector<std::string> save_results(const StateDir& state, const DrillDir& dir,
                                      const drill::Report& report, const drill::Evidence& evidence);

/// Reads report.json of a finished drill.
/// Errors: NotFound while it has none.
base::Result<drill::Report> load_report(const DrillDir& dir);

/// 0 all met, 3 something missed, 4 inconclusive or invalid; 1 if the target could not be made
/// whole again, whatever was measured.
int exit_code(const drill::Report& report);

}  // namespace runner
