// What the streams of the program get: data that must arrive, notes for what they are worth.
#include <cerrno>
#include <cstring>

#include "cli/commands.h"

namespace cli {

void Console::data(const std::string& text) {
  if (out_error != 0) return;
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (!written || std::fflush(out) != 0) out_error = errno != 0 ? errno : EIO;
}

void Console::note(const std::string& text) const {
  std::fwrite(text.data(), 1, text.size(), err);
  std::fflush(err);
}

report::TerminalOptions Console::layout(const std::string& html_path) const {
  report::TerminalOptions options;
  options.color = out_stream.color;
  options.columns = out_stream.columns;
  options.edge = out_stream.terminal;
  options.html_path = html_path;
  return options;
}

Exit finish(Console& console, Exit exit) {
  if (console.out_error == 0 || console.out_error == EPIPE) return exit;
  console.note(std::string("error: cannot write to standard output: ") +
               std::strerror(console.out_error) + "\n");
  return Exit::Error;
}

Exit failed(Console& console, const base::Error& error) {
  std::string message = error.message;
  while (message.ends_with('\n')) message.pop_back();
  console.note("error: " + message + "\n");
  return error.code == base::Code::InvalidArgument ? Exit::Usage : Exit::Error;
}

report::Format format_of(Output output) {
  switch (output) {
    case Output::Json: return report::Format::Json;
    case Output::Yaml: return report::Format::Yaml;
    case Output::Table: return report::Format::Table;
  }
  return report::Format::Table;
}

}  // namespace cli
