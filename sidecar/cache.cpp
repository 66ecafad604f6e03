#include "sidecar/cache.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "http1/vary.h"
#include "limit/path_pattern.h"

namespace sidecar {
namespace {

constexpr int kFailure = 500;

bool has_conditions(const http1::RequestHead& request) {
  return http1::find(request, "if-none-match") != nullptr ||
         http1::find(request, "if-modified-since") != nullptr;
}

/// Who says how old an answer may be does not take one that was asked for before.
bool has_wishes(const http1::RequestHead& request) {
  return http1::find(request, "cache-control") != nullptr ||
         http1::find(request, "pragma") != nullptr;
}

/// `here`: it may still be an answer of this level.
http1::Reuse reuse_of(const StoredPointer& stored, bool here, const http1::RequestHead& request,
                      base::TimePoint now) {
  if (stored != nullptr) {
    const http1::Reuse reuse = http1::reuse(stored->freshness, request, aged_to(*stored, now));
    if (here || reuse != http1::Reuse::Serve) return reuse;
  }
  return http1::cache_control(request).only_if_cached ? http1::Reuse::Unavailable
                                                      : http1::Reuse::Validate;
}

/// Under the lock, as the next one. How many responses that was.
std::size_t clear(CacheFlights& flights, CacheStore& store, CacheFigures& figures,
                  std::string_view uri) {
  flights.spoil(uri);
  const std::size_t count = store.erase(uri);
  figures.invalidated += count;
  return count;
}

std::size_t clear_matching(CacheFlights& flights, CacheStore& store, CacheFigures& figures,
                           std::string_view pattern) {
  flights.spoil_matching(pattern);
  const std::size_t count = store.erase_matching(pattern);
  figures.invalidated += count;
  return count;
}

}  // namespace

base::Result<> check(const CacheSettings& settings) {
  for (const std::string& route : settings.routes) {
    if (limit::is_for_paths(route)) continue;
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("--cache-route '{}': a path, * for any text", route));
  }
  return {};
}

bool Cache::takes(const http1::RequestHead& request, bool tls, CacheUse& use) const {
  return asks_cache(request) && make_cache_key(request, tls, use.key) &&
         routed(settings_.routes, use.key.path);
}

Cache::Way Cache::look(const http1::RequestHead& request, CacheUse& use, base::TimePoint now,
                       const CacheFlights::Wake& wake) {
  std::string vary;
  base::TimePoint until{};
  {
    const std::lock_guard hold(lock_);
    use.stored = store_.find(use.key, request, &until);
    vary = store_.vary_of(use.key.uri);
  }
  if (use.stored != nullptr && use.key.authorised && !use.stored->for_authorised) {
    use.stored = nullptr;
  }
  constexpr std::string_view kAuthorised = "authorised";
  const std::string variant = http1::vary_key(vary, request);
  use.flight.clear();
  use.flight.reserve(use.key.uri.size() + use.key.said.size() + variant.size() + 2 +
                     kAuthorised.size());
  use.flight.append(use.key.uri).append("\n").append(use.key.said).append("\n").append(variant);
  if (use.key.authorised) use.flight.append(kAuthorised);
  const http1::Reuse reuse = reuse_of(use.stored, now < until, request, now);
  const std::lock_guard hold(lock_);
  if (reuse == http1::Reuse::Serve) {
    ++figures_.hits;
    return Way::Serve;
  }
  if (reuse == http1::Reuse::Unavailable) {
    ++figures_.misses;
    return Way::Unavailable;
  }
  if (reuse == http1::Reuse::ServeAndRefresh && flights_.under_way(use.flight)) {
    ++figures_.stale;
    return Way::ServeStale;
  }
  return without(request, use, now, wake);
}

/// Nothing that is stored is an answer as it is. Under the lock.
Cache::Way Cache::without(const http1::RequestHead& request, CacheUse& use, base::TimePoint now,
                          const CacheFlights::Wake& wake) {
  const bool only_passes = request.method != "GET" || http1::cache_control(request).no_store ||
                           (use.stored == nullptr && has_conditions(request));
  const bool under_way = flights_.under_way(use.flight);
  const bool may_wait = now < use.wait_until && !has_wishes(request);
  // Who leads takes too long: nobody else waits for it so long.
  if (under_way && now >= use.wait_until) flights_.pass(use.flight, now + kPass);
  if (only_passes || flights_.passes(use.flight, now) || (under_way && !may_wait)) {
    ++figures_.misses;
    return Way::Alone;
  }
  if (under_way) {
    if (use.wait_until == base::kNever) {
      ++figures_.waited;
      use.wait_until = now + settings_.wait;
    }
    use.waits = true;
    use.ticket = flights_.wait(use.flight, wake);
    return Way::Wait;
  }
  ++figures_.misses;
  use.leads = true;
  use.known = remote_ == nullptr ? 0 : remote_->known();
  use.ticket = flights_.lead(use.flight, use.key.uri, use.key.path);
  return Way::Lead;
}

void Cache::stop_waiting(CacheUse& use) {
  if (!std::exchange(use.waits, false)) return;
  const std::lock_guard hold(lock_);
  flights_.cancel(use.flight, use.ticket);
}

bool Cache::keeps(const http1::RequestHead& request, const http1::ResponseHead& response,
                  CacheUse& use, base::TimePoint now) {
  const bool delimited = response.body != http1::Body::UntilClose;
  const bool fits =
      response.body != http1::Body::Length || response.length <= settings_.entry_bytes_max;
  const bool keep = delimited && fits && http1::not_stored(request, response) == nullptr &&
                    !varies_by_ours(response);
  if (!keep) {
    give_up(use, now + (response.status >= kFailure ? kPassOfFailure : kPass));
    return false;
  }
  const std::size_t most = response.body == http1::Body::Length
                               ? static_cast<std::size_t>(response.length)
                               : std::min(settings_.entry_bytes_max, settings_.bytes_max);
  if (copies(use, most)) return true;
  give_up(use);
  return false;
}

/// As many bytes as are stored may be on their way at once.
bool Cache::copies(CacheUse& use, std::size_t bytes) {
  const std::lock_guard hold(lock_);
  if (!use.leads || copying_ + bytes > settings_.bytes_max) return false;
  copying_ += bytes;
  use.copying = bytes;
  return true;
}

/// True: it is kept.
bool Cache::land(const http1::RequestHead& request, CacheUse& use, const StoredPointer& response,
                 base::TimePoint now) {
  if (!std::exchange(use.leads, false)) return false;
  const std::lock_guard hold(lock_);
  copying_ -= std::exchange(use.copying, 0);
  // First the flight: whoever is woken finds the lock taken and then the response.
  if (!flights_.land(use.flight, use.ticket) || response == nullptr) return false;
  ++figures_.stored;
  store_.put(use.key, request, response, now + settings_.fresh_for);
  return true;
}

void Cache::finish(const http1::RequestHead& request, CacheUse& use, StoredPointer response,
                   base::TimePoint now) {
  if (land(request, use, response, now)) put_remote(request, use, std::move(response));
}

void Cache::promote(const http1::RequestHead& request, CacheUse& use, StoredPointer response,
                    base::TimePoint now) {
  {
    const std::lock_guard hold(lock_);
    ++figures_.promoted;
  }
  land(request, use, response, now);
}

bool Cache::asks_remote(const http1::RequestHead& request, const CacheUse& use) const {
  return remote_ != nullptr && use.leads && !use.key.authorised && !has_wishes(request);
}

/// Not what somebody was told who showed who he is, though a shared cache may keep that.
void Cache::put_remote(const http1::RequestHead& request, const CacheUse& use,
                       StoredPointer response) {
  if (remote_ == nullptr || use.key.authorised) return;
  std::string variant = http1::vary_key(response->vary, request);
  remote_->put({use.key.uri, use.key.path, use.key.said, std::move(variant)}, std::move(response),
               use.known);
}

void Cache::renew(const http1::RequestHead& request, CacheUse& use, StoredPointer response,
                  base::TimePoint now) {
  {
    const std::lock_guard hold(lock_);
    ++figures_.revalidated;
  }
  finish(request, use, std::move(response), now);
}

void Cache::give_up(CacheUse& use, base::TimePoint pass_until) {
  if (!std::exchange(use.leads, false)) return;
  const std::lock_guard hold(lock_);
  copying_ -= std::exchange(use.copying, 0);
  if (pass_until != base::TimePoint{}) {
    ++figures_.uncacheable;
    flights_.pass(use.flight, pass_until);
  }
  flights_.land(use.flight, use.ticket);
}

void Cache::count_stale() {
  const std::lock_guard hold(lock_);
  ++figures_.stale;
}

std::size_t Cache::invalidate(std::string_view uri) {
  // First there: what is asked between is void here, and so is not kept.
  if (remote_ != nullptr) remote_->make_void(std::string(uri));
  const std::lock_guard hold(lock_);
  return clear(flights_, store_, figures_, uri);
}

std::size_t Cache::invalidate_matching(std::string_view pattern) {
  if (remote_ != nullptr) remote_->make_void_matching(std::string(pattern));
  const std::lock_guard hold(lock_);
  return clear_matching(flights_, store_, figures_, pattern);
}

void Cache::heard_void(std::string_view uri) {
  const std::lock_guard hold(lock_);
  clear(flights_, store_, figures_, uri);
}

void Cache::heard_void_matching(std::string_view pattern) {
  const std::lock_guard hold(lock_);
  clear_matching(flights_, store_, figures_, pattern);
}

CacheFigures Cache::figures() const {
  const std::lock_guard hold(lock_);
  CacheFigures out = figures_;
  out.evictions = store_.evictions();
  out.entries = store_.size();
  out.entries_max = store_.entries_max();
  out.bytes = store_.bytes();
  out.bytes_max = store_.bytes_max();
  return out;
}

}  // namespace sidecar
