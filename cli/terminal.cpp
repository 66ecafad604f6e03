#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "aio/file.h"

namespace cli {

Stream look_at(int descriptor) {
  Stream out;
  out.terminal = isatty(descriptor) == 1;
  if (!out.terminal) return out;
  out.color = aio::env_or("NO_COLOR", "").empty() && aio::env_or("TERM", "dumb") != "dumb";
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) out.columns = size.ws_col;
  return out;
}

}  // namespace cli
