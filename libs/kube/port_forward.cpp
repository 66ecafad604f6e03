#include "kube/port_forward.h"

#include <utility>

#include <fmt/format.h>

#include "kube/channel.h"
#include "kube/channel_socket.h"
#include "net/websocket.h"

namespace kube {
namespace {

constexpr std::uint8_t kData = 0, kError = 1;
constexpr std::size_t kGreeting = 2;  // bytes of the port
constexpr unsigned kByteBits = 8;

tl::unexpected<base::Error> broken(std::string why) {
  return base::fail(base::Code::Unavailable, std::move(why));
}

std::uint16_t little_endian(const std::string& bytes) {
  const auto low = static_cast<unsigned char>(bytes[0]);
  const auto high = static_cast<unsigned char>(bytes[1]);
  return static_cast<std::uint16_t>(low | (high << kByteBits));
}

}  // namespace

base::Result<> PortMessages::greet(std::size_t channel, std::string_view& bytes) {
  std::string& greeting = greeting_[channel];
  if (greeting.size() == kGreeting) return {};
  const std::string_view more = bytes.substr(0, kGreeting - greeting.size());
  greeting += more;
  bytes.remove_prefix(more.size());
  if (greeting.size() < kGreeting) return {};
  const std::uint16_t said = little_endian(greeting);
  if (said == port_) return {};
  return broken(fmt::format("the node forwards port {} in place of {}", said, port_));
}

base::Result<std::string_view> PortMessages::take(std::string_view message) {
  const auto part = channel_part(message);
  if (!part) return std::string_view();
  if (part->channel > kError) return broken(fmt::format("a message on channel {}", part->channel));
  std::string_view bytes = part->bytes;
  TRY(greet(part->channel, bytes));
  if (part->channel == kError && !bytes.empty()) return broken(std::string(bytes));
  return bytes;
}

namespace {

class Forward final : public PortForward {
 public:
  Forward(std::shared_ptr<net::WebSocket> socket, std::string what, std::uint16_t port)
      : socket_(std::move(socket)), what_(std::move(what)), messages_(port) {}

  aio::Task<base::Result<std::string>> read(std::stop_token stop) override {
    for (;;) {
      const auto message = co_await socket_->receive(stop);
      if (socket_->peer_ended()) co_return std::string();
      if (!message) co_return tl::unexpected(message.error().with(what_));
      const auto bytes = messages_.take(**message);
      if (!bytes) co_return tl::unexpected(bytes.error().with(what_));
      if (!bytes->empty()) co_return std::string(*bytes);
    }
  }

  aio::Task<base::Result<>> write(std::string bytes, std::stop_token stop) override {
    const auto sent = co_await send_on_channel(*socket_, kData, bytes, std::move(stop));
    if (!sent) co_return tl::unexpected(sent.error().with(what_));
    co_return base::Result<>{};
  }

  aio::Task<> close(std::stop_token stop) override { return socket_->close(std::move(stop)); }

 private:
  std::shared_ptr<net::WebSocket> socket_;
  std::string what_;
  PortMessages messages_;
};

}  // namespace

aio::Task<base::Result<std::unique_ptr<PortForward>>> PortForward::open(Client& client, Key pod,
                                                                        std::uint16_t port,
                                                                        std::stop_token stop) {
  std::string what = fmt::format("port {} of {}", port, to_string(pod));
  if (port == 0) {
    co_return base::fail(base::Code::InvalidArgument, what + ": ports are 1 to 65535");
  }
  Query query;
  query.add("ports", fmt::format("{}", port));
  auto socket = co_await open_channels(client, path_of(kPods, pod, "portforward") + query.text(),
                                       {kChannelsV4}, std::move(stop));
  if (!socket) co_return tl::unexpected(socket.error().with(what));
  co_return std::make_unique<Forward>(std::move(*socket), std::move(what), port);
}

}  // namespace kube
