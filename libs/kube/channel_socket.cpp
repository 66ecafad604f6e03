#include "kube/channel_socket.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "kube/channel.h"
#include "net/websocket.h"

namespace kube {
namespace {

/// Of a message: servers take at least so much.
constexpr std::size_t kPiece = 16384;
constexpr unsigned kServerErrors = 500;

}  // namespace

aio::Task<base::Result<std::shared_ptr<net::WebSocket>>> open_channels(
    Client& client, std::string target, std::vector<std::string> protocols, std::stop_token stop) {
  CO_TRY(const auto opened, co_await client.upgrade(std::move(target), protocols, std::move(stop)));
  if (!opened.socket) {
    base::Error error = error_of(opened.reply.refusal, "refused");
    // What a proxy says in the server's place says nothing of what the server has done.
    if (opened.reply.code >= kServerErrors) error.retry = base::Retry::Terminal;
    co_return tl::unexpected(std::move(error));
  }
  const std::string& chosen = opened.socket->protocol();
  if (std::find(protocols.begin(), protocols.end(), chosen) == protocols.end()) {
    co_return base::fail(base::Code::Unavailable,
                         fmt::format("the server speaks '{}', not {}", chosen, protocols.front()));
  }
  co_return opened.socket;
}

aio::Task<base::Result<>> send_on_channel(net::WebSocket& socket, std::uint8_t channel,
                                          std::string_view bytes, std::stop_token stop) {
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    CO_TRY(co_await socket.send(channel_message(channel, bytes.substr(at, kPiece)), stop));
  }
  co_return base::Result<>{};
}

}  // namespace kube
