// Session, from the client to the application: heads are read, go through the filters and on, and
// bodies follow as they come.
#include <cerrno>
#include <utility>

#include "sidecar/session.h"

namespace sidecar {

void Session::begin_active() {
  // The head moves to the front of its block, so that a row of requests uses one page of it.
  if (!reading_) in_.compact();
  active_ = core_.take_active();
  active_->setup = core_.setup;
  active_->began = core_.now;
  active_->exchange.client = &client_;
  phase_ = Phase::Head;
  wait(Wait::Head, core_.settings().head);
}

/// True: the request was taken up, or refused. False: more of it is awaited, or nothing is.
bool Session::read_head() {
  if (phase_ == Phase::Idle) begin_active();
  Active& active = *active_;
  http1::RequestHead& request = active.exchange.request;
  http1::Refusal refusal;
  const auto state = http1::parse_request(in_.unread(), active.setup->request_limits,
                                          active.request_progress, request, refusal);
  if (state == http1::Parse::Done) {
    in_.consume(request.bytes);
    in_.pin();
    begin_exchange();
    return true;
  }
  if (state == http1::Parse::Refused) {
    refuse(refusal.status, "bad_request", refusal.why);
    return true;
  }
  if (client_eof_) {
    core_.give_active(std::move(active_));
    close();
    return false;
  }
  read_client();
  if (!reading_) refuse(431, "head_too_large", "the head of the request is too large");
  return !reading_;
}

void Session::begin_exchange() {
  Active& active = *active_;
  http1::RequestHead& request = active.exchange.request;
  phase_ = Phase::Exchange;
  active.open = true;
  core_.figures.requests_active.add();
  active.bytes_in = request.bytes;
  const Settings& settings = active.setup->settings;
  active.request.begin(request.body, request.length, settings.body_bytes_max,
                       settings.security_headers.refused_trailer());
  if (request.form == http1::Form::Authority) {
    return refuse(501, "no_connect", "CONNECT is not served here");
  }
  if (request.host.empty()) request.host = core_.upstream_text;
  const Verdict verdict = active.setup->pipeline.on_request(active.exchange, core_.now);
  if (verdict != Verdict::Forward) return verdict == Verdict::Answer ? answer() : stand_in_line();
  go_ahead();
}

/// All filters have let it pass.
void Session::go_ahead() {
  // A fault is of the application: what is stored does not stand in for it.
  if (active_->exchange.touch.any()) return meet_fault();
  if (!consult_cache()) acquire(true);
}

/// The whole connection is one tunnel.
void Session::begin_tcp() {
  begin_active();
  active_->tunnel = active_->response_begun = true;
  active_->request.begin_tunnel();
  active_->response.begin_tunnel();
  acquire(false);
}

/// Over a kept connection if one is there and wanted, else over a new one.
void Session::acquire(bool kept) {
  phase_ = Phase::Exchange;
  active_->written_upstream = active_->request_broken = false;
  upstream_ready_ = false;
  const bool own = active_->exchange.own_service;
  upstream_ = kept && !own ? core_.pool->take() : nullptr;
  if (upstream_ != nullptr) {
    core_.figures.upstream_reuses.add();
    upstream_->attach(*this);
    upstream_ready_ = true;
    return send_request();
  }
  upstream_ = UpstreamPointer(new Upstream(core_));
  wait(Wait::Connect, core_.settings().connect);
  upstream_->connect(*this, own ? core_.own_service : core_.upstream);
}

void Session::upstream_connected(const error_code& error) {
  const Pointer self(this);  // of its own accord it may end in here
  core_.touch();
  if (error == asio::error::no_descriptors || error.value() == ENFILE) {
    fail(UpstreamError::Descriptors);
  } else if (error) {
    fail(UpstreamError::Refused);
  } else {
    upstream_ready_ = true;
    if (core_.settings().mode == Mode::Http) {
      send_request();
    } else {
      upstream_->read();
      pump_request();
    }
  }
  drive();
}

void Session::send_request() {
  Active& active = *active_;
  const http1::RequestHead& request = active.exchange.request;
  http1::forward_request(request, core_.pieces);
  Gather& gather = active.to_upstream;
  gather.clear();
  gather.add(core_.pieces);
  gather.add(active.exchange.to_upstream.lines());
  if (!request.upgrade.empty()) gather.add("Connection: upgrade\r\n");
  if (request.takes_trailers) gather.add("TE: trailers\r\nConnection: TE\r\n");
  gather.add(http1::kHeadEnd);
  const BodyWay::Step body = active.request.take(in_.unread());
  gather.add(body.pass);
  active.request_taken = body.taken;
  active.bytes_in += body.taken;
  const auto& refusal = active.request.refusal();
  if (refusal.status != 0) return refuse(refusal.status, "bad_body", refusal.why);
  const Sent sent = send_upstream();
  if (sent == Sent::Failed) return;
  upstream_->read();
  if (sent == Sent::Done) return pump_request();
  progress();
}

void Session::pump_request() {
  while (phase_ == Phase::Exchange && upstream_ready_ && !upstream_->writing()) {
    Active& active = *active_;
    if (active.request_broken || active.request_sent) return;
    if (active.request.done()) {
      active.request_sent = true;
      progress();
      return read_client();  // for the next request, or for the news that the client has gone
    }
    if (in_.empty() && !client_eof_) {
      progress();
      return read_client();
    }
    if (held_up(Way::Up, in_.unread().size())) return;
    if (in_.empty()) return request_ended();
    const BodyWay::Step body = active.request.take(in_.unread());
    const auto& refusal = active.request.refusal();
    if (refusal.status != 0) return refuse(refusal.status, "bad_body", refusal.why);
    active.to_upstream.clear();
    active.to_upstream.add(body.pass);
    active.request_taken = body.taken;
    active.bytes_in += body.taken;
    const Sent sent = send_upstream();
    if (sent == Sent::Waits) progress();
    if (sent != Sent::Done) return;
  }
}

/// The client sends no more. In a tunnel that is news for the application; in the middle of a body
/// nothing can become of the request.
void Session::request_ended() {
  Active& active = *active_;
  if (!active.tunnel) return client_gone();
  static_cast<void>(active.request.ended());
  active.request_sent = true;
  upstream_->shut_down_sending();
  if (active.response_over) response_sent();
}

Session::Sent Session::send_upstream() {
  Active& active = *active_;
  const std::size_t before = active.to_upstream.bytes();
  if (before > 0) {
    const error_code error = upstream_->write(active.to_upstream);
    if (active.to_upstream.bytes() < before) active.written_upstream = true;
    if (error == asio::error::would_block) return Sent::Waits;
    if (error) {
      upstream_broken();
      return Sent::Failed;
    }
  }
  in_.consume(std::exchange(active.request_taken, 0));
  return Sent::Done;
}

void Session::upstream_written(const error_code& error) {
  const Pointer self(this);
  core_.touch();
  if (error) {
    upstream_broken();
  } else {
    active_->written_upstream = true;
    in_.consume(std::exchange(active_->request_taken, 0));
    pump_request();
  }
  drive();
}

/// The application takes no more. It may have answered before it closed: the read will tell, unless
/// it has told all of it already.
void Session::upstream_broken() {
  active_->request_broken = true;
  if (active_->response_over) {
    finish(Ended::Upgraded);
    return reset();
  }
  if (!active_->response_begun) wait(Wait::Response, core_.settings().response);
  upstream_->read();
}

/// Something moved: what is waited for now has its whole time.
void Session::progress() {
  const Active& active = *active_;
  if (active.tunnel) return wait(Wait::Tunnel, core_.settings().tunnel_idle);
  if (active.response_begun) return wait(Wait::Stream, core_.settings().stall);
  if (active.request_sent) return wait(Wait::Response, core_.settings().response);
  wait(Wait::Body, core_.settings().stall);
}

}  // namespace sidecar
