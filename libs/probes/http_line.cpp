#include "probes/http_line.h"

#include <utility>

namespace probes {

using drill::Cause;
using State = net::HttpResponseParser::State;

HttpLine::HttpLine(const aio::Executor& executor, LinkTarget target)
    : executor_(executor), target_(std::move(target)), changed_(executor, aio::Event::Mode::Auto) {}

HttpLine::~HttpLine() {
  drop();
}

void HttpLine::connect() {
  connection_ = target_.connection(executor_, *this);
  connection_->connect();
}

void HttpLine::drop() {
  if (connection_ != nullptr) {
    connection_->close();
    connection_.reset();
  }
  connected_ = false;
}

void HttpLine::end(const Completion& completion) {
  ended_ = completion;
  changed_.set();
}

/// A connection that can be written to. Something: there is none, and why.
aio::Task<std::optional<Completion>> HttpLine::stand(std::stop_token stop) {
  if (connected_ && !connection_->stands()) drop();
  if (connection_ == nullptr) connect();
  while (!connected_ && !ended_) {
    if (co_await changed_.wait(stop)) continue;
    drop();
    co_return completion_of(Cause::Stopped, false, false);
  }
  co_return ended_;
}

aio::Task<Completion> HttpLine::ask(HttpExchange exchange, const net::CookieJar& cookies,
                                    std::stop_token stop) {
  ask_.begin(std::move(exchange), target_.address, cookies);
  ended_.reset();
  changed_.reset();
  answered_ = sent_ = false;
  active_ = true;
  // Twice, for a connection that broke between the look at it and the first byte.
  for (int attempt = 0; attempt < 2 && !sent_ && !ended_; ++attempt) {
    if (const auto failed = co_await stand(stop)) {
      active_ = false;
      co_return *failed;
    }
    sent_ = connection_->send(ask_.text());
    if (!sent_) drop();
  }
  if (!sent_) end(Completion::fail(Cause::Refused));
  while (!ended_) {
    if (co_await changed_.wait(stop)) continue;
    drop();
    ended_ = completion_of(Cause::Stopped, true, sent_);
  }
  active_ = false;
  co_return *ended_;
}

void HttpLine::on_connected() {
  connected_ = true;
  changed_.set();
}

void HttpLine::on_data(std::string_view bytes) {
  if (!active_ || !sent_ || ended_) {
    drop();                                                          // nobody asked for it
    if (active_ && !ended_) end(Completion::fail(Cause::Protocol));  // nor has anything been asked
    return;
  }
  const State state = ask_.answer().feed(bytes);
  if (state == State::More) return;
  answered_ = state == State::Done;
  if (!answered_ || !ask_.answer().keep_alive()) drop();
  end(answered_ ? ask_.judged() : Completion::info(Cause::Protocol));
}

void HttpLine::on_failed(net::Failure failure, const std::string&) {
  drop();
  if (!active_ || ended_) return;
  if (sent_ && failure == net::Failure::Closed && ask_.answer().closed() == State::Done) {
    answered_ = true;
    end(ask_.judged());
    return;
  }
  end(completion_of(failure, sent_));
}

}  // namespace probes
