// One user's connection to an application, kept open as a browser keeps it: one request at a time,
// as a coroutine. It connects when it has to. A connection that the server closed while it was idle
// is noticed before anything is sent on it, and replaced: that is the server's right, and no error.
// Once a byte of the request was sent nothing is repeated.
// Thread: one executor.
#pragma once

#include <memory>
#include <stop_token>

#include "aio/event.h"
#include "probes/http_exchange.h"

namespace probes {

class HttpLine final : private net::ConnectionEvents {
 public:
  HttpLine(const aio::Executor& executor, LinkTarget target);
  ~HttpLine();
  HttpLine(const HttpLine&) = delete;
  HttpLine& operator=(const HttpLine&) = delete;

  /// Asks, with these cookies; what the answer was is in last(). Ok, or what http_exchange.h makes
  /// of the answer, or what was lost. Cancellation: cause Stopped, and the connection is dropped.
  aio::Task<Completion> ask(HttpExchange exchange, const net::CookieJar& cookies,
                            std::stop_token stop);
  /// Of the last answer. Meaningful if `answered()`.
  HttpAsk& last() { return ask_; }
  bool answered() const { return answered_; }

 private:
  aio::Task<std::optional<Completion>> stand(std::stop_token stop);
  void connect();
  void drop();
  void end(const Completion& completion);
  void on_connected() override;
  void on_data(std::string_view bytes) override;
  void on_failed(net::Failure failure, const std::string& detail) override;

  aio::Executor executor_;
  LinkTarget target_;
  std::shared_ptr<net::Connection> connection_;
  bool connected_ = false;
  bool active_ = false;  // a request waits for its answer
  bool sent_ = false;
  bool answered_ = false;
  HttpAsk ask_;
  std::optional<Completion> ended_;
  aio::Event changed_;
};

}  // namespace probes
