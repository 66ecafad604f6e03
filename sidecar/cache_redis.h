// The second level of the cache, in the Redis through which replicas share their limits, over a
// connection of its own. One batch is under way at a time, and what comes meanwhile goes with the
// next. A batch with questions begins by asking for the number of the newest void (cache_voids.h):
// where that is news, nothing it finds is used before it was read what is void. So what a replica
// is told by Redis is no older than what any replica had told Redis that it is void.
//
//   muster:cache:<hash>       a record or signpost (cache_record.h), at most --cache-redis-seconds
//   muster:cache-void         the number of the newest void; it begins at the time in ms, so that
//   it
//                             never falls when Redis forgets it
//   muster:cache-void:<n>     what was made void under it, for a minute longer than any record
//
// All of it has a bound: questions and bytes that wait, of a batch, of a record. What is beyond is
// not asked or not put there.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "sidecar/cache.h"
#include "sidecar/cache_voids.h"
#include "sidecar/redis_link.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Thread: that of the executor, but for what is CacheRemote's.
class CacheRedis final : public CacheRemote {
 public:
  /// `secret`: of fingerprints. Lifetime: `cache` outlives it.
  /// Errors: as LimitSharing::create().
  static base::Result<std::unique_ptr<CacheRedis>> create(aio::Clock& clock,
                                                          const aio::Executor& executor,
                                                          const Settings& settings, Cache& cache,
                                                          std::string_view secret,
                                                          std::uint64_t seed);

  aio::Task<base::Result<>> run(std::stop_token stop);
  /// In the text format 0.0.4.
  std::string exposition() const;

  bool find(std::shared_ptr<RemoteFind> find, Done done) override;
  std::uint64_t known() const override { return known_.load(std::memory_order_acquire); }
  void put(RemotePlace place, StoredPointer response, std::uint64_t known) override;
  void make_void(const std::string& uri) override { make_void(CacheVoid{false, uri}); }
  void make_void_matching(const std::string& pattern) override {
    make_void(CacheVoid{true, pattern});
  }

 private:
  struct Asked {
    std::shared_ptr<RemoteFind> find;
    Done done;
    std::string name;
  };
  struct Batch {
    std::vector<CacheVoid> voids;
    std::vector<Asked> finds;
    std::size_t puts = 0;
    std::string commands;
    std::size_t answers = 0;
  };
  CacheRedis(aio::Clock& clock, aio::Executor executor, const Settings& settings, Cache& cache,
             std::string_view secret);
  bool has_room(std::size_t bytes);
  void make_void(CacheVoid what);
  void soon();
  void turn();
  void ask();
  void take_up(Batch& batch);
  void answered(const std::shared_ptr<Batch>& batch, const RedisLink::Answers& said);
  bool heard_number(const redis::Answer& answer);
  void begin_numbers(bool none);
  void catch_up();
  void heard_voids(std::uint64_t first, const RedisLink::Answers& said);
  void tell(const Asked& asked, const redis::Answer& answer);
  void tell_nothing(std::vector<Asked> finds);

  aio::Clock& clock_;
  aio::Executor executor_;
  Cache& cache_;
  const std::string prefix_, counter_, key_;
  const base::Duration kept_for_;
  std::unique_ptr<RedisLink> link_;
  std::vector<Asked> asked_;     // of the batch that is under way
  std::uint64_t newest_ = 0;     // number that was heard of; known_ follows
  std::set<std::uint64_t> own_;  // numbers of voids that began here, above known_
  base::TimePoint polled_{};
  std::atomic<std::uint64_t> known_{0};
  std::atomic<bool> usable_{false};  // connected, and all is known that is void

  mutable std::mutex lock_;  // of what follows
  CacheVoids voids_;
  std::deque<CacheVoid> untold_;  // void here, and not told yet
  std::size_t on_the_way_ = 0;    // of them, the first, in the batch that is under way
  std::deque<Asked> questions_;
  std::deque<std::pair<std::string, std::string>> puts_;  // names and commands
  std::size_t put_bytes_ = 0;
  std::uint64_t hits_ = 0, misses_ = 0, void_ = 0, unasked_ = 0, put_ = 0, dropped_ = 0;
  std::uint64_t voids_told_ = 0, voids_heard_ = 0;
};

}  // namespace sidecar
