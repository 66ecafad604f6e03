#include "cli/terminal.h"

#include <algorithm>
#include <sys/ioctl.h>
#include <unistd.h>

#include "aio/file.h"

namespace cli {
namespace {

constexpr int kColumnsMin = 20;

}  // namespace

Stream look_at(int descriptor) {
  Stream out;
  if (isatty(descriptor) != 1) return out;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    out.columns = std::max<int>(size.ws_col, kColumnsMin);
  }
  // A dumb terminal, such as an editor's, prints an escape sequence instead of obeying it.
  out.terminal = aio::env_or("TERM", "dumb") != "dumb";
  out.color = out.terminal && aio::env_or("NO_COLOR", "").empty();
  return out;
}

}  // namespace cli
