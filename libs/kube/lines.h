// Cuts a stream of bytes into lines, without copying those that came in one piece. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace kube {

class Lines {
 public:
  /// False: enough.
  using Sink = std::function<bool(std::string_view)>;
  struct Options {
    std::size_t bytes_max = std::size_t{64} << 20U;  // of a line
    bool keep_empty = false;
  };

  Lines(Sink line, Options options) : line_(std::move(line)), options_(options) {}

  /// Hands out the lines that end in it. False: the sink has enough, or a line is too long.
  bool take(std::string_view bytes);
  /// Hands out what came after the last line end, if anything did.
  void end();
  /// A line was too long.
  bool too_long() const { return too_long_; }

 private:
  bool hand_out(std::string_view line);

  Sink line_;
  Options options_;
  std::string rest_;
  bool too_long_ = false;
};

}  // namespace kube
