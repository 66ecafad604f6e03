#include "runner/unix_link.h"

#include <array>
#include <filesystem>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "aio/close_on_stop.h"
#include "aio/task_group.h"
#include "aio/unix_path.h"

namespace runner {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;
using Failure = boost::system::error_code;

constexpr std::size_t kPiece = 65536;

tl::unexpected<base::Error> failed(const std::string& what, const Failure& error,
                                   const std::stop_token& stop) {
  if (stop.stop_requested()) return base::fail(base::Code::Cancelled, what);
  return base::fail(base::Code::Unavailable, fmt::format("{}: {}", what, error.message()));
}

/// What can be read next; empty: its end.
template <class Stream>
aio::Task<base::Result<std::string>> read_some(Stream& stream, std::string what,
                                               std::stop_token stop) {
  std::string out(kPiece, '\0');
  Failure error;
  std::size_t size = 0;
  {
    const aio::CloseOnStop closing(stream, stop);
    size = co_await stream.async_read_some(asio::buffer(out),
                                           asio::redirect_error(asio::use_awaitable, error));
  }
  if (error && error != asio::error::eof) co_return failed(what, error, stop);
  out.resize(size);
  co_return out;
}

template <class Stream>
aio::Task<base::Result<>> write_all(Stream& stream, std::string bytes, std::string what,
                                    std::stop_token stop) {
  Failure error;
  {
    const aio::CloseOnStop closing(stream, stop);
    co_await asio::async_write(stream, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  if (error) co_return failed(what, error, stop);
  co_return base::Result<>{};
}

class UnixLink final : public Link {
 public:
  UnixLink(Protocol::socket socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)) {}

  aio::Task<base::Result<std::string>> read(std::stop_token stop) override {
    return read_some(socket_, path_, std::move(stop));
  }
  aio::Task<base::Result<>> write(std::string bytes, std::stop_token stop) override {
    return write_all(socket_, std::move(bytes), path_, std::move(stop));
  }
  aio::Task<> close(std::stop_token /*stop*/) override {
    aio::close_now(socket_);
    co_return;
  }

 private:
  Protocol::socket socket_;
  std::string path_;
};

base::Result<> listen_at(Protocol::acceptor& acceptor, const std::string& path) {
  TRY(aio::check_unix_path(path));
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  Failure error;
  acceptor.open(Protocol(), error);
  if (!error) acceptor.bind(Protocol::endpoint(path), error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed(path, error, {});
  std::error_code wrong;
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write, wrong);
  if (wrong) return base::fail_errno("mode of " + path, wrong.value());
  return {};
}

aio::Task<base::Result<>> serve_one(std::unique_ptr<Link> link, ServeLink serve,
                                    std::stop_token stop) {
  co_await serve(*link, std::move(stop));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> accept_all(Protocol::acceptor& acceptor, std::string path,
                                     const ServeLink& serve, aio::TaskGroup& serving,
                                     std::stop_token stop) {
  std::stop_source newest;
  const std::stop_callback ending(stop, [&newest] { newest.request_stop(); });
  while (true) {
    Protocol::socket socket(acceptor.get_executor());
    Failure error;
    {
      const aio::CloseOnStop closing(acceptor, stop);
      co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    }
    // Of a connection that was cut at the other end nothing may ever be heard again.
    newest.request_stop();
    if (error) co_return failed(path, error, stop);
    newest = std::stop_source();
    serving.spawn(
        serve_one(std::make_unique<UnixLink>(std::move(socket), path), serve, newest.get_token()));
  }
}

/// `end`: told when `from` has ended.
template <class From, class To>
aio::Task<base::Result<>> carry(From& from, To& to, std::stop_source& end, std::stop_token stop) {
  while (true) {
    auto bytes = co_await read_some(from, "the link", stop);
    if (!bytes || bytes->empty()) break;
    if (!co_await write_all(to, std::move(*bytes), "the link", stop)) break;
  }
  end.request_stop();
  co_return base::Result<>{};
}

}  // namespace

aio::Task<base::Result<std::unique_ptr<Link>>> connect_unix(std::string path,
                                                            std::stop_token stop) {
  CO_TRY(aio::check_unix_path(path));
  Protocol::socket socket(co_await asio::this_coro::executor);
  Failure error;
  {
    const aio::CloseOnStop closing(socket, stop);
    co_await socket.async_connect(Protocol::endpoint(path),
                                  asio::redirect_error(asio::use_awaitable, error));
  }
  if (error) co_return failed(path, error, stop);
  co_return std::make_unique<UnixLink>(std::move(socket), std::move(path));
}

aio::Task<base::Result<>> serve_unix(std::string path, ServeLink serve, std::stop_token stop) {
  const aio::Executor executor = co_await asio::this_coro::executor;
  Protocol::acceptor acceptor(executor);
  CO_TRY(listen_at(acceptor, path));
  aio::TaskGroup serving(executor);
  auto done = co_await accept_all(acceptor, path, serve, serving, stop);
  static_cast<void>(co_await serving.join());
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  co_return done;
}

aio::Task<base::Result<>> relay_unix(std::string path, int in, int out, std::stop_token stop) {
  const aio::Executor executor = co_await asio::this_coro::executor;
  CO_TRY(aio::check_unix_path(path));
  Protocol::socket socket(executor);
  Failure error;
  socket.connect(Protocol::endpoint(path), error);
  if (error) co_return failed(path, error, stop);
  asio::posix::stream_descriptor from(executor);
  asio::posix::stream_descriptor to(executor);
  from.assign(::dup(in), error);
  if (!error) to.assign(::dup(out), error);
  if (error) co_return failed("standard input and output", error, stop);
  std::stop_source end;
  const std::stop_callback ending(stop, [&end] { end.request_stop(); });
  aio::TaskGroup both(executor);
  both.spawn(carry(from, socket, end, end.get_token()));
  both.spawn(carry(socket, to, end, end.get_token()));
  co_return co_await both.join();
}

}  // namespace runner
