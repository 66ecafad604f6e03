// The response cache of all cores: what becomes of a request, and what is kept of a response. One
// lock over store and flights, which is held for a look-up and never while a head is judged
// (docs/adr/0021-one-cache-for-all-cores.md). Off unless it was given bytes; then there is no
// Cache.
//
// No more than so many responses are kept, and none is an answer here for longer than a minute or
// so, whatever lifetime it has: what another replica knows better is seen by then.
//
// Behind it there may be a second level that replicas share (cache_remote.h): who leads asks there
// first, so that of many who want the same response one asks; what is found is kept here, and what
// the application says is put there as well.
//
//   look()      Serve: the stored response is the answer         -> nothing more
//               Lead: to the application, for all who wait       -> finish() or give_up()
//               Wait: somebody else has gone                     -> wake, and look() again
//               Alone: to the application, and nothing is kept   -> nothing more
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "http1/freshness.h"
#include "sidecar/cache_flights.h"
#include "sidecar/cache_remote.h"
#include "sidecar/cache_store.h"

namespace sidecar {

struct CacheSettings {
  std::size_t bytes_max = 0;              // 0: off
  std::size_t entries_max = 1000;         // responses, whatever they take
  std::size_t entry_bytes_max = 1048576;  // a longer body is not kept
  base::Duration fresh_for =
      base::seconds(60);                   // whatever lifetime it says; then it is asked about
  std::vector<std::string> routes;         // patterns of paths; none: all
  base::Duration wait = base::seconds(5);  // for another request; then on by itself
  bool redis = false;                      // the second level
  base::Duration redis_for = base::seconds(300);  // a response stays there, at most
};

/// Errors: InvalidArgument, naming the value and what is allowed.
base::Result<> check(const CacheSettings& settings);

/// What the cache knows of one request that is under way.
struct CacheUse {
  CacheKey key;
  std::string flight;    // the key of flights
  StoredPointer stored;  // what answers, or is asked about
  CacheFlights::Ticket ticket = 0;
  bool leads = false, waits = false;
  std::size_t copying = 0;  // bytes that are counted for what it copies
  base::TimePoint wait_until = base::kNever;
  base::TimePoint asked{};
  std::uint64_t known = 0;  // CacheRemote::known() when it began to lead
};

struct CacheFigures {
  std::uint64_t hits = 0, stale = 0, misses = 0, revalidated = 0;
  std::uint64_t waited = 0, uncacheable = 0, stored = 0, evictions = 0, invalidated = 0;
  std::uint64_t promoted = 0;  // found at the second level; of the misses
  std::size_t entries = 0, entries_max = 0, bytes = 0, bytes_max = 0;
};

/// Thread: any number at once.
class Cache {
 public:
  enum class Way : std::uint8_t {
    Serve,       // use.stored, fresh
    ServeStale,  // use.stored, while somebody else asks for a new one
    Lead,        // where use.stored is there, it is to be asked about
    Wait,
    Alone,
    Unavailable  // the client wanted nothing but a stored response
  };

  /// How long it is remembered that a response is not kept, and that the application had none.
  static constexpr base::Duration kPass = base::seconds(10);
  static constexpr base::Duration kPassOfFailure = base::seconds(1);

  explicit Cache(CacheSettings settings)
      : settings_(std::move(settings)), store_(settings_.bytes_max, settings_.entries_max) {}

  const CacheSettings& settings() const { return settings_; }
  /// Whether the request is one for the cache; then `use.key` is filled.
  bool takes(const http1::RequestHead& request, bool tls, CacheUse& use) const;
  /// `wake`: see CacheFlights::wait(). It may be called on any thread.
  Way look(const http1::RequestHead& request, CacheUse& use, base::TimePoint now,
           const CacheFlights::Wake& wake);
  void stop_waiting(CacheUse& use);

  /// Whether the response that came is one to keep; where not, those who wait go on.
  bool keeps(const http1::RequestHead& request, const http1::ResponseHead& response, CacheUse& use,
             base::TimePoint now);
  /// The leader has it, since now. Null: it could not be told.
  void finish(const http1::RequestHead& request, CacheUse& use, StoredPointer response,
              base::TimePoint now);
  /// The same of one that the application said still holds.
  void renew(const http1::RequestHead& request, CacheUse& use, StoredPointer response,
             base::TimePoint now);
  /// The leader found it at the second level.
  void promote(const http1::RequestHead& request, CacheUse& use, StoredPointer response,
               base::TimePoint now);
  /// The leader has nothing. `pass_until`: until when nobody waits for this; default: they may.
  void give_up(CacheUse& use, base::TimePoint pass_until = {});
  void count_stale();

  /// What is stored for the URI, or is on its way, is void, at all levels and replicas. How many
  /// responses that was here.
  std::size_t invalidate(std::string_view uri);
  std::size_t invalidate_matching(std::string_view pattern);
  /// The same, of this level alone: another replica said so.
  void heard_void(std::string_view uri);
  void heard_void_matching(std::string_view pattern);
  CacheFigures figures() const;

  /// Before any core begins. Lifetime: it outlives them.
  void put_behind(CacheRemote* remote) { remote_ = remote; }
  /// Null: there is no second level.
  CacheRemote* remote() const { return remote_; }
  /// Whether what is asked here may be asked there: never what is for one person, or for who wants
  /// to hear it from the application.
  bool asks_remote(const http1::RequestHead& request, const CacheUse& use) const;

 private:
  bool land(const http1::RequestHead& request, CacheUse& use, const StoredPointer& response,
            base::TimePoint now);
  void put_remote(const http1::RequestHead& request, const CacheUse& use, StoredPointer response);
  Way without(const http1::RequestHead& request, CacheUse& use, base::TimePoint now,
              const CacheFlights::Wake& wake);

  bool copies(CacheUse& use, std::size_t bytes);

  const CacheSettings settings_;
  CacheRemote* remote_ = nullptr;
  mutable std::mutex lock_;
  CacheStore store_;
  CacheFlights flights_;
  CacheFigures figures_;
  std::size_t copying_ = 0;  // of all that lead
};

/// In the text format 0.0.4.
std::string cache_exposition(const CacheFigures& figures);
/// {"enabled": true, "entries": …, "hitRatio": …}
api::Node cache_node(const CacheFigures& figures);

}  // namespace sidecar
