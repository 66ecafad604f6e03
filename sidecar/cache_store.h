// The responses that are kept, within a number of them and of bytes. Pure; whoever shares it locks
// it.
//
// A URI has a page with one response for each choice that Vary makes, 16 at most. Which response
// makes room is decided by SIEVE: they lie in the order in which they came, a hand goes from the
// oldest to the newest and takes away the first that was not asked for since the hand passed it.
// A hit sets a mark and moves nothing; a crawler that reads everything once pushes out what it
// brought and not what many ask for.
// Source: Zhang and others, "SIEVE is simpler than LRU", NSDI 2024.
#pragma once

#include <cstdint>
#include <limits>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "sidecar/cache_entry.h"
#include "sidecar/cache_key.h"

namespace sidecar {

class CacheStore {
 public:
  static constexpr std::size_t kVariantsMax = 16;

  explicit CacheStore(std::size_t bytes_max,
                      std::size_t entries_max = std::numeric_limits<std::size_t>::max())
      : bytes_max_(bytes_max), entries_max_(entries_max) {}
  CacheStore(const CacheStore&) = delete;
  CacheStore& operator=(const CacheStore&) = delete;

  /// What answers a request with this key and these fields; null: nothing does. `until`: told what
  /// put() was told with it.
  StoredPointer find(const CacheKey& key, const http1::RequestHead& request,
                     base::TimePoint* until = nullptr);
  /// The names that the stored responses of a URI vary by.
  std::string_view vary_of(std::string_view uri) const;
  /// In place of what answered the request before. What alone is more than there is room for is not
  /// kept.
  void put(const CacheKey& key, const http1::RequestHead& request, StoredPointer response,
           base::TimePoint until = base::kNever);
  /// All that is stored for the URI. How many responses that was.
  std::size_t erase(std::string_view uri);
  /// All whose path the pattern matches (limit/pattern.h).
  std::size_t erase_matching(std::string_view pattern);

  std::size_t bytes() const { return bytes_; }
  std::size_t bytes_max() const { return bytes_max_; }
  std::size_t size() const { return order_.size(); }
  std::size_t entries_max() const { return entries_max_; }
  std::uint64_t evictions() const { return evictions_; }

 private:
  struct Page;
  struct Entry {
    Page* page;
    std::string variant;
    StoredPointer response;
    base::TimePoint until;
    std::size_t bytes = 0;
    bool asked_for = false;  // since the hand passed
  };
  using Place = std::list<Entry>::iterator;
  struct Page {
    std::string uri, path, vary;
    std::vector<Place> entries;  // in the order in which they came
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  static std::string variant_of(const CacheKey& key, std::string_view vary,
                                const http1::RequestHead& request);
  void remove(Place entry);  // and its page when that is empty
  void clear(Page& page);
  void make_room(std::size_t bytes);

  std::size_t bytes_max_, entries_max_;
  std::size_t bytes_ = 0;
  std::uint64_t evictions_ = 0;
  std::list<Entry> order_;  // the newest in front
  Place hand_ = order_.end();
  std::unordered_map<std::string, Page, Hash, std::equal_to<>> pages_;
};

}  // namespace sidecar
