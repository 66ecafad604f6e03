#include "sidecar/statsd_listener.h"

#include <array>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "aio/close_on_stop.h"
#include "ingest/statsd.h"
#include "net/listening.h"

namespace sidecar {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {
constexpr int kBufferBytes = 1 << 20;  // the system may grant less
constexpr std::size_t kTurnPackets = 64;
constexpr std::size_t kTurnBytes = 64U << 10U;
constexpr base::Duration kBreath = base::millis(1);
}  // namespace

base::Result<std::unique_ptr<StatsdListener>> StatsdListener::listen(aio::Clock& clock,
                                                                     const aio::Executor& executor,
                                                                     const udp::endpoint& endpoint,
                                                                     Take take) {
  std::unique_ptr<StatsdListener> out(new StatsdListener(clock, executor, std::move(take)));
  TRY(out->open(endpoint));
  return out;
}

StatsdListener::StatsdListener(aio::Clock& clock, const aio::Executor& executor, Take take)
    : clock_(clock),
      socket_(executor),
      take_(std::move(take)),
      packet_(ingest::kPacketBytesMax + 1) {}

base::Result<> StatsdListener::open(const udp::endpoint& endpoint) {
  error_code error;
  socket_.open(endpoint.protocol(), error);
  net::take_both_families(socket_, endpoint, error);
  if (!error) socket_.bind(endpoint, error);
  if (!error) socket_.non_blocking(true, error);
  if (error) {
    return base::fail_errno(
        "cannot listen for StatsD on UDP port " + std::to_string(endpoint.port()), error.value());
  }
  socket_.set_option(asio::socket_base::receive_buffer_size(kBufferBytes), error);
  const int on = 1;  // where it is not known, losses are not known either
  static_cast<void>(setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on));
  return {};
}

aio::Task<base::Result<>> StatsdListener::serve(std::stop_token stop) {
  const aio::CloseOnStop<udp::socket> closing(socket_, stop);
  while (!stop.stop_requested()) {
    error_code error;
    co_await socket_.async_wait(udp::socket::wait_read,
                                asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    if (take_some()) co_await aio::wait_for(clock_, kBreath, stop);
  }
  co_return base::Result<>{};
}

/// True: there may be more.
bool StatsdListener::take_some() {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kTurnPackets && bytes < kTurnBytes; ++i) {
    bool taken = false;
    bytes += take_one(taken);
    if (!taken) return false;
  }
  return true;
}

std::size_t StatsdListener::take_one(bool& taken) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control{};
  iovec part{packet_.data(), packet_.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
  taken = got >= 0;
  if (!taken) return 0;
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
       each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t now = 0;
    std::memcpy(&now, CMSG_DATA(each), sizeof now);
    lost_ += now - std::exchange(lost_before_, now);
  }
  take_(std::string_view(packet_.data(), static_cast<std::size_t>(got)));
  return static_cast<std::size_t>(got);
}

}  // namespace sidecar
