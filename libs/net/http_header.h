// Fields of an HTTP message, in the order in which they came.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace net {

struct HttpHeader {
  std::string name, value;
};

/// Whatever its case; the first of several. Null: there is none.
const std::string* find_header(const std::vector<HttpHeader>& headers, std::string_view name);

}  // namespace net
