#include "kube/port_forward.h"

#include <utility>

#include <fmt/format.h>

namespace kube {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{32} << 10U;

}  // namespace

aio::Task<base::Result<std::unique_ptr<PortConnection>>> PortConnection::open(
    Client& client, Key pod, std::uint16_t port, std::stop_token stop) {
  std::string what = fmt::format("port {} of {}", port, to_string(pod));
  Query query;
  query.add("ports", std::to_string(port));
  std::vector<std::string> protocols{kChannelsV4};
  const auto opened = co_await client.upgrade(path_of(kPods, pod, "portforward") + query.text(),
                                              std::move(protocols), std::move(stop));
  if (!opened) co_return tl::unexpected(opened.error().with(what));
  if (!opened->socket) co_return tl::unexpected(error_of(opened->reply.refusal, what));
  if (opened->socket->protocol() != kChannelsV4) {
    co_return base::fail(base::Code::Unavailable,
                         fmt::format("{}: the server speaks '{}', not {}", what,
                                     opened->socket->protocol(), kChannelsV4));
  }
  co_return std::unique_ptr<PortConnection>(
      new PortConnection(opened->socket, std::move(what), port));
}

aio::Task<base::Result<std::optional<std::string>>> PortConnection::receive(std::stop_token stop) {
  for (;;) {
    auto message = co_await socket_->receive(stop);
    if (!message) co_return tl::unexpected(message.error().with(what_));
    if (!*message) co_return std::optional<std::string>{};
    const auto bytes = transcript_.take(**message);
    if (!bytes) co_return tl::unexpected(bytes.error().with(what_));
    if (!bytes->empty()) co_return std::optional<std::string>(std::in_place, *bytes);
  }
}

aio::Task<base::Result<>> PortConnection::send(std::string bytes, std::stop_token stop) {
  for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes) {
    std::string message = channel_message(0, std::string_view(bytes).substr(at, kPieceBytes));
    const auto sent = co_await socket_->send(std::move(message), stop);
    if (!sent) co_return tl::unexpected(sent.error().with(what_));
  }
  co_return base::Result<>{};
}

}  // namespace kube
