#include "runner/http_client.h"

#include <memory>
#include <optional>

#include <fmt/format.h>

#include "aio/event.h"
#include "net/connection.h"
#include "net/http_response.h"
#include "net/url.h"

namespace runner {
namespace {

/// One exchange; `ended` is set when `status` or `error` is known.
class Exchange final : public net::ConnectionEvents {
 public:
  Exchange(const aio::Executor& executor, net::Url url, std::string request)
      : ended(executor), parser_(expected_), url_(std::move(url)), request_(std::move(request)) {}

  void open(const aio::Executor& executor, std::shared_ptr<net::TlsContext> tls) {
    connection_ = tls ? net::make_tls(executor, url_.address, std::move(tls), *this)
                      : net::make_tcp(executor, url_.address, *this);
    connection_->connect();
  }
  void close() { connection_->close(); }

  aio::Event ended;
  std::optional<int> status;
  std::string error;

 private:
  void on_connected() override {
    if (!connection_->send(request_)) fail("the connection broke");
  }
  void on_data(std::string_view bytes) override { take(parser_.feed(bytes)); }
  void on_failed(net::Failure failure, const std::string& detail) override {
    if (failure == net::Failure::Closed && parser_.started()) {
      take(parser_.closed());
    } else {
      fail(detail);
    }
  }
  void take(net::HttpResponseParser::State state) {
    if (state == net::HttpResponseParser::State::Done) {
      status = static_cast<int>(parser_.status());
      ended.set();
    } else if (state == net::HttpResponseParser::State::Broken) {
      fail("the answer is no HTTP");
    }
  }
  void fail(const std::string& why) {
    if (ended.is_set()) return;
    error = why;
    ended.set();
  }

  net::HttpExpectation expected_;
  net::HttpResponseParser parser_;
  net::Url url_;
  std::string request_;
  std::shared_ptr<net::Connection> connection_;
};

std::string head(const char* method, const net::Url& url) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: muster\r\n", method, url.path,
                     url.address.text());
}

std::string request_of(const HttpPost& post, const net::Url& url) {
  std::string out = head("POST", url);
  for (const auto& [name, value] : post.headers) out += fmt::format("{}: {}\r\n", name, value);
  out += fmt::format(
      "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
      post.body.size(), post.body);
  return out;
}

/// `what` names the exchange in errors.
aio::Task<base::Result<int>> exchange_of(aio::Clock& clock, aio::Executor executor, net::Url url,
                                         std::string request, std::string what,
                                         base::Duration limit, std::stop_token stop) {
  std::shared_ptr<net::TlsContext> tls;
  if (url.tls) {
    CO_TRY(tls, net::make_tls_context({}));
  }
  Exchange exchange(executor, std::move(url), std::move(request));
  exchange.open(executor, std::move(tls));
  auto alarm = clock.alarm(executor);
  bool late = false;
  alarm->arm(clock.now() + limit, [&exchange, &late] {
    late = true;
    exchange.ended.set();
  });
  const bool ended = co_await exchange.ended.wait(std::move(stop));
  alarm->disarm();
  exchange.close();
  if (!ended) co_return base::fail(base::Code::Cancelled, what + " was cancelled");
  if (late) {
    co_return base::fail(base::Code::DeadlineExceeded,
                         fmt::format("{}: no answer in {}", what, base::human(limit)));
  }
  if (!exchange.status) {
    co_return base::fail(base::Code::Unavailable, fmt::format("{}: {}", what, exchange.error));
  }
  co_return *exchange.status;
}

}  // namespace

aio::Task<base::Result<int>> HttpGet::status(std::string url, base::Duration limit,
                                             std::stop_token stop) {
  CO_TRY(net::Url parsed, net::parse_url(url));
  parsed.address.names = names_;
  std::string request = head("GET", parsed) + "\r\n";
  co_return co_await exchange_of(clock_, executor_, std::move(parsed), std::move(request),
                                 "GET " + url, limit, std::move(stop));
}

aio::Task<base::Result<int>> http_post(aio::Clock& clock, aio::Executor executor,
                                       const HttpPost& post, base::Duration limit,
                                       std::stop_token stop) {
  CO_TRY(net::Url url, net::parse_url(post.url));
  std::string request = request_of(post, url);
  std::string what = "POST to " + url.address.text();
  co_return co_await exchange_of(clock, std::move(executor), std::move(url), std::move(request),
                                 std::move(what), limit, std::move(stop));
}

}  // namespace runner
