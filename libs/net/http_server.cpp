#include "net/http_server.h"

#include <charconv>
#include <list>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/task_group.h"

namespace net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {
constexpr std::size_t kHeaderBytesMax = 16U << 10U;

base::Result<tcp::endpoint> endpoint_of(const std::string& listen) {
  const auto wrong = [&] {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("listen address '{}': HOST:PORT with a numeric host, or :PORT", listen));
  };
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) {
    return wrong();
  }
  std::string host = listen.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  std::uint16_t port = 0;
  const auto* begin = listen.data() + colon + 1;
  const auto* end = listen.data() + listen.size();
  const auto parsed = std::from_chars(begin, end, port);
  if (begin == end || parsed.ec != std::errc() || parsed.ptr != end) {
    return wrong();
  }
  if (host.empty()) {
    return tcp::endpoint(tcp::v4(), port);
  }
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    return wrong();
  }
  return tcp::endpoint(address, port);
}

class Server final : public HttpServer {
 public:
  Server(aio::Clock& clock, const aio::Executor& executor, Handler handler,
         const HttpServerLimits& limits)
      : clock_(clock), acceptor_(executor), handler_(std::move(handler)), limits_(limits) {}

  base::Result<> open(const std::string& listen) {
    TRY(const auto endpoint, endpoint_of(listen));
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    }
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
      // Too many clients, or no descriptor left: this one is turned away, the others are served.
      if (!error && sessions.running() < limits_.connections_max) {
        sessions.spawn(session(std::move(socket), sessions.token()));
      }
    }
    sessions.cancel();
    co_return co_await sessions.join();
  }

 private:
  aio::Task<base::Result<>> session(tcp::socket socket, std::stop_token stop) {
    boost::beast::flat_buffer buffer;
    bool again = true;
    while (again && !stop.stop_requested()) {
      aio::Deadline limit(clock_, co_await asio::this_coro::executor, clock_.now() + limits_.idle,
                          stop);
      const std::stop_callback wake(limit.token(), [&socket] {
        error_code ignored;
        socket.close(ignored);
      });
      again = co_await exchange(socket, buffer);
    }
    co_return base::Result<>{};
  }

  /// One request and its answer. False: the connection is done with.
  aio::Task<bool> exchange(tcp::socket& socket, boost::beast::flat_buffer& buffer) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(limits_.body_bytes_max);
    error_code error;
    co_await http::async_read(socket, buffer, parser,
                              asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::body_limit || error == http::error::header_limit) {
      co_await answer(socket, {413, "text/plain", "the request is too long\n"}, false, false);
      co_return false;
    }
    if (error) {
      if (error != http::error::end_of_stream && socket.is_open() && parser.got_some()) {
        co_await answer(socket, {400, "text/plain", "not an HTTP request\n"}, false, false);
      }
      co_return false;
    }
    const auto request = parser.release();
    const auto text = [](boost::beast::string_view view) {
      return std::string(view.data(), view.size());
    };
    HttpReply reply =
        handler_({text(request.method_string()), text(request.target()), request.body()});
    const bool head = request.method() == http::verb::head;
    co_return co_await answer(socket, std::move(reply), head, request.keep_alive()) &&
        request.keep_alive();
  }

  aio::Task<bool> answer(tcp::socket& socket, HttpReply reply, bool head, bool keep_alive) {
    http::response<http::string_body> response;
    response.result(reply.status);
    response.set(http::field::content_type, reply.content_type);
    response.keep_alive(keep_alive);
    response.content_length(reply.body.size());
    if (!head) {
      response.body() = std::move(reply.body);
    }
    http::response_serializer<http::string_body> serializer(response);
    serializer.split(head);
    error_code error;
    if (head) {
      co_await http::async_write_header(socket, serializer,
                                        asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await http::async_write(socket, serializer,
                                 asio::redirect_error(asio::use_awaitable, error));
    }
    co_return !error;
  }

  aio::Clock& clock_;
  tcp::acceptor acceptor_;
  Handler handler_;
  HttpServerLimits limits_;
};
}  // namespace

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen(aio::Clock& clock,
                                                             const aio::Executor& executor,
                                                             const std::string& listen,
                                                             Handler handler,
                                                             HttpServerLimits limits) {
  auto server = std::make_unique<Server>(clock, executor, std::move(handler), limits);
  TRY(server->open(listen));
  return server;
}

}  // namespace net
