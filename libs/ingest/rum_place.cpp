#include "ingest/rum_place.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace ingest {
namespace {

constexpr std::string_view kAfterScheme = "://";

bool small(char c) {
  return c >= 'a' && c <= 'z';
}

bool all_of(std::string_view text, std::string_view marks) {
  return !text.empty() && std::ranges::all_of(text, [marks](char c) {
    return small(c) || (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
  });
}

bool is_host(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!bracketed) return all_of(host, "-._");
  const std::string_view inner = host.substr(1, host.size() - 2);
  return !inner.empty() && inner.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
}

/// Nothing: it is none that a browser would write behind that scheme.
bool is_port(std::string_view scheme, std::string_view text) {
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  const bool own = (scheme == "http" && port == 80) || (scheme == "https" && port == 443);
  return whole && port > 0 && text.front() != '0' && !own;
}

bool is_origin(std::string_view text) {
  const std::size_t mark = text.find(kAfterScheme);
  if (mark == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, mark);
  if (!all_of(scheme, "+-.") || !small(scheme.front())) return false;
  const std::string_view place = text.substr(mark + kAfterScheme.size());
  const std::size_t bracket = place.rfind(']');
  const std::size_t colon = place.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return is_host(place);
  return is_host(place.substr(0, colon)) && is_port(scheme, place.substr(colon + 1));
}

tl::unexpected<base::Error> wrong(std::string_view text, const char* allowed) {
  return base::fail(base::Code::InvalidArgument, "'" + std::string(text) + "': " + allowed);
}

}  // namespace

base::Result<> check_rum_path(std::string_view path) {
  const bool plain = path.find_first_of("*?#% ") == std::string_view::npos;
  if (path.starts_with('/') && !path.ends_with('/') && plain) return {};
  return wrong(path, "a path such as /muster/rum");
}

base::Result<> check_rum_origin(std::string_view origin) {
  // Pages of an application's own browser have the last one.
  const bool named = origin == "*" || origin == "null" || origin == "file://";
  if (named || is_origin(origin)) return {};
  return wrong(origin,
               "an origin as browsers write it, such as https://shop.example or "
               "https://shop.example:8443 (in lower case, without a path, and without the port "
               "that the scheme has anyway), or *");
}

}  // namespace ingest
