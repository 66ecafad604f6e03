#include "sidecar/cache_key.h"

#include <algorithm>
#include <array>

#include "http1/grammar.h"
#include "http1/vary.h"
#include "limit/pattern.h"

namespace sidecar {
namespace {

constexpr std::size_t kPathMax = 4096;
constexpr std::array<std::string_view, 6> kSaid{"forwarded",         "x-forwarded-host",
                                                "x-forwarded-port",  "x-forwarded-prefix",
                                                "x-forwarded-proto", "x-host"};
constexpr std::string_view kSaidNames =
    "forwarded,x-forwarded-host,x-forwarded-port,x-forwarded-prefix,x-forwarded-proto,x-host";
constexpr std::array<std::string_view, 9> kPast{"range",
                                                "if-range",
                                                "if-match",
                                                "if-unmodified-since",
                                                "x-http-method-override",
                                                "x-http-method",
                                                "x-original-url",
                                                "x-rewrite-url",
                                                "x-method-override"};

bool has_any(const http1::Head& head, const auto& names) {
  return std::ranges::any_of(
      names, [&](std::string_view name) { return http1::find(head, name) != nullptr; });
}

}  // namespace

bool asks_cache(const http1::RequestHead& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool plain = request.form == http1::Form::Origin || request.form == http1::Form::Absolute;
  const bool alone = request.body == http1::Body::None ||
                     (request.body == http1::Body::Length && request.length == 0);
  return reads && plain && alone && request.upgrade.empty() && !request.expects_continue &&
         !has_any(request, kPast);
}

std::string cache_uri(const http1::RequestHead& request, bool tls) {
  std::string out = tls ? "https://" : "http://";
  for (const char c : request.host) out.push_back(http1::grammar::lower(c));
  out.append(request.path);
  // An empty query is another URI than none.
  if (request.target.find('?') != std::string_view::npos) out.append("?").append(request.query);
  return out;
}

bool make_cache_key(const http1::RequestHead& request, bool tls, CacheKey& out) {
  std::array<char, kPathMax> buffer;  // not initialised: it is written before it is read
  const auto path = limit::plain_path(request.path, buffer);
  if (!path) return false;
  out.path = *path;
  out.uri = cache_uri(request, tls);
  if (has_any(request, kSaid)) out.said = http1::vary_key(kSaidNames, request);
  out.authorised = http1::find(request, "authorization") != nullptr;
  return true;
}

bool routed(const std::vector<std::string>& routes, std::string_view path) {
  return routes.empty() || std::ranges::any_of(routes, [path](const std::string& pattern) {
           return limit::matches(pattern, path);
         });
}

}  // namespace sidecar
