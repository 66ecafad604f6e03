#include "net/websocket.h"

#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <fmt/format.h>

#include "aio/close_on_stop.h"
#include "aio/event.h"
#include "net/connecting.h"
#include "net/tls_context.h"

namespace net {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

using Message = std::optional<std::string>;

/// A peer that goes without the closing handshake may leave no more than a reset behind, and one
/// that does not wait for the answer to its close a pipe that is broken when the answer is written.
bool is_end(const error_code& error) {
  return error == websocket::error::closed || error == asio::error::eof ||
         error == asio::error::connection_reset || error == asio::error::broken_pipe ||
         error == asio::ssl::error::stream_truncated;
}

template <class Stream>
class Session final : public WebSocket, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <class... Arguments>
  Session(const aio::Executor& executor, Address address, const WebSocketLimits& limits,
          std::shared_ptr<TlsContext> tls, Arguments&&... arguments)
      : connected_(executor),
        address_(std::move(address)),
        tls_(std::move(tls)),
        stream_(std::forward<Arguments>(arguments)...),
        silence_max_(limits.silence_max) {
    stream_.read_message_max(limits.message_bytes_max);
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout =
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(limits.silence_max);
    timeout.idle_timeout = timeout.handshake_timeout;
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.binary(true);
    // A message is one frame: API servers take each further one for a message of its own, and its
    // first byte for a channel (seen of 1.36: 4 kB of each 16 kB arrived).
    stream_.auto_fragment(false);
  }

  const std::string& protocol() const override { return protocol_; }
  std::string why_closed() const override {
    const auto& reason = stream_.reason();
    if (reason.code == websocket::close_code::none) return "no reason given";
    return fmt::format("{} {}", static_cast<unsigned>(reason.code), reason.reason.c_str());
  }

  aio::Task<base::Result<>> connect(std::stop_token stop) {
    const std::function<void()> cancel = begin_to_connect();
    if (!co_await connected_.wait(stop)) {
      if (cancel) cancel();
      aio::close_now(socket());
      co_return cancelled(base::Retry::Backoff);
    }
    if (connect_failure_) co_return unavailable(connect_failure_->detail, base::Retry::Backoff);
    error_code error;
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      expect_peer(stream_.next_layer(), *tls_, address_);
      const aio::CloseOnStop closing(socket(), stop);
      co_await stream_.next_layer().async_handshake(
          asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
    }
    if (stop.stop_requested()) co_return cancelled(base::Retry::Backoff);
    if (error) co_return unavailable(error.message(), base::Retry::Backoff);
    co_return base::Result<>{};
  }

  /// The answer; with status 101 messages can be exchanged.
  aio::Task<base::Result<HttpAnswer>> upgrade(HttpCall call, std::vector<std::string> protocols,
                                              std::stop_token stop) {
    stream_.set_option(
        websocket::stream_base::decorator([&call, &protocols](websocket::request_type& request) {
          for (const HttpHeader& header : call.headers) request.insert(header.name, header.value);
          if (protocols.empty()) return;
          request.set("Sec-WebSocket-Protocol", fmt::format("{}", fmt::join(protocols, ", ")));
        }));
    websocket::response_type response;
    error_code error;
    {
      const aio::CloseOnStop closing(socket(), stop);
      co_await stream_.async_handshake(response, address_.text(), call.target,
                                       asio::redirect_error(asio::use_awaitable, error));
    }
    if (stop.stop_requested()) co_return cancelled(base::Retry::Terminal);
    if (error && error != websocket::error::upgrade_declined) {
      co_return tl::unexpected(lost(error).error());
    }
    over_ = static_cast<bool>(error);
    HttpAnswer out{response.result_int(), {}, std::move(response.body())};
    for (const auto& field : response) {
      out.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    if (const std::string* chosen = out.header("Sec-WebSocket-Protocol")) protocol_ = *chosen;
    co_return out;
  }

  aio::Task<base::Result<Message>> receive(std::stop_token stop) override {
    boost::beast::flat_buffer buffer;
    error_code error;
    {
      const aio::CloseOnStop closing(socket(), stop);
      co_await stream_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error) {
      const auto bytes = buffer.data();
      co_return Message(std::in_place, static_cast<const char*>(bytes.data()), bytes.size());
    }
    over_ = true;
    peer_ended_ = is_end(error);
    const bool said_so = stream_.reason().code != websocket::close_code::none;
    if (error == websocket::error::closed || (peer_ended_ && said_so)) co_return Message{};
    if (stop.stop_requested()) co_return cancelled(base::Retry::Terminal);
    co_return tl::unexpected(lost(error).error());
  }

  aio::Task<base::Result<>> send(std::string bytes, std::stop_token stop) override {
    error_code error;
    {
      const aio::CloseOnStop closing(socket(), stop);
      co_await stream_.async_write(asio::buffer(bytes),
                                   asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error) co_return base::Result<>{};
    over_ = true;
    if (stop.stop_requested()) co_return cancelled(base::Retry::Terminal);
    co_return lost(error);
  }

  bool peer_ended() const override { return peer_ended_; }

  aio::Task<> close(std::stop_token stop) override {
    if (std::exchange(over_, true)) co_return;
    error_code ignored;
    const aio::CloseOnStop closing(socket(), stop);
    co_await stream_.async_close(websocket::close_code::normal,
                                 asio::redirect_error(asio::use_awaitable, ignored));
  }

 private:
  std::function<void()> begin_to_connect() {
    const auto connected = [this](std::optional<ConnectFailure> failure) {
      connect_failure_ = std::move(failure);
      connected_.set();
    };
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return connect_for_tls(socket(), *tls_, address_, this->shared_from_this(), connected);
    } else {
      return connect_socket(socket(), address_, this->shared_from_this(),
                            [connected](const error_code& error) {
                              if (!error) return connected(std::nullopt);
                              connected(ConnectFailure{failure_of(error), error.message()});
                            });
    }
  }
  tcp::socket& socket() { return boost::beast::get_lowest_layer(stream_); }

  tl::unexpected<base::Error> unavailable(const std::string& why, base::Retry retry) const {
    return base::fail(base::Code::Unavailable, fmt::format("{}: {}", address_.text(), why), retry);
  }
  tl::unexpected<base::Error> cancelled(base::Retry retry) const {
    return base::fail(base::Code::Cancelled, address_.text() + ": the WebSocket was given up",
                      retry);
  }
  base::Result<> lost(const error_code& error) const {
    if (error == boost::beast::error::timeout) {
      return unavailable("silent for " + base::human(silence_max_), base::Retry::Terminal);
    }
    if (error == websocket::error::message_too_big) {
      return base::fail(base::Code::ResourceExhausted,
                        fmt::format("{}: a message of more than {} bytes", address_.text(),
                                    stream_.read_message_max()));
    }
    return unavailable(error.message(), base::Retry::Terminal);
  }

  aio::Event connected_;
  Address address_;
  std::shared_ptr<TlsContext> tls_;  // which the stream refers to
  websocket::stream<Stream> stream_;
  base::Duration silence_max_;
  std::optional<ConnectFailure> connect_failure_;
  std::string protocol_;
  bool over_ = false;
  bool peer_ended_ = false;
};

template <class Stream>
aio::Task<base::Result<WebSocket::Opened>> begin(std::shared_ptr<Session<Stream>> session,
                                                 HttpCall call, std::vector<std::string> protocols,
                                                 std::stop_token stop) {
  CO_TRY(co_await session->connect(stop));
  constexpr unsigned kSwitching = 101;
  WebSocket::Opened out;
  CO_TRY(out.answer, co_await session->upgrade(std::move(call), std::move(protocols), stop));
  if (out.answer.status == kSwitching) {
    out.socket = std::move(session);
  }
  co_return out;
}

}  // namespace

aio::Task<base::Result<WebSocket::Opened>> WebSocket::open(
    aio::Executor executor, Address address, std::shared_ptr<TlsContext> tls, HttpCall call,
    std::vector<std::string> protocols, WebSocketLimits limits, std::stop_token stop) {
  call.headers.push_back({"X", fmt::format("{}", fmt::join(protocols, ", "))});
  const bool plain = is_plain(call);
  call.headers.pop_back();
  if (!plain) {
    co_return base::fail(base::Code::InvalidArgument,
                         address.text() + ": a control character in a request");
  }
  if (tls) {
    auto session = std::make_shared<Session<TlsStream>>(executor, address, limits, tls, executor,
                                                        tls->context);
    co_return co_await begin(std::move(session), std::move(call), std::move(protocols), stop);
  }
  auto session =
      std::make_shared<Session<tcp::socket>>(executor, address, limits, nullptr, executor);
  co_return co_await begin(std::move(session), std::move(call), std::move(protocols), stop);
}

}  // namespace net
