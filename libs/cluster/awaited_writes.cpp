#include "cluster/awaited_writes.h"

#include <utility>

#include <fmt/format.h>

#include "aio/stop_later.h"

namespace cluster {

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
  const aio::StopLater later(clock_, co_await boost::asio::this_coro::executor, kAnswerWithin,
                             std::move(stop));
  co_return co_await inner_.send(std::move(method), std::move(target), std::move(content_type),
                                 std::move(body), later.token());
}

}  // namespace cluster
