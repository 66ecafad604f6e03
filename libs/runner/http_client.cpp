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
  Exchange(const aio::Executor& executor, const net::Url& url)
      : ended(executor), parser_(expected_), url_(url) {}

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
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: muster\r\n\r\n", url_.path,
                    url_.address.text());
    if (!connection_->send(request)) fail("the connection broke");
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
  std::shared_ptr<net::Connection> connection_;
};

}  // namespace

aio::Task<base::Result<int>> HttpGet::status(std::string url, base::Duration limit,
                                             std::stop_token stop) {
  CO_TRY(const net::Url parsed, net::parse_url(url));
  std::shared_ptr<net::TlsContext> tls;
  if (parsed.tls) {
    CO_TRY(tls, net::make_tls_context({}));
  }
  Exchange exchange(executor_, parsed);
  exchange.open(executor_, std::move(tls));
  auto alarm = clock_.alarm(executor_);
  bool late = false;
  alarm->arm(clock_.now() + limit, [&exchange, &late] {
    late = true;
    exchange.ended.set();
  });
  const bool ended = co_await exchange.ended.wait(std::move(stop));
  alarm->disarm();
  exchange.close();
  if (!ended) co_return base::fail(base::Code::Cancelled, "GET " + url + " was cancelled");
  if (late) {
    co_return base::fail(base::Code::DeadlineExceeded,
                         fmt::format("GET {}: no answer in {}", url, base::human(limit)));
  }
  if (!exchange.status) {
    co_return base::fail(base::Code::Unavailable, fmt::format("GET {}: {}", url, exchange.error));
  }
  co_return *exchange.status;
}

}  // namespace runner
