// Session, from the application to the client: interim and final heads, bodies, upgrades.
#include <utility>

#include "sidecar/session.h"

namespace sidecar {
namespace {

/// Of one exchange. An application that sends interim heads for ever has no answer.
constexpr int kInterimMax = 32;
constexpr int kSwitchingProtocols = 101;

}  // namespace

void Session::upstream_read() {
  const Pointer self(this);
  core_.touch();
  pump_response();
  drive();
}

/// One write at a time, and a read only when everything was written.
void Session::pump_response() {
  while (phase_ == Phase::Exchange && !writing_ && upstream_ != nullptr) {
    Active& active = *active_;
    Buffer& from = upstream_->buffer;
    from.consume(std::exchange(active.response_taken, 0));
    const bool news = !from.empty() || upstream_->ended();
    if (news && held_up(Way::Down, from.unread().size())) return;
    if (!active.response_begun) {
      if (!read_response_head()) return;
      continue;
    }
    if (active.response.done()) return response_sent();
    if (from.empty()) {
      if (upstream_->ended()) return upstream_ended();
      progress();
      return upstream_->read();
    }
    const BodyWay::Step body = active.response.take(from.unread());
    if (active.response.refusal().status != 0) return fail(UpstreamError::Truncated);
    active.response_taken = body.taken;
    copy_for_cache(from.unread().substr(0, body.taken));
    active.to_client.clear();
    active.to_client.add(body.pass);
    if (send_client() != Sent::Done) return;
  }
}

/// True: go on. False: more of it is awaited, is being written, or it failed.
bool Session::read_response_head() {
  Active& active = *active_;
  Buffer& from = upstream_->buffer;
  http1::Refusal refusal;
  auto state = http1::Parse::More;
  if (from.held()) {
    state =
        http1::parse_response(from.unread(), active.exchange.request.method, core_.response_limits,
                              active.response_progress, core_.response, refusal);
  }
  if (state == http1::Parse::Refused) {
    fail(UpstreamError::Malformed);
    return false;
  }
  if (state == http1::Parse::More) {
    if (upstream_->ended()) {
      fail(UpstreamError::Closed);
    } else {
      upstream_->read();
    }
    return false;
  }
  active.response_progress = {};
  const int status = core_.response.status;
  if (status == kSwitchingProtocols && active.exchange.request.upgrade.empty()) {
    fail(UpstreamError::Malformed);
    return false;
  }
  return status >= 200 || status == kSwitchingProtocols ? begin_response() : pass_interim();
}

bool Session::pass_interim() {
  Active& active = *active_;
  if (++active.interim_count > kInterimMax) {
    fail(UpstreamError::Malformed);
    return false;
  }
  active.response_taken = core_.response.bytes;
  if (active.exchange.request.minor == 0) return true;  // it does not know any
  http1::forward_response(core_.response, core_.pieces);
  active.to_client.clear();
  active.to_client.add(core_.pieces);
  active.to_client.add(http1::kHeadEnd);
  return send_client() == Sent::Done;
}

bool Session::begin_response() {
  Active& active = *active_;
  http1::ResponseHead& head = core_.response;
  const http1::RequestHead& request = active.exchange.request;
  const bool upgrade = head.status == kSwitchingProtocols;
  const bool old_client = request.minor == 0;
  if (cache_answers(head)) return false;
  active.first_byte = core_.now - active.began;
  active.response.begin(head.body, head.length, 0,
                        active.setup->settings.security_headers.refused_trailer());
  if (head.body == http1::Body::Chunked && old_client) {
    active.response.strip_chunks();
    leave_out_field(head, "Transfer-Encoding");
    leave_out_field(head, "Trailer");
  }
  if (upgrade) begin_upgrade();
  Buffer& from = upstream_->buffer;
  from.consume(head.bytes);
  const BodyWay::Step body = active.response.take(from.unread());
  if (active.response.refusal().status != 0) {
    fail(UpstreamError::Malformed);
    return false;
  }
  active.response_taken = body.taken;
  copy_for_cache(from.unread().substr(0, body.taken));
  active.response_begun = true;
  active.status = head.status;
  const bool known_end = head.body != http1::Body::UntilClose;
  active.keep_upstream = head.keep_alive && known_end && !upgrade;
  active.keep_client =
      request.keep_alive && !old_client && known_end && active.request_sent && !core_.draining;
  return send_response(upgrade, body.pass);
}

/// The head and what came with it of the body, in one write.
bool Session::send_response(bool upgrade, std::string_view body) {
  Active& active = *active_;
  Exchange& exchange = active.exchange;
  exchange.response = &core_.response;
  active.setup->pipeline.on_response(exchange);
  exchange.response = nullptr;
  if (!core_.response.dated) exchange.to_client.add_lines(core_.date_line());  // RFC 9110, 6.6.1
  http1::forward_response(core_.response, core_.pieces);
  Gather& gather = active.to_client;
  gather.clear();
  gather.add(core_.pieces);
  gather.add(exchange.to_client.lines());
  if (upgrade) {
    gather.add("Connection: upgrade\r\n");
  } else if (!active.keep_client) {
    gather.add("Connection: close\r\n");
  }
  gather.add(http1::kHeadEnd);
  gather.add(body);
  const Sent sent = send_client();
  if (upgrade && sent != Sent::Failed) pump_request();
  return sent == Sent::Done;
}

/// What the client has sent already, or sends before it knows, is of the new protocol.
void Session::begin_upgrade() {
  Active& active = *active_;
  active.tunnel = true;
  active.response.begin_tunnel();
  active.request.begin_tunnel();
  active.request_sent = false;
}

void Session::upstream_ended() {
  Active& active = *active_;
  const bool proper = upstream_->error() == asio::error::eof;
  if (!proper || !active.response.ended()) return fail(UpstreamError::Truncated);
  response_sent();
}

/// The last byte is with the system.
void Session::response_sent() {
  Active& active = *active_;
  if (active.tunnel) {
    if (!std::exchange(active.response_over, true)) end_sending();
    if (!active.request_sent) return pump_request();
    finish(Ended::Upgraded);
    return close();
  }
  // One that was promised to live on in a drain gets its next answer with the news.
  const bool keep = active.keep_client;
  if (active.keep_upstream && active.request_sent) {
    keep_upstream();
  } else {
    drop_upstream();
  }
  finish(Ended::Complete);
  if (!keep) linger();
}

Session::Sent Session::send_client() {
  Gather& gather = active_->to_client;
  if (gather.empty()) return Sent::Done;
  const std::size_t before = gather.bytes();
  error_code error;
  if (tls_ != nullptr) {
    error = write_secure(gather);
  } else {
    gather.advance(client_socket_.write_some(GatherView(gather), error));
  }
  const std::size_t sent = before - gather.bytes();
  active_->bytes_out += sent;
  core_.figures.sent_bytes.add(sent);
  if (error && error != asio::error::would_block) {
    client_gone();
    return Sent::Failed;
  }
  if (gather.empty()) return Sent::Done;
  writing_ = true;
  progress();
  await_client(gather);
  return Sent::Waits;
}

void Session::await_client(Gather& gather) {
  if (tls_ != nullptr) return await_secure(gather);
  client_socket_.async_write_some(
      GatherView(gather),
      [self = Pointer(this), &gather](const error_code& error, std::size_t count) {
        if (self->phase_ == Phase::Closed) return;
        self->core_.touch();
        self->active_->bytes_out += count;
        self->core_.figures.sent_bytes.add(count);
        gather.advance(count);
        if (!error && !gather.empty()) {
          self->progress();
          return self->await_client(gather);
        }
        self->client_written(error, count);
      });
}

void Session::client_written(const error_code& error, std::size_t /*count*/) {
  writing_ = false;
  if (error) return client_gone();
  if (phase_ == Phase::Replying) {
    replied();
  } else {
    pump_response();
  }
  drive();
}

}  // namespace sidecar
