#include "cluster/awaited_writes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "aio/stop_later.h"

namespace cluster {
namespace {

constexpr unsigned kServerError = 500;

std::string within_time(std::string target) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  return target + fmt::format("timeout={}s", kServerTries / base::seconds(1));
}

/// A server that had no time, or whose store did not answer, does not know either.
bool is_unheard(const base::Result<kube::Reply>& reply) {
  return !reply || reply->code >= kServerError;
}

}  // namespace

aio::Task<base::Result<kube::Reply>> AwaitedWrites::send(std::string method, std::string target,
                                                         std::string content_type, std::string body,
                                                         std::stop_token stop) {
  if (stop.stop_requested()) {
    co_return base::fail(base::Code::Cancelled, fmt::format("{} {} was not begun", method, target));
  }
  if (method == "GET") {
    co_return co_await inner_.send(std::move(method), std::move(target), std::move(content_type),
                                   std::move(body), std::move(stop));
  }
  const bool changes = target.find("dryRun=All") == std::string::npos;
  const aio::StopLater later(clock_, co_await boost::asio::this_coro::executor, kAnswerWithin,
                             std::move(stop));
  auto reply = co_await inner_.send(std::move(method), within_time(std::move(target)),
                                    std::move(content_type), std::move(body), later.token());
  if (changes && is_unheard(reply)) {
    may_land_until_ = std::max(may_land_until_, clock_.now() + kLandsWithin);
  }
  co_return reply;
}

}  // namespace cluster
