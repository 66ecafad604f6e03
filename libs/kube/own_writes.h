// Reading one's own writes through a cache that is late, as a value. A reconcile that acts on what
// was before its own last write does its work twice, or undoes it; a reconcile for nothing but its
// own write writes for nothing. So of each object the version of our last write is kept until the
// watch has shown it, or something newer:
//   - until then the object is not reconciled from the cache: it waits, and after a while is read
//     from the server;
//   - the event that shows just our write is no reason to reconcile, unless somebody else's write
//     came between what the reconcile had read and its own write, which it therefore does not know.
// A list that skips what came between adds all its objects to the queue anyway.
// Versions are compared as the numbers that they are: the API server's are those of etcd, and since
// 1.35 clients may compare those of one kind.
// Source: Kubernetes KEP-5504 (comparable resource versions). controller-runtime has no such thing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "kube/work_queue.h"

namespace kube {

/// -1, 0 or 1: whether `a` is older than `b`, the same, or newer. Of what is no number nothing can
/// be told: the same if the texts are, else 1, so that it counts as something new.
int compare_versions(std::string_view a, std::string_view b);

class OwnWrites {
 public:
  /// How long the watch may take to show a write before the object is read from the server.
  explicit OwnWrites(base::Duration patience = base::seconds(2)) : patience_(patience) {}

  /// The server took our write and calls the object `version` now; what was decided was decided
  /// from `based_on`, empty for an object that was created.
  void wrote(const Key& key, std::string_view based_on, std::string version, base::TimePoint now);

  enum class Sight : std::uint8_t {
    News,   // somebody else's change: reconcile
    Echo,   // our own last write, and nothing that we did not know
    Older,  // from before our last write: keep it, but do not act on it
  };
  /// The watch, or a list, shows the object in this version.
  Sight saw(const Key& key, std::string_view version);
  /// The object is gone, or was read from the server in a version that the cache has now.
  void forget(const Key& key) { written_.erase(key); }

  enum class Ready : std::uint8_t {
    Yes,       // the cache has our last write
    Wait,      // until `until`, or until the watch shows it
    ReadLive,  // it took too long: ask the server
  };
  struct Readiness {
    Ready ready = Ready::Yes;
    base::TimePoint until{};  // of Wait
    bool operator==(const Readiness&) const = default;
  };
  Readiness may_reconcile(const Key& key, base::TimePoint now) const;

  /// Objects whose last write was not seen yet.
  std::size_t waiting() const { return written_.size(); }

 private:
  /// Writes of one object that the watch has not shown yet, oldest first.
  struct Written {
    std::string based_on;  // of the first of them
    std::vector<std::string> versions;
    base::TimePoint until{};
    bool others = false;  // somebody else wrote in between
  };
  base::Duration patience_;
  std::unordered_map<Key, Written, KeyHash> written_;
};

}  // namespace kube
