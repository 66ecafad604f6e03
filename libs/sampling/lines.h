// Files of the kernel are lines of words. This walks one without copying and without allocating,
// and knows where it stands, so that a complaint names the file and the line: "io.stat:3:
// 'rbytes=x': no number". A parser here refuses what it does not understand of the fields that it
// uses and skips the fields that it does not use: kernels add fields, and none of them ever changed
// one.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace sampling {

class Lines {
 public:
  /// Lifetime: both texts outlive the walk.
  Lines(const char* file, std::string_view text) : file_(file), rest_(text) {}

  /// Goes to the next line that is not empty; false when there is none.
  bool next();
  /// The next word of this line; empty at its end.
  std::string_view word();
  /// What is left of this line.
  std::string_view rest_of_line() const { return line_; }
  /// Leaves out so many characters of this line.
  void skip(std::size_t count) { line_.remove_prefix(count < line_.size() ? count : line_.size()); }
  int number() const { return number_; }

  /// The next word as a number. Errors: DataLoss.
  base::Result<std::uint64_t> take_number();
  /// Errors: DataLoss when this is anything but a number of 64 bits.
  base::Result<std::uint64_t> number_of(std::string_view word) const;
  /// "file:line: 'word': what".
  tl::unexpected<base::Error> broken(std::string_view word, const char* what) const;
  /// "file: what", where no line is to blame.
  tl::unexpected<base::Error> lacking(const char* what) const;

 private:
  const char* file_;
  std::string_view rest_;
  std::string_view line_;
  int number_ = 0;
};

/// Without the spaces at both ends.
std::string_view trimmed(std::string_view text);

/// "key=value" of io.stat and the pressure files; the value is empty when there is no '='.
struct Pair {
  std::string_view key;
  std::string_view value;
};
Pair pair_of(std::string_view word);

}  // namespace sampling
