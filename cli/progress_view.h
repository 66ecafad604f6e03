// The live view of a drill. On a terminal a block that is redrawn in place: phase, elapsed against
// the objectives, health of each stream, last events. Elsewhere plain lines, one per event and
// change of phase, so that logs of a pipeline stay readable.
// Pure: frames and lines are strings; the caller writes them.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"
#include "runner/status.h"

namespace cli {

/// The block for a terminal, without cursor movement; each line fits `columns`.
std::vector<std::string> progress_block(const runner::DrillStatus& status, const Stream& stream);

/// Turns successive states into what is to be written.
class ProgressView {
 public:
  explicit ProgressView(Stream stream) : stream_(stream) {}

  /// What to write for this state; often empty on a plain stream.
  std::string show(const runner::DrillStatus& status);
  /// What ends the view: the block stays as it is, the cursor below it.
  std::string end();

 private:
  std::string redraw(const runner::DrillStatus& status);
  std::string lines(const runner::DrillStatus& status);

  Stream stream_;
  std::size_t drawn_ = 0;       // lines of the last block
  std::int64_t last_told_ = 0;  // number of the last event written
  std::string phase_;           // in which that was
};

}  // namespace cli
