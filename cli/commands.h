// One function per command: takes its options and the program's streams, returns the exit code.
// Data goes to `out`, diagnostics and progress to `err`.
#pragma once

#include <cstdio>

#include "base/result.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/rows.h"

namespace cli {

struct Console {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  Stream out_stream;
  Stream err_stream;
};

Exit run(const DrillRun& command, const Global& global, Console& console);
Exit run(const DrillList& command, const Global& global, Console& console);
Exit run(const DrillShow& command, const Global& global, Console& console);
Exit run(const DrillWatch& command, const Global& global, Console& console);
Exit run(const DrillAbort& command, const Global& global, Console& console);
Exit run(const DrillReport& command, const Global& global, Console& console);
Exit run(const DrillRecover& command, const Global& global, Console& console);
Exit run(const ScheduleRun& command, const Global& global, Console& console);
Exit run(const ScheduleNext& command, const Global& global, Console& console);
Exit run(const ScheduleList& command, const Global& global, Console& console);
Exit run(const Stop& command, const Global& global, Console& console);
Exit run(const Validate& command, const Global& global, Console& console);
Exit run(const Version& command, const Global& global, Console& console);
Exit run(const Completion& command, const Global& global, Console& console);
Exit run(const System& command, const Global& global, Console& console);
Exit run(const Schema& command, const Global& global, Console& console);
Exit run(const Relay& command, const Global& global, Console& console);
Exit run(const Responder& command, const Global& global, Console& console);

/// "error: message" on stderr; Usage for InvalidArgument, else Error.
Exit failed(Console& console, const base::Error& error);
void print(std::FILE* stream, const std::string& text);
/// The renderer's word for what -o chose.
report::Format format_of(Output output);

}  // namespace cli
