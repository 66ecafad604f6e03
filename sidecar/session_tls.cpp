// Session, over TLS: the handshake, and what reading, writing and the end of sending are there. The
// socket is waited for, and OpenSSL reads and writes it itself. A wait needs no buffer, so that a
// connection that says nothing holds none.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "aio/clock.h"
#include "sidecar/session.h"

namespace sidecar {
namespace {

/// A handshake takes two ways there and back; whoever needs longer does not hold up a drain.
constexpr base::Duration kDrainHandshake = base::seconds(3);

TlsFailure failure_of(net::TlsFault fault) {
  switch (fault) {
    case net::TlsFault::NotTls: return TlsFailure::NotTls;
    case net::TlsFault::Closed: return TlsFailure::Closed;
    case net::TlsFault::Refused: return TlsFailure::Refused;
  }
  return TlsFailure::Refused;
}

}  // namespace

void Session::begin_tls() {
  phase_ = Phase::Handshake;
  client_.tls = true;
  accepted_ = aio::now();
  // There is no certificate yet, and nobody is served in the open for that.
  if (core_.tls == nullptr) return handshake_failed(TlsFailure::Refused);
  auto stream = net::ServerStream::create(core_.tls, client_socket_.native_handle());
  if (!stream) return handshake_failed(TlsFailure::Refused);
  tls_ = std::move(*stream);
  limit_handshake();
  shake_hands();
}

void Session::limit_handshake() {
  const base::Duration head = core_.settings().head;
  wait(Wait::Handshake, core_.draining ? std::min(head, kDrainHandshake) : head);
}

void Session::shake_hands() {
  const base::TimePoint began = aio::now();
  const net::TlsState state = tls_->shake_hands();
  const base::TimePoint ended = aio::now();
  handshake_took_ += ended - began;
  if (state == net::TlsState::Done) {
    core_.crypto.add(alert::EncryptionKind::TlsHandshake, handshake_took_, ended - accepted_);
    (tls_->resumed() ? core_.figures.tls_resumed : core_.figures.tls_full).add();
    return begin();
  }
  if (state == net::TlsState::Failed) return handshake_failed(failure_of(tls_->fault()));
  const auto what = state == net::TlsState::WantsWrite ? Socket::wait_write : Socket::wait_read;
  client_socket_.async_wait(what, [self = Pointer(this)](const error_code& error) {
    if (self->phase_ != Phase::Handshake) return;
    self->core_.touch();
    if (error) return self->handshake_failed(TlsFailure::Closed);
    self->shake_hands();
  });
}

void Session::handshake_failed(TlsFailure failure) {
  core_.figures.tls_failures[static_cast<std::size_t>(failure)].add();
  close();
}

void Session::read_secure() {
  if (in_.held()) {
    in_.compact();
    if (in_.room().empty()) return;
  }
  reading_ = true;
  if (tls_->holds()) {
    return asio::post(core_.context, [self = Pointer(this)] { self->secure_ready({}); });
  }
  await_read(Socket::wait_read);
}

void Session::await_read(Socket::wait_type what) {
  client_socket_.async_wait(
      what, [self = Pointer(this)](const error_code& error) { self->secure_ready(error); });
}

void Session::secure_ready(const error_code& error) {
  if (phase_ == Phase::Closed) return;
  if (error) return client_read(error, 0);
  in_.hold();
  in_.compact();
  std::size_t count = 0;
  switch (tls_->read(in_.room(), count)) {
    case net::TlsState::Done: return client_read({}, count);
    case net::TlsState::Ended: return client_read(asio::error::eof, 0);
    case net::TlsState::WantsRead: return await_read(Socket::wait_read);
    case net::TlsState::WantsWrite: return await_read(Socket::wait_write);
    case net::TlsState::Cut:
    case net::TlsState::Failed: return client_read(asio::error::connection_reset, 0);
  }
}

/// Pieces become records: as few as there can be, since each has its cost.
error_code Session::write_secure(Gather& gather) {
  while (!gather.empty()) {
    std::size_t count = 0;
    const net::TlsState state = tls_->write(gather.front(core_.record), count);
    if (state == net::TlsState::WantsWrite) return asio::error::would_block;
    if (state != net::TlsState::Done) return asio::error::broken_pipe;
    gather.advance(count);
  }
  return {};
}

void Session::await_secure(Gather& gather) {
  client_socket_.async_wait(Socket::wait_write,
                            [self = Pointer(this), &gather](const error_code& error) {
                              if (self->phase_ == Phase::Closed) return;
                              self->core_.touch();
                              const std::size_t before = gather.bytes();
                              const error_code outcome = error ? error : self->write_secure(gather);
                              const std::size_t sent = before - gather.bytes();
                              self->active_->bytes_out += sent;
                              self->core_.figures.sent_bytes.add(sent);
                              if (outcome != asio::error::would_block)
                                return self->client_written(outcome, sent);
                              if (sent > 0) self->progress();
                              self->await_secure(gather);
                            });
}

/// In the open the end of the stream says it. Over TLS anybody on the way could end the stream.
void Session::end_sending() {
  if (tls_ != nullptr && tls_->leave() == net::TlsState::WantsWrite) {
    client_socket_.async_wait(Socket::wait_write, [self = Pointer(this)](const error_code& error) {
      if (self->phase_ != Phase::Closed && !error) self->end_sending();
    });
    return;
  }
  error_code ignored;
  client_socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace sidecar
