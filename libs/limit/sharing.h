// How replicas count one client together: what each of them lets in goes to a place that they
// share, in batches, and what that place has in all raises the counters here. The decision stays
// the local one, over counters that know of the others a moment later, so that no request ever
// waits for another machine, and without the place each replica goes on by itself.
//
// The place has numbers that can be added to and that end by themselves: for a client and a limit
// one for each stretch of the limit's window, counted from the epoch so that all replicas mean the
// same one. The present number only ever raises a counter: what the place has forgotten, or never
// got, is known here still. That of the stretch before is not asked for: each replica that served
// the client has it already, and at its own time, whereas what raises a counter counts as of now.
// Shared are clients and not their fingerprints: the client's counter is asked first and is never
// the lower one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "limit/rules.h"

namespace limit {

/// What was let in of a client under a rule.
struct Admissions {
  std::uint64_t client = 0;
  std::uint8_t rule = 0;
  std::uint32_t count = 0;
};

/// What was let in and is not told yet, of one core. Thread: any.
class AdmissionLog {
 public:
  explicit AdmissionLog(std::size_t keys_max) : keys_max_(keys_max) {}
  /// One request under each rule of the bits.
  void add(std::uint64_t client, std::uint16_t rules);
  std::vector<Admissions> take();
  /// Requests that were not noted because there were too many clients at once.
  std::uint64_t lost() const;

 private:
  struct Key {
    std::uint64_t client;
    std::uint8_t rule;
    bool operator==(const Key&) const = default;
  };
  struct Hash {  // a client is a hash already
    std::size_t operator()(const Key& key) const { return key.client + key.rule; }
  };

  mutable std::mutex lock_;
  std::size_t keys_max_;
  std::uint64_t lost_ = 0;
  std::unordered_map<Key, std::uint32_t, Hash> counts_;
};

/// Where in the place something is counted.
struct SharedNumber {
  std::string name;
  std::int64_t ends_after = 0;  // milliseconds after the last addition
};
/// What a counter is raised to. What others wrote may be anything: it is no less than 0 and no more
/// than a counter holds.
std::uint32_t shared_total(std::int64_t number);

/// "muster:login-60s:28333333:00f1…": the client by its keyed hash and never by its address.
SharedNumber shared_number(std::string_view prefix, const Rule& rule, const Limit& limit,
                           std::uint64_t client, base::WallTime now);

}  // namespace limit
