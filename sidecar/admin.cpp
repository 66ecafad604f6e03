#include "sidecar/admin.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "crypto/hash.h"
#include "http1/head.h"
#include "sidecar/replies.h"

namespace sidecar {
namespace {

bool leads_to(const Route& route, std::string_view path) {
  const std::string_view pattern = route.path;
  return pattern.ends_with('*') ? path.starts_with(pattern.substr(0, pattern.size() - 1))
                                : path == pattern;
}

bool answers(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

bool is_probe(const Route& route, std::string_view path) {
  return route.access == Access::Probe && leads_to(route, path);
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// RFC 9110, 11.4: the name of a scheme has no case, and blanks may follow it.
bool shows(const net::HttpRequest& request, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string* header = request.header("Authorization");
  if (header == nullptr) return false;
  std::string_view shown = *header;
  if (!http1::same_name(shown.substr(0, kScheme.size()), kScheme)) return false;
  shown.remove_prefix(kScheme.size());
  while (shown.starts_with(' ')) shown.remove_prefix(1);
  return crypto::equal(bytes_of(shown), bytes_of(token));
}

net::HttpReply unauthorized(const char* what) {
  net::HttpReply reply = error_reply(401, what);
  reply.headers.push_back({"WWW-Authenticate", "Bearer realm=\"muster-sidecar\""});
  return reply;
}

}  // namespace

std::string path_of(const net::HttpRequest& request) {
  return request.target.substr(0, request.target.find('?'));
}

Admin::Admin(Token token, ReadToken read) : token_(std::move(token)), read_(std::move(read)) {}

net::HttpReply Admin::serve(const net::HttpRequest& request) const {
  bool refused = false;
  net::HttpReply reply = answer(request, refused);
  if (refused && refused_) refused_(request, reply);
  return reply;
}

/// `refused`: told where the answer is 401 or 403 of its own, and none of a page.
net::HttpReply Admin::answer(const net::HttpRequest& request, bool& refused) const {
  const std::string path = path_of(request);
  const auto probe = [&](const Route& route) { return is_probe(route, path); };
  if (needs_certificate_ && !request.certified && std::ranges::none_of(routes_, probe)) {
    refused = true;
    return error_reply(403,
                       "a client certificate is needed here (--admin-client-ca-file); without one "
                       "there are /livez and /readyz");
  }
  std::string allowed;
  for (const Route& route : routes_) {
    if (!leads_to(route, path)) continue;
    if (answers(route, request.method)) return ask(route, request, refused);
    allowed += (allowed.empty() ? "" : ", ") + route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) return unknown();
  net::HttpReply reply = text_reply(405, fmt::format("{} is not served here\n", request.method));
  reply.headers.push_back({"Allow", std::move(allowed)});
  return reply;
}

net::HttpReply Admin::ask(const Route& route, const net::HttpRequest& request,
                          bool& refused) const {
  if (route.access == Access::Probe) return route.handle(request);
  if (route.access == Access::Open) return ask_to_read(route, request, refused);
  const auto token = token_();
  if (!token) return error_reply(503, token.error().message);
  refused = true;
  if (token->empty()) {
    return error_reply(403, "no token was given to this sidecar: --admin-token-file");
  }
  if (shows(request, *token)) {
    refused = false;
    return route.handle(request);
  }
  return unauthorized("Authorization: Bearer and the token are needed");
}

/// What cannot be read of the files keeps nobody's page open.
net::HttpReply Admin::ask_to_read(const Route& route, const net::HttpRequest& request,
                                  bool& refused) const {
  if (!read_) return route.handle(request);
  const auto token = read_();
  if (!token) return error_reply(503, token.error().message);
  if (!*token || shows(request, **token)) return route.handle(request);
  const auto changes = token_();
  if (changes && !changes->empty() && shows(request, *changes)) return route.handle(request);
  refused = true;
  return unauthorized(
      "Authorization: Bearer and the token of readers are needed (--admin-read-token-file); "
      "without one there are /livez and /readyz");
}

net::HttpReply Admin::unknown() const {
  std::string there;
  for (const Route& route : routes_) there += fmt::format("  {} {}\n", route.method, route.path);
  return text_reply(404, "there is no such page; there are\n" + there);
}

}  // namespace sidecar
