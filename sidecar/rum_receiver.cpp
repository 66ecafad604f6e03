#include "sidecar/rum_receiver.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sidecar/replies.h"
#include "sidecar/rum_script.h"

namespace sidecar {
namespace {

constexpr double kPostsPerSecond = 100;
constexpr double kPostsAtOnce = 400;

net::HttpReply script(const net::HttpRequest&) {
  net::HttpReply out{200, "text/javascript; charset=utf-8", std::string(rum_script())};
  out.headers.push_back({"Cache-Control", "public, max-age=3600"});
  return out;
}

net::HttpReply preflight(const net::HttpRequest&) {
  net::HttpReply out = text_reply(200, "");
  out.headers = {{"Access-Control-Allow-Methods", "POST"},
                 {"Access-Control-Allow-Headers", "Content-Type"},
                 {"Access-Control-Max-Age", "86400"}};
  return out;
}

}  // namespace

bool may_post(const std::string* origin, const std::string* host,
              const std::vector<std::string>& named) {
  if (origin == nullptr) return true;
  const std::size_t mark = origin->find("://");
  const bool own = host != nullptr && mark != std::string::npos &&
                   std::string_view(*origin).substr(mark + 3) == *host;
  return own || std::ranges::any_of(named, [origin](const std::string& one) {
           return one == "*" || one == *origin;
         });
}

RumReceiver::RumReceiver(const aio::Clock& clock, Intake& intake, const std::string& path,
                         std::vector<std::string> origins)
    : clock_(clock),
      intake_(intake),
      origins_(std::move(origins)),
      posts_(kPostsPerSecond, kPostsAtOnce),
      routes_([] { return base::Result<std::string>(""); }) {
  routes_.add({"POST", path, Access::Open,
               [this](const net::HttpRequest& request) { return take(request); }});
  routes_.add({"OPTIONS", path, Access::Open, preflight});
  routes_.add({"GET", path + ".js", Access::Open, script});
}

net::HttpReply RumReceiver::serve(const net::HttpRequest& request) {
  const std::string* origin = request.header("Origin");
  const bool asks_only = request.method == "GET" || request.method == "HEAD";
  if (!asks_only && !may_post(origin, request.header("Host"), origins_)) {
    ++foreign_;
    return error_reply(403, "pages of this origin may not post here");
  }
  net::HttpReply reply = routes_.serve(request);
  if (origin != nullptr && !asks_only) {
    reply.headers.push_back({"Access-Control-Allow-Origin", *origin});
    reply.headers.push_back({"Access-Control-Allow-Credentials", "true"});
    reply.headers.push_back({"Vary", "Origin"});
  }
  return reply;
}

net::HttpReply RumReceiver::take(const net::HttpRequest& request) {
  if (!posts_.take(1, clock_.now())) {
    ++throttled_;
    net::HttpReply later = error_reply(429, "more posts than are taken in a second");
    later.headers.push_back({"Retry-After", "1"});
    return later;
  }
  const auto post = ingest::parse_rum(request.body);
  if (!post) {
    ++refused_;
    const bool large = post.error().code == base::Code::ResourceExhausted;
    return error_reply(large ? 413 : 400, post.error().message);
  }
  ++taken_;
  intake_.take_rum(*post);
  return text_reply(202, "");
}

std::string RumReceiver::exposition() const {
  std::string out =
      "# HELP muster_sidecar_rum_posts_total Posts of browsers by what became of them.\n"
      "# TYPE muster_sidecar_rum_posts_total counter\n";
  for (const auto& [result, count] :
       {std::pair("taken", taken_), std::pair("refused", refused_),
        std::pair("throttled", throttled_), std::pair("foreign", foreign_)}) {
    out += fmt::format("muster_sidecar_rum_posts_total{{result=\"{}\"}} {}\n", result, count);
  }
  return out + fmt::format(
                   "# HELP muster_sidecar_rum_refused_values_total Values of posts that no browser "
                   "measures.\n"
                   "# TYPE muster_sidecar_rum_refused_values_total counter\n"
                   "muster_sidecar_rum_refused_values_total {}\n",
                   intake_.rum().refused());
}

}  // namespace sidecar
