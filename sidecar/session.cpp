#include "sidecar/session.h"

#include <algorithm>
#include <utility>

#include "net/listening.h"

namespace sidecar {
namespace {

constexpr base::Duration kDozeAfter = base::seconds(1);
constexpr base::Duration kLinger = base::seconds(1);
constexpr std::uint64_t kDiscardedBytesMax = std::uint64_t{1} << 20U;
/// How long a kept connection that says nothing outlives the beginning of a drain: a request that
/// is on its way already is answered, with the news that no other will be.
constexpr base::Duration kDrainIdle = base::seconds(1);

Client client_of(const tcp::endpoint& peer) {
  Client out;
  const auto address = net::plain_address(peer.address());
  const auto v6 = address.is_v6() ? address.to_v6()
                                  : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
  const auto bytes = v6.to_bytes();
  std::ranges::copy(bytes, out.bytes.begin());
  out.address = address.to_string();
  out.port = peer.port();
  return out;
}

}  // namespace

Session::Session(Core& core, Socket socket, const tcp::endpoint& peer)
    : core_(core),
      client_socket_(std::move(socket)),
      client_(client_of(peer)),
      in_(core.blocks),
      timer_(this, [](void* self) { static_cast<Session*>(self)->ring(); }) {}

Session::~Session() = default;

void Session::start(Core& core, Socket socket, const tcp::endpoint& peer) {
  core.touch();
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  const Pointer session(new Session(core, std::move(socket), peer));
  intrusive_ptr_add_ref(session.get());  // the core's own, until close()
  core.enter(*session);
  if (!core.settings().tls_cert_file.empty()) return session->begin_tls();
  session->begin();
}

void Session::begin() {
  if (core_.settings().mode == Mode::Tcp) return begin_tcp();
  phase_ = Phase::Idle;
  rest();
}

void Session::drain() {
  core_.touch();
  const bool quiet = phase_ == Phase::Idle && in_.empty();
  if (quiet) wait(Wait::Idle, kDrainIdle);
  if (phase_ == Phase::Handshake) limit_handshake();
}

void Session::cut() {
  const Pointer self(this);
  core_.touch();
  if (active_ != nullptr) finish(Ended::Cut);
  reset();
}

void Session::read_client() {
  if (reading_ || client_eof_ || phase_ == Phase::Closed) return;
  if (tls_ != nullptr) return read_secure();
  in_.hold();
  in_.compact();
  const auto room = in_.room();
  if (room.empty()) return;
  reading_ = true;
  client_socket_.async_read_some(
      asio::buffer(room.data(), room.size()),
      [self = Pointer(this)](const error_code& error, std::size_t count) {
        self->client_read(error, count);
      });
}

void Session::client_read(const error_code& error, std::size_t count) {
  core_.touch();
  reading_ = false;
  if (phase_ == Phase::Closed) return;
  if (dozing_) {  // only that cancels a read, and it may have been too late for it
    dozing_ = false;
    if (error == asio::error::operation_aborted && phase_ == Phase::Idle) return wake_up();
  }
  in_.fill(count);
  core_.figures.received_bytes.add(count);
  if (error == asio::error::eof) {
    client_eof_ = true;
  } else if (error) {
    return client_gone();
  }
  if (phase_ == Phase::Lingering) return discard();
  if (phase_ == Phase::Exchange) active_->in_line != 0 ? look_at_line() : pump_request();
  drive();
}

/// The buffer goes back; what comes next wakes the connection up.
void Session::wake_up() {
  in_.release();
  reading_ = true;
  client_socket_.async_wait(Socket::wait_read, [self = Pointer(this)](const error_code& error) {
    self->reading_ = false;
    if (self->phase_ == Phase::Closed) return;
    if (error) return self->close();
    self->read_client();
  });
}

/// Takes up requests for as long as there are any in the buffer. Everything that ends an exchange
/// returns to here instead of beginning the next one, so that a row of them needs no stack.
void Session::drive() {
  while (phase_ == Phase::Idle || phase_ == Phase::Head) {
    if (phase_ == Phase::Idle && in_.empty()) return client_eof_ ? close() : rest();
    if (!read_head()) return;
  }
}

void Session::rest() {
  if (core_.draining) {
    wait(Wait::Idle, kDrainIdle);
  } else {
    wait(Wait::Doze, kDozeAfter);
  }
  read_client();
}

/// The timer is moved only to an earlier time. To a later one it goes when it rings, which costs a
/// connection in use nothing.
void Session::wait(Wait what, base::Duration length) {
  wait_ = what;
  deadline_ = core_.now + length;
  if (timer_.armed() && armed_for_ <= deadline_) return;
  armed_for_ = deadline_;
  core_.timers.arm(timer_, deadline_);
}

void Session::ring() {
  const Pointer self(this);
  core_.touch();
  if (phase_ == Phase::Closed) return;
  if (core_.now < deadline_) {
    armed_for_ = deadline_;
    return core_.timers.arm(timer_, deadline_);
  }
  const bool idle = phase_ == Phase::Idle;
  too_late();
  if (!idle) drive();
}

void Session::doze() {
  wait(Wait::Idle, std::max(core_.settings().idle - kDozeAfter, base::Duration{}));
  if (!reading_ || !in_.empty()) return;
  if (tls_ != nullptr) return in_.release();  // its reads wait without a buffer
  dozing_ = true;
  error_code ignored;
  client_socket_.cancel(ignored);
}

void Session::too_late() {
  switch (wait_) {
    case Wait::Handshake: return handshake_failed(TlsFailure::Timeout);
    case Wait::Doze: return doze();
    case Wait::Idle:
    case Wait::Linger: return close();
    case Wait::Head: return refuse(408, "head_timeout", "the head of the request took too long");
    case Wait::Flight: stop_waiting(); return look_up();
    case Wait::Remote:
      core_.waiting.erase(active_->cache->number);
      active_->cache->find = nullptr;
      return lead_on();
    case Wait::Connect: return fail(UpstreamError::ConnectTimeout);
    case Wait::Response: return fail(UpstreamError::ResponseTimeout);
    case Wait::Body:
      // Whoever is waited for is to blame: the client for bytes, or the application to take them.
      if (upstream_ != nullptr && upstream_->writing()) return fail(UpstreamError::ResponseTimeout);
      return refuse(408, "body_timeout", "the body of the request took too long");
    case Wait::Stream: return writing_ ? client_gone() : fail(UpstreamError::Truncated);
    case Wait::Tunnel: finish(Ended::Upgraded); return close();
    case Wait::Turn: return ask_again();
    case Wait::Fault: return end_in_fault();  // whoever stands there looks more often than this
  }
}

/// Closing a socket with unread bytes sends a reset, which may destroy what the client has not read
/// yet: first only the sending half is closed.
/// Source: RFC 9112, 9.6.
void Session::linger() {
  if (phase_ == Phase::Closed) return;
  end_sending();
  if (client_eof_) return close();
  phase_ = Phase::Lingering;
  wait(Wait::Linger, kLinger);
  if (!reading_) discard();
}

void Session::discard() {
  discarded_bytes_ += in_.unread().size();
  in_.consume(in_.unread().size());
  if (client_eof_ || discarded_bytes_ > kDiscardedBytesMax) return close();
  in_.unpin();
  read_client();
}

/// What was on its way through a tunnel may not be all: the application must not take its end for a
/// proper one.
void Session::client_gone() {
  if (active_ != nullptr && active_->tunnel && upstream_ != nullptr) upstream_->forsake();
  if (active_ != nullptr) finish(Ended::ClientGone);
  close();
}

void Session::close() {
  if (phase_ == Phase::Closed) return;
  const Pointer self(this);
  if (active_ != nullptr) finish(Ended::ClientGone);
  if (tls_ != nullptr && !writing_) static_cast<void>(tls_->leave());
  phase_ = Phase::Closed;
  drop_upstream();
  core_.timers.disarm(timer_);
  error_code ignored;
  client_socket_.close(ignored);
  in_.release();
  core_.leave(*this);
  intrusive_ptr_release(this);
}

/// Ends the connection so that the client cannot take it for a proper end.
void Session::reset() {
  error_code ignored;
  client_socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  tls_ = nullptr;  // which would say that all is well
  close();
}

}  // namespace sidecar
