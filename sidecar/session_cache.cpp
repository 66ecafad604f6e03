// Session, its way past the cache: a stored response is the answer, or is asked about, or the
// request waits for one of its kind that is under way; what comes back is copied as it passes. A
// stored response goes through the filters as any other does.
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "base/check.h"
#include "http1/vary.h"
#include "sidecar/session.h"

namespace sidecar {
namespace {

/// For the second level, which is near or not worth it.
constexpr base::Duration kRemoteWithin = base::millis(100);
constexpr int kNotModified = 304;
constexpr int kFailure = 500;
constexpr int kNotImplemented = 501;
constexpr int kFailureMax = 504;

/// Those for which a stale response may stand in (RFC 5861, 4).
bool is_failure(int status) {
  return status >= kFailure && status <= kFailureMax && status != kNotImplemented;
}

/// Whether the nonce of one response may be written into it, so that it is told to nobody else. It
/// is asked of the request's own configuration: under another one it may have been stored.
bool is_for_one(const Setup& setup, const http1::ResponseHead& head) {
  return setup.settings.security_headers.gives_nonce() && may_be_page(head);
}

std::string cache_fields(const StoredResponse& stored, std::string_view how, base::TimePoint now) {
  const http1::Seconds age = http1::age(stored.freshness, aged_to(stored, now));
  return fmt::format("Age: {}\r\nCache-Status: muster; {}; ttl={}\r\n", age.count(), how,
                     (stored.freshness.lifetime - age).count());
}

}  // namespace

/// True: the request is in the cache's hands. The sidecar's own pages are not the application's.
bool Session::consult_cache() {
  if (core_.cache == nullptr || active_->exchange.own_service) return false;
  auto turn = std::make_unique<CacheTurn>();
  if (!core_.cache->takes(active_->exchange.request, client_.tls, *turn)) return false;
  active_->cache = std::move(turn);
  look_up();
  return true;
}

void Session::look_up() {
  CacheTurn& turn = *active_->cache;
  const http1::RequestHead& request = active_->exchange.request;
  turn.number = ++core_.last_waiting;
  // Called by any thread, which may know no more than numbers: the connection may be gone by then.
  const auto wake = [core = &core_, number = turn.number] {
    asio::post(core->context, [core, number] { core->wake(number); });
  };
  const Cache::Way way = core_.cache->look(request, turn, core_.now, wake);
  const bool serve = way == Cache::Way::Serve || way == Cache::Way::ServeStale;
  if (turn.stored != nullptr && read_stored(*turn.stored, core_.response) &&
      is_for_one(*active_->setup, core_.response)) {
    turn.stored = nullptr;
    if (serve) return acquire(true);
  }
  switch (way) {
    case Cache::Way::Serve:
    case Cache::Way::ServeStale: return serve_stored("hit");
    case Cache::Way::Lead: return lead();
    case Cache::Way::Alone: return acquire(true);
    case Cache::Way::Wait:
      core_.waiting[turn.number] = this;
      return wait(Wait::Flight, turn.wait_until - core_.now);
    case Cache::Way::Unavailable:
      return reply_error(Ended::Refused, 504, "not_stored",
                         "nothing that is stored answers the request", active_->request.done());
  }
}

/// For all who wait: first to the second level, where there is one.
void Session::lead() {
  if (!ask_remote("")) lead_on();
}

/// True: it is under way.
bool Session::ask_remote(std::string variant) {
  CacheTurn& turn = *active_->cache;
  if (!core_.cache->asks_remote(active_->exchange.request, turn)) return false;
  turn.find = std::make_shared<RemoteFind>();
  turn.find->place = {turn.key.uri, turn.key.path, turn.key.said, std::move(variant)};
  turn.number = ++core_.last_waiting;
  const auto done = [core = &core_, number = turn.number] {
    asio::post(core->context, [core, number] { core->wake(number); });
  };
  if (!core_.cache->remote()->find(turn.find, done)) {
    turn.find = nullptr;
    return false;
  }
  core_.waiting[turn.number] = this;
  wait(Wait::Remote, kRemoteWithin);
  return true;
}

/// It has said something, or nothing in time.
void Session::remote_answered() {
  CacheTurn& turn = *active_->cache;
  const std::shared_ptr<RemoteFind> find = std::exchange(turn.find, nullptr);
  core_.waiting.erase(turn.number);
  const http1::RequestHead& request = active_->exchange.request;
  const std::string& variant = find->place.variant;
  if (find->found == nullptr) {
    const bool further = variant.empty() && !find->vary.empty();
    if (further && ask_remote(http1::vary_key(find->vary, request))) return;
    return lead_on();
  }
  const bool fits = http1::vary_key(find->found->vary, request) == variant &&
                    read_stored(*find->found, core_.response) &&
                    !is_for_one(*active_->setup, core_.response);
  if (!fits || http1::reuse(find->found->freshness, request, aged_to(*find->found, core_.now)) !=
                   http1::Reuse::Serve) {
    return lead_on();
  }
  turn.stored = find->found;
  core_.cache->promote(request, turn, find->found, core_.now);
  serve_stored("hit; detail=redis");
}

/// To the application, also for others: with what is known of a stored response in place of what
/// the client knows.
void Session::lead_on() {
  CacheTurn& turn = *active_->cache;
  turn.asked = core_.now;
  if (turn.stored != nullptr) {
    http1::RequestHead& request = active_->exchange.request;
    for (std::size_t i = 0; i < request.field_count; ++i) {
      if (http1::conditional(request.fields[i].name)) request.drop.set(i);
    }
    const std::string lines = http1::validation_lines(turn.stored->validators);
    active_->exchange.to_upstream.add_lines(lines);
    turn.validates = !lines.empty();
  }
  acquire(true);
}

void Session::wake() {
  const Pointer self(this);
  core_.touch();
  if (active_->cache->find != nullptr) {
    remote_answered();
  } else {
    stop_waiting();
    look_up();
  }
  drive();
}

void Session::stop_waiting() {
  CacheTurn& turn = *active_->cache;
  core_.waiting.erase(turn.number);
  core_.cache->stop_waiting(turn);
}

/// The application's final head has come. True: a stored response is the answer.
bool Session::cache_answers(const http1::ResponseHead& head) {
  if (core_.cache == nullptr || active_->exchange.own_service) return false;
  Active& active = *active_;
  const http1::RequestHead& request = active.exchange.request;
  if (active.cache == nullptr) {
    if (http1::invalidates(request.method, head.status)) {
      core_.cache->invalidate(cache_uri(request, client_.tls));
    }
    return false;
  }
  CacheTurn& turn = *active.cache;
  if (is_failure(head.status) && stands_in()) {
    drop_upstream();
    serve_stale();
    return true;
  }
  if (!turn.leads) return false;
  if (head.status == kNotModified && turn.validates) {
    renew(head);
    return true;
  }
  if (is_for_one(*active.setup, head)) {
    core_.cache->give_up(turn, core_.now + Cache::kPass);
    return false;
  }
  if (core_.cache->keeps(request, head, turn, core_.now)) {
    turn.begun = begin_stored(head, {turn.asked, core_.now, aio::wall_now()});
    turn.copy.emplace(head.body, head.length, core_.cache->settings().entry_bytes_max);
  }
  return false;
}

/// What is stored still holds.
void Session::renew(const http1::ResponseHead& head) {
  CacheTurn& turn = *active_->cache;
  const http1::RequestHead& request = active_->exchange.request;
  StoredPointer renewed = freshened(*turn.stored, head, {turn.asked, core_.now, aio::wall_now()});
  upstream_->buffer.consume(head.bytes);
  if (head.keep_alive && active_->request_sent) {
    keep_upstream();
  } else {
    drop_upstream();
  }
  if (renewed != nullptr) turn.stored = renewed;
  http1::ResponseHead& whole = core_.response;
  const bool keep = renewed != nullptr && read_stored(*renewed, whole) &&
                    http1::not_stored(request, whole) == nullptr && !varies_by_ours(whole);
  core_.cache->renew(request, turn, keep ? std::move(renewed) : nullptr, core_.now);
  serve_stored("fwd=stale; fwd-status=304");
}

/// What passes of the body.
void Session::copy_for_cache(std::string_view bytes) {
  CacheTurn* const turn = active_->cache.get();
  if (turn == nullptr || !turn->copy) return;
  if (!turn->copy->feed(bytes)) {
    turn->copy.reset();
    return core_.cache->give_up(*turn, core_.now + Cache::kPass);
  }
  if (!turn->copy->done()) return;
  core_.cache->finish(active_->exchange.request, *turn,
                      complete_stored(std::move(turn->begun), turn->copy->take()), core_.now);
  turn->copy.reset();
}

/// Whether a stale response may be told in place of a failure.
bool Session::stands_in() const {
  const CacheTurn* const turn = active_->cache.get();
  return turn != nullptr && turn->stored != nullptr &&
         http1::serves_on_error(turn->stored->freshness, active_->exchange.request,
                                aged_to(*turn->stored, core_.now));
}

void Session::serve_stale() {
  core_.cache->count_stale();
  core_.cache->give_up(*active_->cache, core_.now + Cache::kPassOfFailure);
  serve_stored("hit");
}

void Session::serve_stored(std::string_view how) {
  Active& active = *active_;
  Exchange& exchange = active.exchange;
  const StoredResponse& stored = *active.cache->stored;
  http1::ResponseHead& head = core_.response;
  CHECK(read_stored(stored, head));
  const bool known = head.status == 200 && http1::not_modified(exchange.request, stored.validators,
                                                               aged_to(stored, core_.now));
  leave_out_field(head, "Age");
  if (known) {
    head.status = kNotModified;
    leave_out_content(head);
  }
  exchange.response = &head;
  active.setup->pipeline.on_response(exchange);
  exchange.response = nullptr;
  active.how = Ended::Cached;
  active.status = head.status;
  active.first_byte = core_.now - active.began;
  active.response_begun = true;
  active.keep_client = exchange.request.keep_alive && exchange.request.minor != 0 &&
                       active.request.done() && !core_.draining;
  active.text = cache_fields(stored, how, core_.now);
  if (!active.keep_client) active.text += "Connection: close\r\n";
  http1::forward_response(head, core_.pieces);
  Gather& gather = active.to_client;
  gather.clear();
  if (known) {
    gather.add("HTTP/1.1 304 Not Modified\r\n");
    core_.pieces.at[0].remove_prefix(static_cast<std::size_t>(head.lines.data() - head.raw.data()));
  }
  gather.add(core_.pieces);
  gather.add(exchange.to_client.lines());
  gather.add(active.text);
  gather.add(http1::kHeadEnd);
  if (!known && exchange.request.method != "HEAD") gather.add(stored.body);
  phase_ = Phase::Replying;
  if (send_client() == Sent::Done) replied();
}

/// At the end of every exchange: nobody waits for what does not come.
void Session::leave_cache() {
  if (active_->cache == nullptr) return;
  stop_waiting();
  core_.cache->give_up(*active_->cache);
  active_->cache = nullptr;
}

}  // namespace sidecar
