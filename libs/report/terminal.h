// The report as text: what `drill run` ends with and `drill report` prints. Plain UTF-8 in columns
// that fit the width; colour only when the caller says that a person's terminal is listening.
#pragma once

#include <string>

#include "drill/report.h"

namespace report {

/// A file or a pipe has no right edge to cut a table at.
inline constexpr int kNoEdge = 10'000;

struct TerminalOptions {
  bool color = false;
  int columns = 100;      // 60 is the least that is laid out well
  std::string html_path;  // named in the last line; empty: nothing is said
  bool edge = true;       // false: a file or a pipe

  int table_columns() const { return edge ? columns : kNoEdge; }
};

std::string terminal(const drill::Report& report, const TerminalOptions& options);

}  // namespace report
