// What the cache asks behind itself: a store that replicas share. It may be slow, gone or forgetful
// at any time, which costs nothing but its own hits. In no answer of it is anything that was made
// void, here or at another replica, as far as that was heard of when it was asked.
//
// A URI whose responses vary has a signpost in the first place, with the names that they vary by:
// who reads it makes the values of its own request a second place and asks once more. So a replica
// that never saw the URI finds the response, in two turns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sidecar/cache_entry.h"

namespace sidecar {

/// Where a response lies.
struct RemotePlace {
  std::string uri, path;  // what makes it void is said of these
  std::string said;       // CacheKey::said
  std::string variant;    // http1::vary_key(); empty: the first place
};

/// One question. Written by the one who answers, and read after `done` was called.
struct RemoteFind {
  RemotePlace place;
  StoredPointer found;  // null: nothing
  std::string vary;     // found is null, and it lies at a variant of these names
};

class CacheRemote {
 public:
  using Done = std::function<void()>;
  virtual ~CacheRemote() = default;

  /// Calls `done` once, on any thread; it must not call back. False: nobody can be asked now.
  virtual bool find(std::shared_ptr<RemoteFind> find, Done done) = 0;
  /// The number of the newest void that is known. What the application says from now on is newer.
  virtual std::uint64_t known() const = 0;
  /// `known`: what known() was before the application was asked.
  virtual void put(RemotePlace place, StoredPointer response, std::uint64_t known) = 0;
  virtual void make_void(const std::string& uri) = 0;
  virtual void make_void_matching(const std::string& pattern) = 0;
};

}  // namespace sidecar
