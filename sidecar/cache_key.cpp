#include "sidecar/cache_key.h"

#include <algorithm>
#include <array>

#include "http1/grammar.h"
#include "http1/vary.h"
#include "limit/pattern.h"

namespace sidecar {
namespace {

constexpr std::size_t kPathMax = 4096;
// What applications and their frameworks take scheme, host, port and prefix of their links from.
constexpr std::array<std::string_view, 16> kSaid{"forwarded",
                                                 "front-end-https",
                                                 "x-forwarded-host",
                                                 "x-forwarded-path",
                                                 "x-forwarded-port",
                                                 "x-forwarded-prefix",
                                                 "x-forwarded-proto",
                                                 "x-forwarded-scheme",
                                                 "x-forwarded-server",
                                                 "x-forwarded-ssl",
                                                 "x-host",
                                                 "x-http-host-override",
                                                 "x-original-host",
                                                 "x-scheme",
                                                 "x-script-name",
                                                 "x-url-scheme"};
constexpr std::string_view kSaidNames =
    "forwarded,front-end-https,x-forwarded-host,x-forwarded-path,x-forwarded-port,"
    "x-forwarded-prefix,x-forwarded-proto,x-forwarded-scheme,x-forwarded-server,x-forwarded-ssl,"
    "x-host,x-http-host-override,x-original-host,x-scheme,x-script-name,x-url-scheme";
// What the sidecar writes, or adds to, on the way to the application.
constexpr std::array<std::string_view, 6> kOurs{"forwarded", "traceparent",     "tracestate",
                                                "via",       "x-forwarded-for", "x-request-id"};
constexpr std::array<std::string_view, 12> kPast{
    "x-override-url", "x-original-uri", "x-forwarded-uri",     "range",
    "if-range",       "if-match",       "if-unmodified-since", "x-http-method-override",
    "x-http-method",  "x-original-url", "x-rewrite-url",       "x-method-override"};

bool has_any(const http1::Head& head, const auto& names) {
  return std::ranges::any_of(
      names, [&](std::string_view name) { return http1::find(head, name) != nullptr; });
}

/// What Connection names does not reach the application, and would be in the key all the same: a
/// client could store for others what it was answered without that field.
bool drops_more(const http1::RequestHead& request) {
  constexpr std::array<std::string_view, 5> kUsual{"close", "keep-alive", "te", "upgrade",
                                                   "http2-settings"};
  const auto usual = [&](std::string_view member) {
    return member.empty() || std::ranges::any_of(kUsual, [member](std::string_view name) {
             return http1::same_name(member, name);
           });
  };
  for (const auto* field = http1::find(request, "connection"); field != nullptr;
       field = http1::find(request, "connection", field)) {
    if (!http1::grammar::each_member(field->value, usual)) return true;
  }
  return false;
}

}  // namespace

bool varies_by_ours(const http1::ResponseHead& response) {
  const std::string names = "," + http1::vary_names(response) + ",";
  return std::ranges::any_of(kOurs, [&names](std::string_view name) {
    return names.find("," + std::string(name) + ",") != std::string::npos;
  });
}

bool asks_cache(const http1::RequestHead& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool plain = request.form == http1::Form::Origin || request.form == http1::Form::Absolute;
  const bool alone = request.body == http1::Body::None ||
                     (request.body == http1::Body::Length && request.length == 0);
  return reads && plain && alone && request.upgrade.empty() && !request.expects_continue &&
         !has_any(request, kPast) && !drops_more(request);
}

std::string cache_uri(const http1::RequestHead& request, bool tls) {
  std::string out;
  out.reserve(sizeof "https://?" + request.host.size() + request.path.size() +
              request.query.size());
  out.append(tls ? "https://" : "http://");
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
