#include "net/header_file.h"

#include <fmt/format.h>

namespace net {

base::Result<std::pair<std::string, std::string>> parse_header_file(const std::string& text) {
  const std::size_t mark = text.find('=');
  if (mark == std::string::npos || mark == 0 || mark + 1 == text.size()) {
    return base::fail(base::Code::InvalidArgument, fmt::format("'{}': NAME=FILE", text));
  }
  return std::pair(text.substr(0, mark), text.substr(mark + 1));
}

}  // namespace net
