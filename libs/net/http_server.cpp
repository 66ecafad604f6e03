#include "net/http_server.h"

#include <list>
#include <optional>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include "aio/close_on_stop.h"
#include "aio/deadline.h"
#include "aio/task_group.h"
#include "http1/date.h"
#include "net/listening.h"
#include "net/tls_context.h"

namespace net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {
constexpr std::size_t kHeaderBytesMax = 16U << 10U;
constexpr std::size_t kReadBytes = 16U << 10U;
constexpr base::Duration kBreath = base::millis(100);
constexpr base::Duration kLeaveWithin = base::seconds(1);

/// Empty where the connection has ended already.
std::string address_of_peer(const tcp::socket& socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  return error ? std::string() : plain_address(peer.address()).to_string();
}

/// One that does not await, as one that does.
aio::Task<HttpReply> answer_at_once(HttpServer::Handler handler, HttpRequest request) {
  co_return handler(request);
}

HttpServer::TaskHandler task_of(HttpServer::Handler handler) {
  return [handler = std::move(handler)](HttpRequest request, std::stop_token) {
    return answer_at_once(handler, std::move(request));
  };
}

class Server final : public HttpServer {
 public:
  /// `identity`: null: without TLS.
  Server(aio::Clock& clock, const aio::Executor& executor, const HttpServerLimits& limits,
         TaskHandler handler, std::shared_ptr<ServerIdentity> identity)
      : clock_(clock),
        acceptor_(executor),
        limits_(limits),
        handler_(std::move(handler)),
        identity_(std::move(identity)) {
    if (limits_.between == base::Duration{}) limits_.between = limits_.idle;
  }

  base::Result<> open(const std::string& listen) {
    TRY(const auto endpoint, listening_endpoint(listen));
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    }
    take_both_families(acceptor_, endpoint, error);
    if (!error) {
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    return error ? base::Result<>(base::fail_errno("cannot listen on " + listen, error.value()))
                 : base::Result<>{};
  }

  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

  aio::Task<base::Result<>> serve(std::stop_token stop) override {
    const auto executor = co_await asio::this_coro::executor;
    aio::TaskGroup sessions(executor, stop);
    const std::stop_callback wake(stop, [this] { acceptor_.cancel(); });
    while (!stop.stop_requested()) {
      error_code error;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) {
        break;
      }
      if (error) {  // no descriptor is left, and whoever waits would make this a spin
        co_await aio::wait_for(clock_, kBreath, stop);
        continue;
      }
      if (sessions.running() >= limits_.connections_max && !make_room()) continue;
      if (identity_ == nullptr) {
        sessions.spawn(plain(std::move(socket), sessions.token()));
      } else if (auto context = identity_->current()) {
        sessions.spawn(secure(std::move(socket), std::move(context), sessions.token()));
      }
    }
    sessions.cancel();
    co_return co_await sessions.join();
  }

 private:
  /// A connection of which no whole request is there, from the accept or its last answer on. It
  /// gives way to a new one where there are too many: else who only connects could keep everybody
  /// out.
  class Silent {
   public:
    Silent(std::list<Silent*>& all, tcp::socket& socket)
        : all_(all), at_(all.insert(all.end(), this)), socket_(socket) {}
    ~Silent() { end(); }
    Silent(const Silent&) = delete;
    Silent& operator=(const Silent&) = delete;
    void end() {
      if (at_ != all_.end()) all_.erase(std::exchange(at_, all_.end()));
    }
    void give_way() {
      end();
      aio::close_now(socket_);
    }

   private:
    std::list<Silent*>& all_;
    std::list<Silent*>::iterator at_;
    tcp::socket& socket_;
  };

  /// Ends who has been silent for the longest. False: nobody is.
  bool make_room() {
    if (silent_.empty()) return false;
    silent_.front()->give_way();
    return true;
  }

  aio::Task<base::Result<>> plain(tcp::socket socket, std::stop_token stop) {
    co_await session(socket, socket, false, std::move(stop));
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> secure(tcp::socket socket, std::shared_ptr<ServerContext> context,
                                   std::stop_token stop) {
    std::optional<Silent> silent(std::in_place, silent_, socket);
    if (co_await speaks_in_the_open(socket, stop)) {
      co_await send_away(socket, stop);
      co_return base::Result<>{};
    }
    silent.reset();
    TlsStream stream(std::move(socket), context->context);
    silent.emplace(silent_, stream.next_layer());
    const bool agreed = co_await shake_hands(stream, stop);
    silent.reset();
    if (agreed) {
      const bool certified = SSL_get0_peer_certificate(stream.native_handle()) != nullptr &&
                             SSL_get_verify_result(stream.native_handle()) == X509_V_OK;
      co_await session(stream, stream.next_layer(), certified, stop);
      co_await take_leave(stream, stop);
    }
    co_return base::Result<>{};
  }

  /// For what must not last longer than `limit`: the socket is closed then.
  struct Limit {
    Limit(aio::Clock& clock, const aio::Executor& executor, base::Duration limit,
          std::stop_token stop, tcp::socket& socket)
        : deadline(clock, executor, clock.now() + limit, std::move(stop)),
          closing(socket, deadline.token()) {}
    aio::Deadline deadline;
    aio::CloseOnStop<tcp::socket> closing;
  };

  /// A handshake begins with a byte of 22, a request with a capital letter. The byte stays where it
  /// is. Source: RFC 8446, 5.1; RFC 9110, 9.1.
  aio::Task<bool> speaks_in_the_open(tcp::socket& socket, std::stop_token stop) {
    const Limit limit(clock_, co_await asio::this_coro::executor, limits_.idle, std::move(stop),
                      socket);
    error_code error;
    co_await socket.async_wait(tcp::socket::wait_read,
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    char first = 0;
    socket.receive(asio::buffer(&first, 1), tcp::socket::message_peek, error);
    co_return !error && first >= 'A' && first <= 'Z';
  }

  aio::Task<> send_away(tcp::socket& socket, std::stop_token stop) {
    boost::beast::flat_buffer unread;
    {
      const Limit limit(clock_, co_await asio::this_coro::executor, kLeaveWithin, stop, socket);
      co_await answer(socket, {400, "text/plain", "this port speaks TLS: https\n"}, false, false);
    }
    co_await let_read(socket, socket, unread, std::move(stop));
  }

  aio::Task<bool> shake_hands(TlsStream& stream, std::stop_token stop) {
    const Limit limit(clock_, co_await asio::this_coro::executor, limits_.idle, std::move(stop),
                      stream.next_layer());
    error_code error;
    co_await stream.async_handshake(asio::ssl::stream_base::server,
                                    asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }

  /// Says that nothing follows, so that nobody takes the end for a cut.
  aio::Task<> take_leave(TlsStream& stream, std::stop_token stop) {
    const Limit limit(clock_, co_await asio::this_coro::executor, kLeaveWithin, std::move(stop),
                      stream.next_layer());
    error_code ignored;
    co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
  }

  template <class Stream>
  aio::Task<> session(Stream& stream, tcp::socket& socket, bool certified, std::stop_token stop) {
    boost::beast::flat_buffer buffer;
    base::Duration wait = limits_.idle;
    bool again = true;
    while (again && !stop.stop_requested()) {
      Silent silent(silent_, socket);
      again = co_await begins(stream, socket, buffer, wait, stop);
      if (!again) break;
      const Limit limit(clock_, co_await asio::this_coro::executor, limits_.idle, stop, socket);
      again = co_await exchange(stream, socket, silent, buffer, certified, limit.deadline.token());
      wait = limits_.between;
    }
  }

  /// Waits for the first byte of a request.
  template <class Stream>
  aio::Task<bool> begins(Stream& stream, tcp::socket& socket, boost::beast::flat_buffer& buffer,
                         base::Duration wait, std::stop_token stop) {
    if (buffer.size() > 0) co_return true;
    const Limit limit(clock_, co_await asio::this_coro::executor, wait, std::move(stop), socket);
    error_code error;
    const std::size_t got = co_await stream.async_read_some(
        buffer.prepare(kReadBytes), asio::redirect_error(asio::use_awaitable, error));
    buffer.commit(got);
    co_return !error;
  }

  /// One request and its answer. False: the connection is done with.
  template <class Stream>
  aio::Task<bool> exchange(Stream& stream, tcp::socket& socket, Silent& silent,
                           boost::beast::flat_buffer& buffer, bool certified,
                           std::stop_token stop) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(limits_.body_bytes_max);
    error_code error;
    co_await http::async_read(stream, buffer, parser,
                              asio::redirect_error(asio::use_awaitable, error));
    if (!error) silent.end();
    if (error == http::error::body_limit || error == http::error::header_limit) {
      co_await answer(stream, {413, "text/plain", "the request is too long\n"}, false, false);
      co_await let_read(stream, socket, buffer, std::move(stop));
      co_return false;
    }
    if (error) {
      if (error != http::error::end_of_stream && socket.is_open() && parser.got_some()) {
        co_await answer(stream, {400, "text/plain", "not an HTTP request\n"}, false, false);
        co_await let_read(stream, socket, buffer, std::move(stop));
      }
      co_return false;
    }
    const auto request = parser.release();
    const auto text = [](boost::beast::string_view view) {
      return std::string(view.data(), view.size());
    };
    HttpRequest asked{text(request.method_string()), text(request.target()), request.body()};
    asked.certified = certified;
    asked.client = address_of_peer(socket);
    for (const auto& field : request) {
      asked.headers.push_back({text(field.name_string()), text(field.value())});
    }
    HttpReply reply = co_await handler_(std::move(asked), std::move(stop));
    const bool head = request.method() == http::verb::head;
    co_return co_await answer(stream, std::move(reply), head, request.keep_alive()) &&
        request.keep_alive();
  }

  /// Takes what a refused client still sends, until it has read why: closing over unread bytes is a
  /// reset, which overtakes the answer. Source: RFC 9112, 9.6.
  template <class Stream>
  aio::Task<> let_read(Stream& stream, tcp::socket& socket, boost::beast::flat_buffer& buffer,
                       std::stop_token stop) {
    const Limit limit(clock_, co_await asio::this_coro::executor, kLeaveWithin, std::move(stop),
                      socket);
    error_code error;
    if constexpr (std::is_same_v<Stream, tcp::socket>) {
      socket.shutdown(tcp::socket::shutdown_send, error);
    }
    buffer.clear();
    while (!error) {
      co_await stream.async_read_some(buffer.prepare(kReadBytes),
                                      asio::redirect_error(asio::use_awaitable, error));
    }
  }

  template <class Stream>
  aio::Task<bool> answer(Stream& stream, HttpReply reply, bool head, bool keep_alive) {
    http::response<http::string_body> response;
    response.result(reply.status);
    response.set(http::field::date, http1::format_date(clock_.wall_now()));
    response.set(http::field::content_type, reply.content_type);
    for (const HttpHeader& header : reply.headers) response.set(header.name, header.value);
    response.keep_alive(keep_alive);
    response.content_length(reply.body.size());
    if (!head) {
      response.body() = std::move(reply.body);
    }
    http::response_serializer<http::string_body> serializer(response);
    serializer.split(head);
    error_code error;
    if (head) {
      co_await http::async_write_header(stream, serializer,
                                        asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await http::async_write(stream, serializer,
                                 asio::redirect_error(asio::use_awaitable, error));
    }
    co_return !error;
  }

  aio::Clock& clock_;
  tcp::acceptor acceptor_;
  HttpServerLimits limits_;
  TaskHandler handler_;
  std::shared_ptr<ServerIdentity> identity_;
  std::list<Silent*> silent_;  // for the longest first
};
}  // namespace

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen(aio::Clock& clock,
                                                             const aio::Executor& executor,
                                                             const std::string& listen,
                                                             Handler handler,
                                                             HttpServerLimits limits) {
  auto server =
      std::make_unique<Server>(clock, executor, limits, task_of(std::move(handler)), nullptr);
  TRY(server->open(listen));
  return server;
}

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen_tls(
    aio::Clock& clock, const aio::Executor& executor, const std::string& listen,
    std::shared_ptr<ServerIdentity> identity, TaskHandler handler, HttpServerLimits limits) {
  auto server =
      std::make_unique<Server>(clock, executor, limits, std::move(handler), std::move(identity));
  TRY(server->open(listen));
  return server;
}

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen_tls(
    aio::Clock& clock, const aio::Executor& executor, const std::string& listen,
    std::shared_ptr<ServerIdentity> identity, Handler handler, HttpServerLimits limits) {
  return listen_tls(clock, executor, listen, std::move(identity), task_of(std::move(handler)),
                    limits);
}

}  // namespace net
