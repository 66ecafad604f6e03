#include "net/name_query.h"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "aio/entropy.h"

namespace net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
NameReply failed(const error_code& error) {
  return {
      error == asio::error::connection_refused ? NameOutcome::NobodyListens : NameOutcome::NoRoute,
      {},
      0};
}
}  // namespace

void NameQuery::ask(Done done, NameRecord record) {
  done_ = std::move(done);
  record_ = record;
  id_ = static_cast<std::uint16_t>(aio::seed());
  NameReply reply{NameOutcome::NotAName, {}, 0};
  if (const auto question = dns_question(name_, id_, record_)) {
    error_code error;
    socket_.open(server_.protocol(), error);
    if (!error) socket_.connect(server_, error);
    if (!error) socket_.non_blocking(true, error);
    if (!error) socket_.send(asio::buffer(*question), 0, error);
    if (!error) {
      sent_ = true;
      receive();
      return;
    }
    reply = failed(error);
  }
  answer(std::move(reply), std::move(done_));
}

void NameQuery::answer(NameReply reply, Done done) {
  done_ = std::move(done);
  asio::post(socket_.get_executor(),
             [self = shared_from_this(), reply = std::move(reply)] { self->end(reply); });
}

void NameQuery::receive() {
  socket_.async_receive(asio::buffer(received_), [self = shared_from_this()](
                                                     const error_code& error, std::size_t bytes) {
    if (!self->done_) return;
    if (error) return self->end(failed(error));
    auto reply = dns_reply({self->received_.data(), bytes}, self->name_, self->id_, self->record_);
    if (!reply) return self->receive();
    self->end(std::move(*reply));
  });
}

void NameQuery::end(NameReply reply) {
  const Done done = std::exchange(done_, nullptr);
  cancel();
  if (done) done(reply);
}

void NameQuery::cancel() {
  done_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace net
