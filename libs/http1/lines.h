// The lines of a head, from where the last look ended: what requests and responses share. A line is
// judged when its LF is there and not before, so that the answer is the same wherever the bytes
// were cut; and a head that comes in one piece is gone through once.
#pragma once

#include <string_view>

#include "http1/head.h"

namespace http1 {

class LineReader {
 public:
  /// `answer`: the head of a response, whose refusals are all 502.
  LineReader(std::string_view buffer, const Limits& limits, Progress& progress, Refusal& why,
             bool answer);

  /// Passes over one empty line before a request.
  Parse skip_empty_line();
  /// The first line without its CRLF, judged for its length and end only. More: not whole yet.
  /// Nothing to do when it was seen before: Done, and `line` is empty.
  Parse start_line(std::string_view& line);
  /// The field lines that were not whole before, into out.fields, up to the empty line.
  Parse field_lines(Head& out);
  /// Sets what of `out` says where the head lies, after all its lines were read by this reader.
  void finish(Head& out) const;
  Parse refuse(int status, const char* why);

 private:
  Parse field_line(const char*& at, Head& out);
  Parse not_yet(const char* line);
  Parse bad(const char* line, const char* at, const char* why);
  const char* begin() const { return window_.data(); }
  const char* end() const { return window_.data() + window_.size(); }

  std::string_view window_;  // of the buffer, what a head may be at most
  const Limits& limits_;
  Progress& progress_;
  Refusal& why_;
  bool full_;  // the window cannot grow
  bool answer_;
};

/// Lets `walk` read on from where the last look ended. A head that came in pieces is read once more
/// when it is whole: what the views of its first pieces pointed to may have moved.
template <class Out>
Parse read_head(LineReader& lines, Progress& progress, Out& out, Parse (*walk)(LineReader&, Out&)) {
  const bool in_one_piece = progress.looked == 0;
  Parse state = walk(lines, out);
  if (state == Parse::Done && !in_one_piece) {
    progress = {};
    state = walk(lines, out);
  }
  if (state == Parse::Done) {
    lines.finish(out);
    progress = {};
  }
  return state;
}

}  // namespace http1
