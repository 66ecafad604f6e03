#include "runner/http_client.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "net/http_client.h"
#include "net/url.h"

namespace runner {
namespace {

constexpr std::size_t kRefusalMax = std::size_t{16} << 20U;  // what a server says beside a status

/// The status of the answer, which must come whole. `what` names the exchange in errors, in which
/// nothing else of the call appears.
aio::Task<base::Result<int>> exchange_of(aio::Clock& clock, aio::Executor executor,
                                         net::Address address, bool secure, net::HttpCall call,
                                         std::string what, base::Duration limit,
                                         std::stop_token stop) {
  std::shared_ptr<net::TlsContext> tls;
  if (secure) {
    CO_TRY(tls, net::make_tls_context({}));
  }
  call.headers.push_back({"User-Agent", "muster"});
  call.headers.push_back({"Connection", "close"});
  net::HttpClient client(executor, std::move(address), std::move(tls),
                         {.body_bytes_max = kRefusalMax, .idle_max = 0});
  aio::Deadline deadline(clock, executor, clock.now() + limit, std::move(stop));
  const auto ignore = [](std::string_view) { return true; };
  const auto answer = co_await client.stream(std::move(call), ignore, {}, deadline.token());
  if (answer) co_return static_cast<int>(answer->status);
  if (deadline.expired()) {
    co_return base::fail(base::Code::DeadlineExceeded,
                         fmt::format("{}: no answer in {}", what, base::human(limit)));
  }
  if (answer.error().code == base::Code::Cancelled) {
    co_return base::fail(base::Code::Cancelled, what + " was cancelled");
  }
  co_return base::fail(answer.error().code, fmt::format("{}: {}", what, answer.error().message));
}

}  // namespace

aio::Task<base::Result<int>> HttpGet::status(std::string url, base::Duration limit,
                                             std::stop_token stop) {
  CO_TRY(net::Url parsed, net::parse_url(url));
  parsed.address.names = names_;
  net::HttpCall call{"GET", std::move(parsed.path), {}, {}};
  co_return co_await exchange_of(clock_, executor_, std::move(parsed.address), parsed.tls,
                                 std::move(call), "GET " + url, limit, std::move(stop));
}

aio::Task<base::Result<int>> http_post(aio::Clock& clock, aio::Executor executor,
                                       const HttpPost& post, base::Duration limit,
                                       std::stop_token stop) {
  CO_TRY(net::Url url, net::parse_url(post.url));
  net::HttpCall call{"POST", std::move(url.path), {}, post.body};
  for (const auto& [name, value] : post.headers) call.headers.push_back({name, value});
  call.headers.push_back({"Content-Type", "application/json"});
  std::string what = "POST to " + url.address.text();
  co_return co_await exchange_of(clock, std::move(executor), std::move(url.address), url.tls,
                                 std::move(call), std::move(what), limit, std::move(stop));
}

}  // namespace runner
