// One function per command: takes its options and the program's streams, returns the exit code.
// Data goes to `out`, diagnostics and progress to `err`. A write of data that fails is noted, so
// that a full disk behind `>` ends a command with an error and not with half a report and a 0.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/trust.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/rows.h"

namespace cli {

struct Console {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  Stream out_stream;
  Stream err_stream;
  int out_error = 0;  // errno of the first write of data that failed

  /// Writes to `out`; after a failure nothing more.
  void data(const std::string& text);
  /// Writes to `err`, for what it is worth.
  void note(const std::string& text) const;
  /// How a report is laid out on `out`. `html_path`: the page to name; empty: none.
  report::TerminalOptions layout(const std::string& html_path = {}) const;
};

/// The exit code when every write is done: that of the command, or Error, said on stderr, when
/// data could not be written. A reader that went away (`| head`) is no error.
Exit finish(Console& console, Exit exit);

Exit run(const DrillRun& command, const Global& global, Console& console);
Exit run(const DrillList& command, const Global& global, Console& console);
Exit run(const DrillShow& command, const Global& global, Console& console);
Exit run(const DrillWatch& command, const Global& global, Console& console);
Exit run(const DrillAbort& command, const Global& global, Console& console);
Exit run(const DrillApprove& command, const Global& global, Console& console);
Exit run(const DrillReport& command, const Global& global, Console& console);
Exit run(const DrillRecover& command, const Global& global, Console& console);
Exit run(const Compliance& command, const Global& global, Console& console);
Exit run(const ScheduleRun& command, const Global& global, Console& console);
Exit run(const ScheduleNext& command, const Global& global, Console& console);
Exit run(const ScheduleList& command, const Global& global, Console& console);
Exit run(const Stop& command, const Global& global, Console& console);
Exit run(const Validate& command, const Global& global, Console& console);
Exit run(const Version& command, const Global& global, Console& console);
Exit run(const Completion& command, const Global& global, Console& console);
Exit run(const Complete& command, const Global& global, Console& console);
Exit run(const System& command, const Global& global, Console& console);
Exit run(const Verify& command, const Global& global, Console& console);
Exit run(const Keys& command, const Global& global, Console& console);
Exit run(const Audit& command, const Global& global, Console& console);
Exit run(const Schema& command, const Global& global, Console& console);
Exit run(const Relay& command, const Global& global, Console& console);
Exit run(const Responder& command, const Global& global, Console& console);
Exit run(const Guardian& command, const Global& global, Console& console);
Exit run(const Vantage& command, const Global& global, Console& console);

Exit run(const ClusterRun& command, const Global& global, Console& console);
Exit run(const ClusterWatch& command, const Global& global, Console& console);
Exit run(const ClusterAbort& command, const Global& global, Console& console);
Exit run(const ClusterApprove& command, const Global& global, Console& console);
Exit run(const ClusterStatus& command, const Global& global, Console& console);
Exit run(const ClusterReport& command, const Global& global, Console& console);
Exit run(const ClusterVerify& command, const Global& global, Console& console);
Exit run(const ClusterNamespace& command, const Global& global, Console& console);

/// Public keys that count: those of a file, or, where there is none, this machine's own.
/// Errors: InvalidArgument for a file that cannot be used.
base::Result<std::vector<bundle::TrustedKey>> trust_of(const std::string& file,
                                                       const Global& global);
/// What commands for a cluster are called: "kubectl muster" or "muster cluster".
const char* cluster_program(const Global& global);
/// "error: message" on stderr; Usage for InvalidArgument, else Error.
Exit failed(Console& console, const base::Error& error);
/// The renderer's word for what -o chose.
report::Format format_of(Output output);

}  // namespace cli
