#include "net/http_header.h"

#include <algorithm>

namespace net {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

const std::string* find_header(const std::vector<HttpHeader>& headers, std::string_view name) {
  const auto it = std::find_if(headers.begin(), headers.end(), [name](const HttpHeader& header) {
    return same_name(header.name, name);
  });
  return it == headers.end() ? nullptr : &it->value;
}

}  // namespace net
