#include "net/host_port.h"

#include <charconv>

#include <fmt/format.h>

#include "net/listening.h"

namespace net {

namespace {

base::Result<Address> parse_host_port(std::string_view text) {
  const auto wrong = [&] {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("'{}': HOST:PORT or :PORT, an IPv6 address in brackets, a port "
                                  "from 0 to 65535",
                                  text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find_first_of(":[]") != std::string_view::npos) return wrong();
  Address out;
  out.host = host;
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, out.port);
  if (begin == end || parsed.ec != std::errc() || parsed.ptr != end) return wrong();
  return out;
}

}  // namespace

base::Result<Address> parse_listen(std::string_view text) {
  TRY(Address out, parse_host_port(text));
  if (!out.host.empty()) TRY(listening_address(out.host));
  return out;
}

base::Result<Address> parse_upstream(std::string_view text) {
  TRY(Address out, parse_host_port(text));
  if (!out.host.empty() && out.port != 0) return out;
  return base::fail(base::Code::InvalidArgument, fmt::format("'{}': HOST:PORT, both given", text));
}

}  // namespace net
