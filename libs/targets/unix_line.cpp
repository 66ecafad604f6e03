#include "targets/unix_line.h"

#include <array>
#include <memory>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "aio/close_on_stop.h"
#include "aio/deadline.h"
#include "aio/unix_path.h"

namespace targets {
namespace {

namespace asio = aio::asio;
using Socket = asio::local::stream_protocol::socket;
using Failure = boost::system::error_code;

constexpr std::size_t kAnswerBytesMax = 1UL << 20U;

tl::unexpected<base::Error> failed(const std::string& path, const Failure& error,
                                   const std::stop_token& stop) {
  if (stop.stop_requested()) {
    return base::fail(base::Code::Cancelled, path);
  }
  return base::fail(base::Code::Unavailable, fmt::format("{}: {}", path, error.message()),
                    base::Retry::Backoff);
}

aio::Task<base::Result<std::string>> converse(std::string path, std::string question, AnswerEnd end,
                                              std::stop_token stop) {
  CO_TRY(aio::check_unix_path(path));
  Socket socket(co_await asio::this_coro::executor);
  const aio::CloseOnStop closing(socket, stop);
  Failure error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await socket.async_connect(asio::local::stream_protocol::endpoint(path), token);
  if (!error) {
    co_await asio::async_write(socket, asio::buffer(question), token);
  }
  if (error) {
    co_return failed(path, error, stop);
  }
  std::string answer;
  std::array<char, 4096> buffer{};
  while (answer.size() <= kAnswerBytesMax) {
    const std::size_t size = co_await socket.async_read_some(asio::buffer(buffer), token);
    answer.append(buffer.data(), size);
    const auto line_end = answer.find('\n');
    if (end == AnswerEnd::Line && line_end != std::string::npos) {
      co_return answer.substr(0, line_end);
    }
    if (error == asio::error::eof && end == AnswerEnd::Close) {
      co_return answer;
    }
    if (error) {
      co_return failed(path, error, stop);
    }
  }
  co_return base::fail(base::Code::ResourceExhausted,
                       fmt::format("{}: answer longer than {} bytes", path, kAnswerBytesMax));
}

}  // namespace

aio::Task<base::Result<std::string>> ask_socket(aio::Clock& clock, std::string path,
                                                std::string question, AnswerEnd end,
                                                base::Duration limit, std::stop_token stop) {
  const base::TimePoint when = clock.now() + limit;
  co_return co_await aio::with_deadline(clock, when, stop, path, [&](std::stop_token token) {
    return converse(path, question, end, std::move(token));
  });
}

}  // namespace targets
