#include "targets/sidecar_api.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "net/http_client.h"

namespace targets {
namespace {

using api::Node;

constexpr auto kAnswerWithin = base::seconds(2);
constexpr std::size_t kAnswerBytesMax = 1U << 20U;
constexpr const char* kFaults = "/api/faults";

/// What it says is wrong; of whoever is no sidecar the first line.
std::string words_of(const net::HttpAnswer& answer) {
  const auto said = api::parse_json(answer.body);
  if (said && (*said)["error"].is_string()) return (*said)["error"].as_string();
  return answer.body.substr(0, std::min<std::size_t>(answer.body.find('\n'), 500));
}

base::Result<std::string> judge(net::HttpAnswer answer, const std::string& what) {
  if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
  const std::string said = fmt::format("{} answered {}: {}", what, answer.status, words_of(answer));
  switch (answer.status) {
    case 400: return base::fail(base::Code::InvalidArgument, said);
    case 401:
    case 403: return base::fail(base::Code::PermissionDenied, said);
    case 404: return base::fail(base::Code::NotFound, said);
    default: return base::fail(base::Code::FailedPrecondition, said);
  }
}

}  // namespace

aio::Task<base::Result<std::string>> SidecarApi::ask(std::string method, std::string target,
                                                     std::string body, std::stop_token stop) {
  CO_TRY(const SidecarAdmin admin, co_await place_.find(stop));
  CO_TRY(net::Address address, net::Address::parse(admin.address));
  net::HttpCall call{std::move(method), std::move(target), {}, std::move(body)};
  const std::string what =
      fmt::format("{} {} of the sidecar at {}", call.method, call.target, admin.address);
  if (!admin.token.empty()) call.headers.push_back({"Authorization", "Bearer " + admin.token});
  call.headers.push_back({"Content-Type", "application/json"});
  net::HttpClient client(co_await aio::asio::this_coro::executor, std::move(address), admin.tls,
                         {.body_bytes_max = kAnswerBytesMax, .idle_max = 0});
  auto answer = co_await aio::with_deadline(
      clock_, clock_.now() + kAnswerWithin, std::move(stop), what,
      [&](std::stop_token token) { return client.exchange(call, std::move(token)); });
  if (!answer) {
    const bool secure = admin.tls != nullptr && answer.error().code == base::Code::Unavailable;
    if (secure) place_.unreachable();
    co_return tl::unexpected(secure ? answer.error().with("the sidecar over TLS") : answer.error());
  }
  auto said = judge(std::move(*answer), what);
  if (!said && said.error().code == base::Code::PermissionDenied) place_.refused();
  co_return said;
}

aio::Task<base::Result<>> SidecarApi::begin(Node fault, std::stop_token stop) {
  CO_TRY(co_await ask("POST", kFaults, api::to_json(fault), std::move(stop)));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> SidecarApi::renew(std::string id, std::string owner,
                                            std::int64_t lease_seconds, std::stop_token stop) {
  Node renewal = Node::map().set("owner", std::move(owner)).set("leaseSeconds", lease_seconds);
  CO_TRY(co_await ask("PUT", fmt::format("{}/{}", kFaults, id), api::to_json(renewal),
                      std::move(stop)));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> SidecarApi::end(std::string id, std::stop_token stop) {
  CO_TRY(co_await ask("DELETE", fmt::format("{}/{}", kFaults, id), "", std::move(stop)));
  co_return base::Result<>{};
}

aio::Task<base::Result<Node>> SidecarApi::find(std::string id, std::stop_token stop) {
  CO_TRY(const std::string text, co_await ask("GET", kFaults, "", std::move(stop)));
  CO_TRY(const Node said, api::parse_json(text));
  for (const Node& fault : said["faults"].items()) {
    if (fault["id"].as_string() == id) co_return fault;
  }
  co_return Node();
}

}  // namespace targets
