// What the two output streams of the program are: a person's terminal or a file. Data goes to
// stdout, diagnostics and progress to stderr; colour only on a terminal and never with NO_COLOR
// (https://no-color.org) or TERM=dumb.
#pragma once

namespace cli {

struct Stream {
  bool terminal = false;  // one that moves its cursor: not with TERM=dumb
  bool color = false;
  int columns = 100;
};

/// Looks at a file descriptor and the environment.
Stream look_at(int descriptor);

}  // namespace cli
