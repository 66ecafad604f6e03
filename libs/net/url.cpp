#include "net/url.h"

#include <fmt/format.h>

namespace net {

base::Result<Url> parse_url(const std::string& text) {
  const std::size_t scheme = text.find("://");
  const std::string name = text.substr(0, scheme);
  if (scheme == std::string::npos || (name != "http" && name != "https")) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("url: '{}' does not begin with http:// or https://", text));
  }
  Url url;
  url.tls = name == "https";
  const std::string rest = text.substr(scheme + 3);
  const std::size_t end = rest.find_first_of("/?");
  std::string host = rest.substr(0, end);
  if (end != std::string::npos) url.path = (rest[end] == '?' ? "/" : "") + rest.substr(end);
  const std::size_t bracket = host.rfind(']');
  if (host.find(':', bracket == std::string::npos ? 0 : bracket) == std::string::npos) {
    host += url.tls ? ":443" : ":80";
  }
  const auto address = Address::parse(host);
  if (!address) return tl::unexpected(address.error().with(fmt::format("url '{}'", text)));
  url.address = *address;
  return url;
}

}  // namespace net
