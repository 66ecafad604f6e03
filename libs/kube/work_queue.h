// The queue between what happened to objects and the reconciles that answer it, as a value: no
// clock, no thread, no lock; its driver asks when to look again. Laws, held for every order of
// calls and fuzzed:
//   - a key that waits, waits once, however often it is added;
//   - a key that is out (taken and not done) is never given out a second time; added meanwhile, it
//     waits again from done() on, and what was added is never lost;
//   - of two times for one key the earlier counts, of two priorities the higher;
//   - among keys that are due the highest priority goes first, then the one that was due first.
// The delay of a key that fails doubles from 5 ms to 1,000 s and is its own: one broken object does
// not slow down the others. There is no limit over all keys, because the API server has one of its
// own (API Priority and Fairness).
// Source: the behaviour of client-go's util/workqueue and of controller-runtime's priorityqueue.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/time.h"
#include "kube/key.h"

namespace kube {

class WorkQueue {
 public:
  /// Unchanged objects of a relist go behind everything that really changed.
  static constexpr int kRelisted = -100;

  struct Config {
    base::Duration retry_first = base::millis(5);
    base::Duration retry_longest = base::seconds(1000);
  };

  struct Taken {
    Key key;
    int priority = 0;
    base::Duration waited{};  // since it was due
    bool operator==(const Taken&) const = default;
  };

  WorkQueue() : WorkQueue(Config{}) {}
  explicit WorkQueue(Config config) : config_(config) {}

  /// Due at once.
  void add(const Key& key, base::TimePoint now, int priority = 0);
  /// Due after a delay; one that is not positive is none.
  void add_after(const Key& key, base::Duration delay, base::TimePoint now, int priority = 0);
  /// Due after this key's own back-off, which it returns and which doubles until forget().
  base::Duration add_failed(const Key& key, base::TimePoint now, int priority = 0);
  /// The next failure of the key is its first.
  void forget(const Key& key);
  /// How often in a row the key has failed.
  unsigned failures(const Key& key) const;

  /// The next key that is due; it is out until done(). Nothing: none is due.
  std::optional<Taken> take(base::TimePoint now);
  /// Ends what take() began; how long it took. A key that is not out is a bug.
  base::Duration done(const Key& key, base::TimePoint now);

  /// When a key becomes due that is not yet; kNever: none waits for a time.
  base::TimePoint next_due() const;
  /// Adds nothing any more. What is due is still given out, what has a delay is dropped.
  void shut_down();
  /// shut_down() was called, nothing is due and nothing is out.
  bool drained() const { return shut_down_ && due_.empty() && out_.empty(); }

  /// Keys that are due (metric workqueue_depth). Those of a later time count once take() saw it.
  std::size_t depth() const { return due_.size(); }
  std::size_t out() const { return out_.size(); }
  std::uint64_t adds() const { return adds_; }        // times a key became due
  std::uint64_t retries() const { return retries_; }  // calls of add_failed()
  /// The sum, and the longest, of how long the keys that are out have been.
  base::Duration unfinished(base::TimePoint now) const;
  base::Duration longest_out(base::TimePoint now) const;

 private:
  /// A key that waits. One that is out stands in neither order until done().
  struct Waiting {
    int priority = 0;
    base::TimePoint due{};
    std::uint64_t order = 0;
    bool is_due = false;
  };
  struct ByTurn {
    int priority;
    base::TimePoint due;
    std::uint64_t order;
    Key key;
    bool operator<(const ByTurn& other) const;
  };
  struct ByTime {
    base::TimePoint due;
    std::uint64_t order;
    Key key;
    bool operator<(const ByTime& other) const;
  };

  void enter(const Key& key, Waiting& waiting, base::TimePoint now);
  void leave(const Key& key, const Waiting& waiting);
  void make_due(base::TimePoint now);

  Config config_;
  std::unordered_map<Key, Waiting, KeyHash> waiting_;
  std::set<ByTurn> due_;
  std::set<ByTime> later_;
  std::unordered_map<Key, base::TimePoint, KeyHash> out_;  // since when
  std::unordered_map<Key, unsigned, KeyHash> failures_;
  std::uint64_t order_ = 0;
  std::uint64_t adds_ = 0, retries_ = 0;
  bool shut_down_ = false;
};

}  // namespace kube
