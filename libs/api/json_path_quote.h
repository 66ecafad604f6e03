// Texts in quotes within a JSONPath template (api/json_path.h): where they are, and what they say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace api {

inline bool is_quote(char c) {
  return c == '"' || c == '\'';
}

/// Told of one character after the other, says which are within quotes; the quotes are.
class Quotes {
 public:
  bool within(char c) {
    if (quote_ == 0) {
      if (is_quote(c)) quote_ = c;
      return quote_ != 0;
    }
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == quote_) {
      quote_ = 0;
    }
    return true;
  }

 private:
  char quote_ = 0;
  bool escaped_ = false;
};

/// The text whose first quote is at `at`, which is then behind the last. Escapes are those of Go's
/// texts that people write. Errors: InvalidArgument, and `at` is where it is wrong.
base::Result<std::string> read_quoted(std::string_view text, std::size_t& at);

}  // namespace api
