// Session, what the sidecar itself says: answers of filters, refusals, and what becomes of a
// request when the application has no answer.
//   503  nobody takes a connection, or this process has no descriptor left: nothing was sent
//   504  the connection or the response took too long
//   502  the connection ended before a response, or what came was none
#include <algorithm>
#include <array>
#include <utility>

#include "sidecar/error_reply.h"
#include "sidecar/session.h"

namespace sidecar {
namespace {

struct Failure {
  int status;
  std::string_view reason, message;
};

Failure failure_of(UpstreamError kind) {
  switch (kind) {
    case UpstreamError::Refused:
      return {503, "upstream_refused", "the application takes no connections"};
    case UpstreamError::ConnectTimeout:
      return {504, "upstream_connect_timeout", "connecting to the application took too long"};
    case UpstreamError::ResponseTimeout:
      return {504, "upstream_response_timeout", "the application took too long to answer"};
    case UpstreamError::Closed:
      return {502, "upstream_closed", "the application closed the connection without an answer"};
    case UpstreamError::Malformed:
      return {502, "upstream_malformed", "the application sent no valid HTTP response"};
    case UpstreamError::Truncated:
      return {502, "upstream_truncated", "the application did not finish its response"};
    case UpstreamError::Descriptors:
      return {503, "no_descriptors", "the sidecar has no descriptor left"};
  }
  return {502, "upstream_closed", "the application closed the connection without an answer"};
}

/// RFC 9110, 9.2.2.
bool idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kMethods{"GET",    "HEAD", "OPTIONS",
                                                     "DELETE", "PUT",  "TRACE"};
  return std::ranges::find(kMethods, method) != kMethods.end();
}

}  // namespace

void Session::answer() {
  const Reply& own = active_->exchange.reply;
  swallow_body();
  reply(Ended::Answered, own.status, own.content_type, own.body, active_->request.done());
}

void Session::refuse(int status, std::string_view reason, std::string_view message) {
  // Only blank lines came: there is nobody who waits for an answer.
  if (phase_ == Phase::Head && active_->request_progress.lines == 0 && in_.unread().size() <= 2) {
    core_.give_active(std::move(active_));
    return close();
  }
  if (phase_ == Phase::Head) {  // no filter may look at half a head
    active_->exchange.request.field_count = 0;
    active_->exchange.request.method = {};
  }
  const bool half_answered = active_->response_begun || writing_;
  drop_upstream();
  if (half_answered) {
    finish(Ended::Refused);
    return reset();
  }
  reply_error(Ended::Refused, status, reason, message, false);
}

void Session::fail(UpstreamError kind) {
  Active& active = *active_;
  if (may_retry(kind)) {
    active.retried = true;
    core_.figures.upstream_retries.add();
    drop_upstream();
    active.request.begin(active.exchange.request.body, active.exchange.request.length,
                         active.setup->settings.body_bytes_max);
    active.request_sent = false;
    active.response_progress = {};
    return acquire(false);
  }
  core_.figures.upstream_errors[static_cast<std::size_t>(kind)].add();
  const bool half_answered = active.response_begun || writing_;
  drop_upstream();
  if (half_answered) {
    finish(Ended::UpstreamFailed);
    return reset();
  }
  if (stands_in()) return serve_stale();
  const Failure failure = failure_of(kind);
  swallow_body();
  reply_error(Ended::UpstreamFailed, failure.status, failure.reason, failure.message,
              active.request.done());
}

/// A kept connection that ended just when it was used: the application has most likely not seen the
/// request, and must not mind it twice if it has. Where not a byte went out it has seen nothing.
bool Session::may_retry(UpstreamError kind) const {
  const Active& active = *active_;
  if (kind != UpstreamError::Closed || active.retried || core_.settings().mode == Mode::Tcp) {
    return false;
  }
  const bool untouched = upstream_ != nullptr && upstream_->reused() && upstream_->buffer.empty() &&
                         active.interim_count == 0;
  if (!untouched || active.request.bytes() > 0) return false;
  return !active.written_upstream || idempotent(active.exchange.request.method);
}

void Session::reply_error(Ended how, int status, std::string_view reason, std::string_view message,
                          bool keep) {
  Exchange& exchange = active_->exchange;
  core_.response.status = status;
  core_.response.field_count = 0;
  exchange.response = &core_.response;
  active_->setup->pipeline.on_response(exchange);  // which sees to an ID
  exchange.response = nullptr;
  write_error_body(exchange.reply.body, status, reason, message, exchange.request_id);
  reply(how, status, kJson, exchange.reply.body, keep);
}

void Session::reply(Ended how, int status, std::string_view content_type, std::string_view body,
                    bool keep) {
  Active& active = *active_;
  Exchange& exchange = active.exchange;
  if (how == Ended::Answered) {
    core_.response.status = status;
    core_.response.field_count = 0;
    exchange.response = &core_.response;
    active.setup->pipeline.on_response(exchange);
    exchange.response = nullptr;
  }
  const bool old_client = exchange.request.minor == 0;
  active.how = how;
  active.status = status;
  active.first_byte = core_.now - active.began;
  active.response_begun = true;
  active.keep_client =
      keep && active.open && exchange.request.keep_alive && !old_client && !core_.draining;
  active.text.clear();
  write_reply_head(active.text, status, content_type, body.size());
  active.text.append(core_.date_line());
  active.text.append(exchange.to_client.lines());
  if (!active.keep_client) active.text.append("Connection: close\r\n");
  active.text.append(http1::kHeadEnd);
  if (exchange.request.method != "HEAD") active.text.append(body);
  active.to_client.clear();
  active.to_client.add(active.text);
  phase_ = Phase::Replying;
  if (send_client() == Sent::Done) replied();
}

void Session::replied() {
  const bool keep = active_->keep_client;
  finish(active_->how);
  if (!keep) linger();
}

/// A body that has come with its head need not cost the connection.
void Session::swallow_body() {
  BodyWay& body = active_->request;
  in_.consume(std::exchange(active_->request_taken, 0));
  while (!body.done() && body.refusal().status == 0 && !in_.empty()) {
    const BodyWay::Step step = body.take(in_.unread());
    in_.consume(step.taken);
    active_->bytes_in += step.taken;
    if (step.taken == 0) return;
  }
}

void Session::drop_upstream() {
  upstream_ready_ = false;
  if (upstream_ == nullptr) return;
  upstream_->close();
  upstream_ = nullptr;
}

void Session::keep_upstream() {
  upstream_ready_ = false;
  // Kept are those to the application.
  const bool clean = !active_->exchange.own_service && !upstream_->ended() &&
                     !upstream_->writing() && upstream_->buffer.empty();
  if (!clean) return drop_upstream();
  core_.pool->give(std::exchange(upstream_, nullptr));
}

void Session::finish(Ended how) {
  drop_upstream();
  if (fault_waits_ != nullptr) fault_waits_->stop();
  leave_line();
  leave_cache();
  Active& active = *active_;
  Ending ending;
  ending.began = active.began;
  ending.how = how;
  ending.status = active.status;
  ending.bytes_in = active.bytes_in;
  ending.bytes_out = active.bytes_out;
  ending.first_byte = active.first_byte;
  ending.took = core_.now - active.began;
  if (active.open) core_.figures.requests_active.drop();
  if (core_.settings().mode == Mode::Http) {
    active.setup->pipeline.on_end(active.exchange, ending);
    const auto digit = static_cast<std::size_t>(std::clamp(active.status / 100, 0, 5));
    core_.figures.responses[digit].add();
    core_.figures.ends[static_cast<std::size_t>(how)].add();
  }
  core_.give_active(std::move(active_));
  active_ = nullptr;
  in_.unpin();
  phase_ = Phase::Idle;
}

}  // namespace sidecar
